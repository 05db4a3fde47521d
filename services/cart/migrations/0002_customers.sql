-- The cart of each customer. A guest's cart becomes it, or is merged into it and deleted.
create table customer_carts (
    store    blob not null check (length(store) = 16),
    customer blob not null check (length(customer) = 16),
    cart     blob not null check (length(cart) = 16),
    primary key (store, customer)
) strict, without rowid;

create unique index customer_carts_by_cart on customer_carts (store, cart);

-- Finds a cart whose secret is known and whose id is not. The beginning of a hash is enough to make it short.
create index carts_by_secret on carts (store, substr(secret_hash, 1, 6));
