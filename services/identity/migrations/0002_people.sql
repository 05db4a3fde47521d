-- Customers and staff. What is personal is in `sealed`, under one key per person (`wrapped_key`); destroying that key
-- erases the person. An e-mail address is looked up by a keyed hash of its normal form.
create table customers (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    email_hash  text,             -- null after erasure, as are the next three
    wrapped_key blob,
    sealed      blob,
    password    text,             -- a PHC string
    verified_at integer,          -- milliseconds since the Unix epoch, as all times here
    created_at  integer not null,
    erased_at   integer,
    primary key (store, id),
    check ((erased_at is null) = (wrapped_key is not null))
) strict, without rowid;

create unique index customers_by_email on customers (store, email_hash) where email_hash is not null;

create table customer_addresses (
    store      blob    not null,
    customer   blob    not null,
    id         blob    not null check (length(id) = 16),
    sealed     blob    not null,
    is_default integer not null check (is_default in (0, 1)),
    primary key (store, customer, id)
) strict, without rowid;

-- Which orders are whose. The order itself is the ledger's.
create table customer_orders (
    store     blob    not null,
    customer  blob    not null,
    order_id  blob    not null check (length(order_id) = 16),
    placed_at integer not null,
    primary key (store, customer, order_id)
) strict, without rowid;

create table staff (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    email_hash  text    not null,
    wrapped_key blob    not null,
    sealed      blob    not null,
    password    text,             -- null until the invitation is accepted
    role        text    not null,
    disabled_at integer,
    created_at  integer not null,
    primary key (store, id)
) strict, without rowid;

create unique index staff_by_email on staff (store, email_hash);

-- Roles that a merchant made; those that come with the shop are in the code.
create table roles (
    store  blob not null check (length(store) = 16),
    handle text not null check (length(handle) between 1 and 64),
    name   text not null check (length(name) between 1 and 100),
    scopes text not null check (json_valid(scopes)),
    primary key (store, handle)
) strict, without rowid;

-- Sessions. A token is 256 random bits; stored is its SHA-256. `sealed` says from where, under the person's key.
create table customer_sessions (
    hash       blob    not null primary key check (length(hash) = 32),
    store      blob    not null,
    id         blob    not null check (length(id) = 16),
    owner      blob    not null,
    created_at integer not null,
    seen_at    integer not null,
    expires_at integer not null,
    sealed     blob    not null
) strict, without rowid;

create index customer_sessions_by_owner on customer_sessions (store, owner);
create index customer_sessions_by_end on customer_sessions (expires_at);

create table staff_sessions (
    hash       blob    not null primary key check (length(hash) = 32),
    store      blob    not null,
    id         blob    not null check (length(id) = 16),
    owner      blob    not null,
    created_at integer not null,
    seen_at    integer not null,
    expires_at integer not null,
    sealed     blob    not null
) strict, without rowid;

create index staff_sessions_by_owner on staff_sessions (store, owner);
create index staff_sessions_by_end on staff_sessions (expires_at);

-- What was mailed or printed and works once: `owner` is whom it is for. A row goes when it is used.
create table tokens (
    hash       blob    not null primary key check (length(hash) = 32),
    store      blob    not null,
    purpose    text    not null,
    owner      blob    not null,
    expires_at integer not null
) strict, without rowid;

create index tokens_by_owner on tokens (store, owner, purpose);
create index tokens_by_end on tokens (expires_at);

-- Networks from which somebody logged in before, as keyed hashes: guessing from elsewhere never slows them down there.
create table known_places (
    store   blob    not null,
    account text    not null,
    place   text    not null,
    seen_at integer not null,
    primary key (store, account, place)
) strict, without rowid;
