-- The ledger. Conventions: `store` is the 16 bytes of the store's id, times are milliseconds since the Unix epoch,
-- amounts are minor units. What is inserted often is keyed by a number that only grows, so that an insert appends to
-- the end of a table instead of touching a page somewhere in its middle. Closed sets of words are checked by `or`:
-- SQLite builds a temporary table for every row that `in (...)` checks, which costs more than the insert.

-- Counters, one row. `last_slot` is the engine's own: see `answers`.
create table meta (
    id            integer primary key check (id = 1),
    last_number   integer not null,
    last_position integer not null,
    audit_seq     integer not null,
    audit_hash    blob    not null check (length(audit_hash) = 32),
    last_slot     integer not null
) strict;
insert into meta values (1, 0, 0, 0, zeroblob(32), 0);

-- ---- Orders -------------------------------------------------------------------------------------------------------

create table orders (
    number        integer primary key check (number > 0),
    store         blob    not null check (length(store) = 16),
    id            blob    not null unique check (length(id) = 16),
    phase         text    not null check (phase = 'placing' or phase = 'unknown' or phase = 'requires_action'
                                          or phase = 'declined' or phase = 'confirmed' or phase = 'closed'
                                          or phase = 'cancelling' or phase = 'cancelled'),
    -- Whether this is the order of its cart version (I3). A column of its own, because the index below would be
    -- rewritten with every change of `phase` if it named that.
    occupies_cart integer not null check (occupies_cart = (phase <> 'cancelling' and phase <> 'cancelled')),
    cart          blob    not null,
    cart_version  integer not null,
    person        blob    not null,
    currency      text    not null,
    placed_at     integer not null,
    updated_at    integer not null,
    due_at        integer,
    hold_until    integer not null,
    extended      integer not null,
    event_seq     integer not null check (event_seq >= 0),
    answer_to     blob,
    cancel_reason text,
    request_id    text
) strict;
create unique index orders_cart on orders (store, cart, cart_version) where occupies_cart = 1;
create index orders_due on orders (due_at) where due_at is not null;

-- What never changes after placing: never updated. The totals stand beside the document for their constraints (I6).
create table order_contents (
    number    integer primary key,
    store     blob    not null,
    items     integer not null check (items >= 0),
    discount  integer not null check (discount >= 0),
    shipping  integer not null check (shipping >= 0),
    tax       integer not null check (tax >= 0),
    tax_added integer not null check (tax_added between 0 and tax),
    total     integer not null check (total = items - discount + shipping + tax_added and total >= 0),
    gift_card integer not null check (gift_card >= 0),
    due       integer not null check (due = total - gift_card and due >= 0),
    content   text    not null -- JSON
) strict;

create table payments (
    number         integer primary key,
    store          blob    not null,
    provider       text    not null,
    attempt        integer not null check (attempt >= 1),
    state          text    not null check (state = 'none' or state = 'sent' or state = 'unknown'
                                           or state = 'requires_action' or state = 'declined' or state = 'abandoned'
                                           or state = 'authorised' or state = 'voided'),
    token          text,
    return_url     text    not null,
    reference      text,
    action_url     text,
    decline_code   text,
    amount         integer not null check (amount >= 0),
    authorised     integer not null check (authorised >= 0),
    captured       integer not null check (captured between 0 and authorised),
    refund_pending integer not null check (refund_pending >= 0),
    refunded       integer not null check (refunded >= 0),
    disputed       integer not null check (disputed >= 0),
    revision       integer not null,
    tries          integer not null check (tries >= 0),
    check (refunded + refund_pending + disputed <= captured) -- I2
) strict;

-- What an order has several of is keyed by one integer, the order's number times 65,536 plus a place (1, 2, 3 …) within
-- the order: SQLite appends and finds by integers with half the work that a key of two columns takes.

create table order_lines (
    key       integer primary key,
    store     blob    not null,
    sku       text    not null,
    quantity  integer not null check (quantity >= 1),
    total     integer not null check (total >= 0),
    shipped   integer not null check (shipped >= 0),
    cancelled integer not null check (cancelled >= 0 and shipped + cancelled <= quantity),
    returned  integer not null check (returned between 0 and shipped),
    refunded  integer not null check (refunded between 0 and quantity)
) strict;

create table order_holds (
    key      integer primary key,
    store    blob    not null,
    sku      text    not null,
    location text    not null,
    state    text    not null check (state = 'held' or state = 'committed' or state = 'released'),
    quantity integer not null check (quantity >= 0)
) strict;

create table refunds (
    key      integer primary key,
    store    blob    not null,
    id       blob    not null unique check (length(id) = 16),
    state    text    not null check (state = 'pending' or state = 'succeeded' or state = 'failed'),
    amount   integer not null check (amount > 0),
    reason   text    not null,
    at       integer not null
) strict;

create table shipments (
    key          integer primary key,
    store        blob    not null,
    id           blob    not null unique check (length(id) = 16),
    state        text    not null check (state = 'shipped' or state = 'delivered'),
    lines        text    not null, -- JSON
    carrier      text,
    tracking     text,
    shipped_at   integer not null,
    delivered_at integer check ((delivered_at is not null) = (state = 'delivered'))
) strict;

