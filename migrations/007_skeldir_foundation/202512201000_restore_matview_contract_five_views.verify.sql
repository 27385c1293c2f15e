-- Exactly these five: a sixth would break the contract as much as a fourth.
SELECT count(*) = 5
   AND bool_and(matviewowner = 'app_user' AND ispopulated)
   AND bool_and(matviewname IN ('mv_allocation_summary', 'mv_channel_performance', 'mv_daily_revenue_summary',
                                'mv_realtime_revenue', 'mv_reconciliation_status'))
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public';

SELECT count(*) = 5
FROM pg_catalog.pg_index
JOIN pg_catalog.pg_class AS view ON view.oid = indrelid
WHERE view.relkind = 'm' AND view.relnamespace = 'public'::regnamespace
  AND indisunique AND indisvalid AND indpred IS NULL AND indexprs IS NULL;

SELECT has_table_privilege('app_user', source.oid, 'SELECT')
FROM unnest(ARRAY['public.revenue_ledger', 'public.reconciliation_runs']::regclass[]) AS source (oid);

-- No tenant was hidden while the view was filled.
SELECT count(*) = (SELECT count(DISTINCT tenant_id) FROM public.revenue_ledger)
FROM public.mv_realtime_revenue;
