SELECT NOT attnotnull
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.attribution_allocations'::regclass AND attname = 'event_id';

SELECT count(*) = 1
   AND bool_and(conname = 'fk_allocations_event_id_set_null' AND confdeltype = 'n' AND convalidated)
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.attribution_allocations'::regclass
  AND confrelid = 'public.attribution_events'::regclass;

SELECT count(*) = 0
FROM public.attribution_allocations AS aa
WHERE aa.event_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM public.attribution_events AS event WHERE event.id = aa.event_id);
