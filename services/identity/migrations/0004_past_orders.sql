-- Orders of other shops, kept as history. Whom one was for is sealed under the key of that person: everybody with the
-- same e-mail address is one person here, and an order without an address has a person of its own.
create table past_people (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    email_hash  text,             -- null without an address, and after erasure
    wrapped_key blob,
    erased_at   integer,          -- milliseconds since the Unix epoch, as all times here
    primary key (store, id),
    check ((erased_at is null) = (wrapped_key is not null))
) strict, without rowid;

create unique index past_people_by_email on past_people (store, email_hash) where email_hash is not null;

create table past_orders (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    source      text    not null check (length(source) between 1 and 64),
    key         text    not null, -- what makes it the same order again: its number, or the id where that is unique
    number      text    not null,
    placed_at   integer not null,
    record      text    not null check (json_valid(record)), -- the order without whom it was for
    person      blob,
    contact     blob,             -- sealed; null without one, and after erasure
    version     integer not null, -- grows with every import that changes it
    imported_at integer not null,
    primary key (store, id)
) strict;

create unique index past_orders_by_key on past_orders (store, source, key);
create index past_orders_by_time on past_orders (store, placed_at, id);
create index past_orders_by_number on past_orders (store, number);
create index past_orders_by_person on past_orders (store, person, placed_at, id) where person is not null;

-- Imports of orders, kept so that they can be taken back.
create table past_order_imports (
    id        integer primary key autoincrement,
    store     blob    not null check (length(store) = 16),
    at        integer not null,
    actor     text    not null,
    undone_at integer
) strict;

create index past_order_imports_by_store on past_order_imports (store, id);

-- What an import made, and what was before it: nothing where the order is new.
create table past_order_changes (
    store       blob    not null,
    import      integer not null references past_order_imports (id) on delete cascade,
    order_id    blob    not null check (length(order_id) = 16),
    version     integer not null, -- that the import made
    record      text,
    person      blob,
    contact     blob,
    before      integer,          -- version
    imported_at integer,
    primary key (store, import, order_id)
) strict, without rowid;

create index past_order_changes_by_person on past_order_changes (store, person) where person is not null;
