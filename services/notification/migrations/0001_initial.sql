-- How far the events were read, written with what follows from them.
create table cursors (
    store    blob    not null check (length(store) = 16),
    follower text    not null,
    position integer not null check (position >= 0),
    primary key (store, follower)
) strict, without rowid;

-- Mails hold ids and amounts. Whom they go to is asked when they are sent, or is sealed under a key of the mail's own.
create table mails (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    dedupe      blob    not null check (length(dedupe) = 32), -- SHA-256 of what makes it the same mail
    template    text    not null,
    order_id    blob             check (length(order_id) = 16),
    facts       text    not null check (json_valid(facts)),   -- ids, quantities, amounts
    wrapped_key blob,                                         -- with `sealed`; both gone once it is sent or dropped
    sealed      blob,
    reader      blob             check (length(reader) = 32), -- keyed hash of the address
    status      text    not null check (status in ('queued', 'sent', 'failed', 'dropped')),
    tries       integer not null default 0,
    next_at     integer,                                      -- milliseconds since the Unix epoch, as all times here
    created_at  integer not null,
    expires_at  integer not null,                             -- not sent after that
    sent_at     integer,
    last_error  text,
    file        text,                                         -- in the folder of mails
    primary key (store, id)
) strict, without rowid;

create unique index mails_by_dedupe on mails (store, dedupe);
create index mails_due on mails (store, next_at) where status = 'queued';
create index mails_failed on mails (store) where status = 'failed';
create index mails_by_order on mails (store, order_id, id) where order_id is not null;
create index mails_by_reader on mails (store, reader) where reader is not null;
create index mails_with_file on mails (store, id) where file is not null;

create table endpoints (
    store           blob    not null check (length(store) = 16),
    id              blob    not null check (length(id) = 16),
    url             text    not null,
    description     text    not null,
    event_types     text    not null check (json_valid(event_types)),
    wrapped_key     blob    not null,  -- the key under which the secrets are sealed
    secret          blob    not null,
    old_secret      blob,              -- signs beside the other until it expires
    old_expires_at  integer,
    enabled         integer not null check (enabled in (0, 1)),
    disabled_reason text,
    failing_since   integer,
    created_at      integer not null,
    primary key (store, id)
) strict, without rowid;

create table messages (
    store blob    not null check (length(store) = 16),
    event blob    not null check (length(event) = 16),
    kind  text    not null,
    body  text    not null check (json_valid(body)),
    at    integer not null,
    primary key (store, event)
) strict, without rowid;

create table deliveries (
    store        blob    not null check (length(store) = 16),
    endpoint     blob    not null check (length(endpoint) = 16),
    event        blob    not null check (length(event) = 16),
    status       text    not null check (status in ('pending', 'delivered', 'failed')),
    tries        integer not null default 0,
    next_at      integer,
    created_at   integer not null,
    delivered_at integer,
    last_status  integer,
    last_error   text,
    primary key (store, endpoint, event),
    foreign key (store, endpoint) references endpoints (store, id) on delete cascade,
    foreign key (store, event) references messages (store, event) on delete cascade
) strict, without rowid;

create index deliveries_due on deliveries (store, endpoint, next_at) where status = 'pending';
create index deliveries_by_event on deliveries (store, event);
