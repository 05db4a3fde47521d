-- How often one customer may use a coupon. The uses of each customer are counted in a row of `coupons` of their own, whose
-- code is the coupon's, a space and the customer's hash, so that the check on `uses` holds that limit too (I7).
alter table coupons add column customer_limit integer check (customer_limit is null or customer_limit >= 1);

-- The part of a refund that went back to gift cards when it was asked for; the rest of `amount` is the provider's.
alter table refunds add column gift_card integer not null default 0 check (gift_card between 0 and amount);
