-- API keys. The key itself is never stored, only its SHA-256.
create table api_keys (
    store      blob    not null check (length(store) = 16),
    id         blob    not null check (length(id) = 16),
    hash       blob    not null unique check (length(hash) = 32),
    name       text    not null check (length(name) between 1 and 100),
    scopes     text    not null check (json_valid(scopes)), -- an array of names
    created_at integer not null,                            -- milliseconds since the Unix epoch
    revoked_at integer,
    primary key (store, id)
) strict, without rowid;
