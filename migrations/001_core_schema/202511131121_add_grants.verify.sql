SELECT count(*) = 3
FROM pg_catalog.pg_roles
WHERE rolname IN ('app_user', 'app_rw', 'app_ro');

SELECT has_table_privilege('app_rw', granted.oid, 'SELECT')
   AND has_table_privilege('app_rw', granted.oid, 'INSERT')
   AND has_table_privilege('app_rw', granted.oid, 'UPDATE')
   AND has_table_privilege('app_rw', granted.oid, 'DELETE')
   AND has_table_privilege('app_ro', granted.oid, 'SELECT')
   AND NOT has_table_privilege('app_ro', granted.oid, 'INSERT')
FROM unnest(ARRAY['public.attribution_events', 'public.dead_events', 'public.attribution_allocations',
                  'public.revenue_ledger', 'public.reconciliation_runs']::regclass[]) AS granted (oid);

SELECT has_table_privilege('app_rw', granted.oid, 'SELECT')
   AND has_table_privilege('app_ro', granted.oid, 'SELECT')
FROM unnest(ARRAY['public.mv_realtime_revenue', 'public.mv_reconciliation_status']::regclass[]) AS granted (oid);

-- Grantee 0 is PUBLIC.
SELECT count(*) = 0
FROM pg_catalog.pg_class AS relation
CROSS JOIN LATERAL aclexplode(relation.relacl) AS entry
WHERE relation.relnamespace = 'public'::regnamespace
  AND relation.relname IN ('attribution_events', 'dead_events', 'attribution_allocations', 'revenue_ledger',
                           'reconciliation_runs', 'mv_realtime_revenue', 'mv_reconciliation_status')
  AND entry.grantee = 0;
