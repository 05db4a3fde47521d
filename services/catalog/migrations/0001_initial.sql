-- Documents are JSON; the columns beside them are what SQL must find or keep unique.
create table products (
    id         blob    not null check (length(id) = 16),
    store      blob    not null check (length(store) = 16),
    handle     text    not null check (length(handle) between 1 and 100),
    version    integer not null check (version >= 1),
    status     text    not null check (status in ('draft', 'active', 'archived')),
    category   text,
    document   text    not null,
    created_at integer not null,
    updated_at integer not null check (updated_at >= created_at),
    primary key (store, id),
    unique (store, handle)
) strict;

create index products_by_category on products (store, category) where category is not null;

-- A SKU belongs to at most one product of a store, whatever the documents say.
create table skus (
    store   blob not null,
    sku     text not null check (length(sku) between 1 and 64),
    product blob not null,
    primary key (store, sku),
    foreign key (store, product) references products (store, id) on delete cascade
) strict, without rowid;

create index skus_by_product on skus (store, product);

create table product_types (
    store    blob    not null check (length(store) = 16),
    handle   text    not null,
    version  integer not null check (version >= 1),
    document text    not null,
    primary key (store, handle)
) strict;

create table categories (
    store    blob    not null check (length(store) = 16),
    handle   text    not null,
    parent   text,
    version  integer not null check (version >= 1),
    document text    not null,
    primary key (store, handle),
    foreign key (store, parent) references categories (store, handle)
) strict;

create table collections (
    store    blob    not null check (length(store) = 16),
    handle   text    not null,
    version  integer not null check (version >= 1),
    document text    not null,
    primary key (store, handle)
) strict;

-- Every change writes what happened here, in its own transaction. Positions follow the order of commits, because
-- there is one writer.
create table outbox (
    position      integer primary key autoincrement,
    id            blob    not null unique check (length(id) = 16),
    store         blob    not null check (length(store) = 16),
    aggregate     text    not null,
    aggregate_seq integer not null check (aggregate_seq >= 1),
    kind          text    not null,
    version       integer not null,
    at            integer not null,
    request_id    text,
    payload       text    not null,
    unique (store, aggregate, aggregate_seq)
) strict;

-- How far the relay has carried the outbox. One row per store.
create table relay (
    store     blob    not null primary key check (length(store) = 16),
    published integer not null check (published >= 0)
) strict, without rowid;
