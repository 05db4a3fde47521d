-- An endpoint is told what stands behind this position of the feed: clocks are set back, positions are not. Those that are
-- there already are told what was not read yet, as before.
alter table endpoints add column begins_after integer not null default 0 check (begins_after >= 0);

update endpoints
   set begins_after = coalesce((select position from cursors where cursors.store = endpoints.store and follower = 'events'), 0);
