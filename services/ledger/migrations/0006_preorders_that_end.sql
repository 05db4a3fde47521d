-- Pre-orders end at a time, and nothing else happens then: they are looked for.
create index stock_rules_until on stock_rules (until) where until is not null;
