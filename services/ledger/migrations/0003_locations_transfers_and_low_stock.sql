-- Locations as records. One that has stock and no row here is active and comes after those that have one.
create table locations (
    store    blob    not null check (length(store) = 16),
    name     text    not null,
    title    text    not null,
    priority integer not null check (priority between 0 and 1000),
    active   integer not null check (active = 0 or active = 1),
    pickup   integer not null check (pickup = 0 or pickup = 1),
    primary key (store, name)
) strict, without rowid;

-- What holds for all stock of a store. `low_at`: see `stock_levels`.
create table stock_settings (
    store  blob primary key check (length(store) = 16),
    low_at integer check (low_at is null or low_at >= 0)
) strict, without rowid;

-- At or below this many available units the level is low; null: as the store says.
alter table stock_levels add column low_at integer check (low_at is null or low_at >= 0);

-- Goods between two locations. What was sent and not received is at neither; when it is closed, it is lost.
create table transfers (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    source      text    not null,
    destination text    not null,
    state       text    not null check (state = 'in_transit' or state = 'partially_received' or state = 'received'
                                        or state = 'closed'),
    lines       text    not null, -- JSON
    reason      text    not null,
    at          integer not null,
    updated_at  integer not null,
    primary key (store, id)
) strict, without rowid;
