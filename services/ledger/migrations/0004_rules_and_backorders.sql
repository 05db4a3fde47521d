-- What is sold of a SKU beyond what is there, and what it is made of. No row: nothing, and of itself.
create table stock_rules (
    store       blob    not null check (length(store) = 16),
    sku         text    not null,
    policy      text    not null check (policy = 'deny' or policy = 'backorder' or policy = 'preorder'),
    most        integer check (most is null or most >= 0),
    until       integer,
    -- Units that orders wait for: the sum of their `order_backorders`.
    backordered integer not null check (backordered >= 0 and (most is null or backordered <= most)),
    components  text    not null, -- JSON
    part_of     text    not null, -- JSON
    event_seq   integer not null,
    primary key (store, sku)
) strict, without rowid;

-- Units that an order waits for (I5). Keys grow with the orders' numbers, so that the oldest order comes first.
create table order_backorders (
    key      integer primary key,
    store    blob    not null,
    sku      text    not null,
    quantity integer not null check (quantity > 0)
) strict;
create index order_backorders_sku on order_backorders (store, sku, key);
