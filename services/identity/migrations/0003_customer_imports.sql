-- Imports of customers, kept so that they can be taken back. Ids only: whom they are of is sealed elsewhere.
create table customer_imports (
    id        integer primary key autoincrement,
    store     blob    not null check (length(store) = 16),
    at        integer not null, -- milliseconds since the Unix epoch
    actor     text    not null,
    undone_at integer
) strict;

create index customer_imports_by_store on customer_imports (store, id);

-- Who was created. `sealed_hash` is the SHA-256 of what was sealed then: another one says that it was changed since.
create table customer_import_people (
    store       blob    not null,
    import      integer not null references customer_imports (id) on delete cascade,
    customer    blob    not null check (length(customer) = 16),
    sealed_hash blob    not null check (length(sealed_hash) = 32),
    primary key (store, import, customer)
) strict, without rowid;
