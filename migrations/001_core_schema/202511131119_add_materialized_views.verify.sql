SELECT count(*) = 2
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public'
  AND matviewname IN ('mv_realtime_revenue', 'mv_reconciliation_status')
  AND ispopulated;

SELECT count(*) = 2
FROM pg_catalog.pg_index
WHERE indisunique AND indisvalid AND indpred IS NULL
  AND indexrelid IN ('public.idx_mv_realtime_revenue_tenant_id'::regclass,
                     'public.idx_mv_reconciliation_status_tenant_id'::regclass);
