create table carts (
    store       blob    not null check (length(store) = 16),
    id          blob    not null check (length(id) = 16),
    secret_hash blob    not null check (length(secret_hash) = 32),
    version     integer not null check (version >= 1),
    currency    text    not null check (length(currency) = 3),
    document    text    not null,
    created_at  integer not null, -- milliseconds since the Unix epoch
    touched_on  integer not null, -- days since the Unix epoch; a day, so that its index changes once a day at most
    primary key (store, id)
) strict, without rowid;

create index carts_by_age on carts (store, touched_on);
