-- What a refund gives back of which line, as JSON, so that one that fails frees the units that it was for.
alter table refunds add column lines text not null default '[]' check (json_valid(lines));

-- An edit takes a line off by setting its quantity to 0: its number stays, and is never another line's.
create table order_lines_edited (
    key       integer primary key,
    store     blob    not null,
    sku       text    not null,
    quantity  integer not null check (quantity >= 0),
    total     integer not null check (total >= 0),
    shipped   integer not null check (shipped >= 0),
    cancelled integer not null check (cancelled >= 0 and shipped + cancelled <= quantity),
    returned  integer not null check (returned between 0 and shipped),
    refunded  integer not null check (refunded between 0 and quantity)
) strict;
insert into order_lines_edited (key, store, sku, quantity, total, shipped, cancelled, returned, refunded)
select key, store, sku, quantity, total, shipped, cancelled, returned, refunded from order_lines order by key;
drop table order_lines;
alter table order_lines_edited rename to order_lines;
