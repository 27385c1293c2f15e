SELECT count(*) = 0
FROM pg_catalog.pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('mv_realtime_revenue', 'mv_reconciliation_status');
