-- Bulk changes, kept so that they can be taken back: what each product was before, and which version the change made.
create table bulk_changes (
    id        integer primary key autoincrement,
    store     blob    not null check (length(store) = 16),
    kind      text    not null,
    at        integer not null, -- milliseconds since the Unix epoch, as all times here
    actor     text    not null,
    undone_at integer
) strict;

create index bulk_changes_by_store on bulk_changes (store, id);

-- `before` is a document, or null where the change made the product.
create table bulk_change_products (
    store   blob    not null,
    change  integer not null references bulk_changes (id) on delete cascade,
    product blob    not null check (length(product) = 16),
    handle  text    not null,
    version integer not null, -- that the change made
    before  text    check (json_valid(before)),
    primary key (store, change, product)
) strict, without rowid;

-- Units counted before and after. The ledger knows why; taking back moves the difference, whatever was sold since.
create table bulk_change_stock (
    store    blob    not null,
    change   integer not null references bulk_changes (id) on delete cascade,
    sku      text    not null,
    location text    not null,
    before   integer not null,
    after    integer not null,
    primary key (store, change, sku, location)
) strict, without rowid;
