SELECT count(*) = 6
FROM pg_catalog.pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relkind = 'r'
  AND pg_catalog.obj_description(oid, 'pg_class') IS NOT NULL
  AND relname IN ('tenants', 'attribution_events', 'dead_events', 'attribution_allocations',
                  'revenue_ledger', 'reconciliation_runs');

-- Every tenant table refers to tenants, and goes with its tenant.
SELECT count(*) = 5
FROM pg_catalog.pg_constraint
WHERE contype = 'f'
  AND confrelid = 'public.tenants'::regclass
  AND confdeltype = 'c'
  AND conrelid IN ('public.attribution_events'::regclass, 'public.dead_events'::regclass,
                   'public.attribution_allocations'::regclass, 'public.revenue_ledger'::regclass,
                   'public.reconciliation_runs'::regclass);
