-- An order can have several fulfilments at one location: what it waited for follows what was there.
drop index fulfilments_by_order;
create index fulfilments_by_order on fulfilments (store, order_id, id);

-- Orders whose goods were given or taken since their fulfilments were made: these are compared with the order.
create table plans (
    store       blob    not null check (length(store) = 16),
    order_id    blob    not null check (length(order_id) = 16),
    number      text    not null,
    position    integer not null,                      -- of the last event that said so
    readdressed integer not null check (readdressed in (0, 1)), -- whether it goes elsewhere since
    next_at     integer not null,
    tries       integer not null default 0,
    primary key (store, order_id)
) strict, without rowid;
create index plans_due on plans (store, next_at);