create table returns (
    key      integer primary key,
    store    blob    not null,
    id       blob    not null unique check (length(id) = 16),
    state    text    not null check (state = 'requested' or state = 'received'),
    lines    text    not null, -- JSON
    reason   text    not null,
    at       integer not null
) strict;

-- ---- Stock --------------------------------------------------------------------------------------------------------

create table stock_levels (
    id        integer primary key,
    store     blob    not null check (length(store) = 16),
    sku       text    not null,
    location  text    not null,
    on_hand   integer not null check (on_hand >= 0),
    held      integer not null check (held >= 0),
    committed integer not null check (committed >= 0),
    seq       integer not null,
    event_seq integer not null,
    unique (store, sku, location),
    check (on_hand - held - committed >= 0) -- I1
) strict;

-- Never updated. `number` is the order's that it was made for.
create table movements (
    level     integer not null,
    seq       integer not null check (seq >= 1),
    store     blob    not null,
    kind      text    not null,
    on_hand   integer not null,
    held      integer not null,
    committed integer not null,
    number    integer,
    reason    text,
    at        integer not null,
    primary key (level, seq)
) strict, without rowid;

create table sales (
    store blob    not null,
    sku   text    not null,
    units integer not null,
    primary key (store, sku)
) strict, without rowid;

-- ---- Coupons and gift cards (I7) ----------------------------------------------------------------------------------

create table coupons (
    store      blob    not null,
    code       text    not null,
    use_limit  integer,
    uses       integer not null check (uses >= 0 and (use_limit is null or uses <= use_limit)),
    primary key (store, code)
) strict, without rowid;

create table coupon_uses (
    store  blob    not null,
    code   text    not null,
    number integer not null,
    active integer not null check (active in (0, 1)),
    primary key (store, code, number)
) strict, without rowid;

create table gift_cards (
    store     blob    not null,
    code_hash blob    not null check (length(code_hash) = 32),
    currency  text    not null,
    balance   integer not null check (balance >= 0),
    seq       integer not null,
    primary key (store, code_hash)
) strict, without rowid;

create table gift_card_entries (
    store     blob    not null,
    code_hash blob    not null,
    seq       integer not null check (seq >= 1),
    delta     integer not null,
    number    integer,
    at        integer not null,
    primary key (store, code_hash, seq)
) strict, without rowid;

-- ---- Idempotency (I11) --------------------------------------------------------------------------------------------

-- Keys are random, so these rows land anywhere; they stay small. Their answers, which are large, are appended to
-- `answers` under `slot`, so that answering a request does not touch its random page again.
create table idempotency (
    store       blob    not null,
    key         blob    not null,
    fingerprint blob    not null,
    order_id    blob,
    slot        integer not null,
    expires_at  integer not null,
    primary key (store, key)
) strict, without rowid;

-- No row: in progress. Slots grow with time, as expiry does, so the oldest answers are the first to be pruned.
create table answers (
    slot       integer primary key,
    store      blob    not null,
    key        blob    not null,
    expires_at integer not null,
    status     integer not null,
    location   text,
    body       blob    not null
) strict;

-- ---- People -------------------------------------------------------------------------------------------------------

-- No key: erased.
create table people (
    store       blob not null,
    id          blob not null,
    wrapped_key blob,
    primary key (store, id)
) strict, without rowid;

create table contacts (
    number integer primary key,
    store  blob    not null,
    person blob    not null,
    sealed blob    not null
) strict;

-- ---- Events, consumers and audit ----------------------------------------------------------------------------------

-- Aggregates other than orders, by a number.
create table aggregates (
    id    integer primary key,
    store blob    not null,
    name  text    not null,
    unique (store, name)
) strict;

-- `subject` is the number of an order, or minus the id of another aggregate.
create table outbox (
    position   integer primary key check (position > 0),
    store      blob    not null,
    id         blob    not null,
    subject    integer not null,
    seq        integer not null check (seq >= 1),
    kind       text    not null,
    version    integer not null,
    at         integer not null,
    request_id text,
    data       text    not null, -- JSON
    unique (subject, seq)        -- I9
) strict;

create table inbox (
    consumer text not null,
    event    blob not null check (length(event) = 16),
    primary key (consumer, event) -- I10
) strict, without rowid;

create table webhooks (
    store    blob    not null,
    provider text    not null,
    id       text    not null,
    order_id blob,
    at       integer not null,
    primary key (store, provider, id)
) strict, without rowid;

create table cursors (
    consumer text primary key,
    position integer not null
) strict, without rowid;

create table parked (
    consumer  text    not null,
    position  integer not null,
    event     blob    not null,
    aggregate text    not null,
    tries     integer not null,
    next_at   integer not null,
    dead      integer not null check (dead in (0, 1)),
    primary key (consumer, position)
) strict, without rowid;

-- Append-only; each row's hash covers the one before it (I14).
create table audit (
    seq     integer primary key check (seq > 0),
    at      integer not null,
    store   blob    not null,
    actor   text    not null,
    action  text    not null,
    subject text    not null,
    detail  text    not null,
    hash    blob    not null check (length(hash) = 32)
) strict;
