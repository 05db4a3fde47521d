-- What a shop sells on: documents, and what happened to them. Amounts are minor units, times milliseconds since the Unix
-- epoch, `store` the 16 bytes of the store's id.

create table documents (
    store    blob    not null check (length(store) = 16),
    kind     text    not null check (kind in ('promotion', 'tax_zone', 'shipping_zone', 'price_list', 'customer_group',
                                              'selling_settings')),
    handle   text    not null,
    version  integer not null check (version >= 1),
    document text    not null, -- JSON
    primary key (store, kind, handle)
) strict, without rowid;

-- What everybody in a market could buy a variant at, from `at` until the next row: what the law asks for beside a reduced
-- price (directive 98/6/EC, article 6a). Only changes are written.
create table price_points (
    store  blob    not null check (length(store) = 16),
    market text    not null,
    sku    text    not null,
    at     integer not null,
    price  integer not null check (price >= 0), -- in the market's currency
    primary key (store, market, sku, at)
) strict, without rowid;

-- Positions follow the order of commits, because there is one writer.
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
    payload       text    not null, -- JSON
    unique (store, aggregate, aggregate_seq)
) strict;

-- How far the relay has carried the outbox. One row per store.
create table relay (
    store     blob    not null primary key check (length(store) = 16),
    published integer not null check (published >= 0)
) strict, without rowid;
