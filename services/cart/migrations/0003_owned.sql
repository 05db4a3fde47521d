-- Whether a cart is, or was, some customer's: no other customer's login takes it over, not even after it was ordered.
alter table carts add column owned integer not null default 0 check (owned in (0, 1));

update carts set owned = 1
 where exists (select 1 from customer_carts o where o.store = carts.store and o.cart = carts.id);
