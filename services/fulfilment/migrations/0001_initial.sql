-- How far the events were read, written with what follows from them.
create table cursors (
    store    blob    not null check (length(store) = 16),
    follower text    not null,
    position integer not null check (position >= 0),
    primary key (store, follower)
) strict, without rowid;

-- A fulfilment holds ids, SKUs and quantities. Where it goes is asked when it is needed.
create table fulfilments (
    store        blob    not null check (length(store) = 16),
    id           blob    not null check (length(id) = 16),
    order_id     blob    not null check (length(order_id) = 16),
    number       text    not null,
    location     text    not null,
    state        text    not null,
    lines        text    not null check (json_valid(lines)),
    paid         integer not null check (paid in (0, 1)), -- nobody sees it before
    carrier      text,
    tracking     text,
    announced_at integer,                              -- when the carrier was first told; milliseconds since the epoch
    shipment     blob             check (length(shipment) = 16), -- once the order knows that it is shipped
    refusals     integer not null default 0,           -- by the order, of being shipped
    settled      integer not null default 0 check (settled in (0, 1)), -- nothing is left to be told to anybody
    reason       text,
    file         text,                                 -- in the folder for pick-up
    dropped      integer not null default 0 check (dropped in (0, 1)), -- whether that file was ever written
    next_at      integer,                              -- when to look at it again
    tries        integer not null default 0,
    created_at   integer not null,
    updated_at   integer not null,
    primary key (store, id)
) strict, without rowid;

create unique index fulfilments_by_order on fulfilments (store, order_id, location);
create index fulfilments_by_state on fulfilments (store, state, id);
create index fulfilments_due on fulfilments (store, next_at) where next_at is not null;

-- What carriers said, each thing once.
create table tracking (
    store      blob    not null check (length(store) = 16),
    fulfilment blob    not null check (length(fulfilment) = 16),
    at         integer not null,
    status     text    not null,
    place      text    not null,
    primary key (store, fulfilment, at, status, place),
    foreign key (store, fulfilment) references fulfilments (store, id) on delete cascade
) strict, without rowid;

create table outbox (
    position      integer primary key autoincrement,
    id            blob    not null unique check (length(id) = 16),
    store         blob    not null check (length(store) = 16),
    aggregate     text    not null,
    aggregate_seq integer not null,
    kind          text    not null,
    at            integer not null,
    payload       text    not null check (json_valid(payload)),
    unique (store, aggregate, aggregate_seq)
) strict;

create table relay (
    store     blob    not null primary key check (length(store) = 16),
    published integer not null
) strict, without rowid;
