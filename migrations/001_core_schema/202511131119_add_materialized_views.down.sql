DROP MATERIALIZED VIEW public.mv_reconciliation_status;
DROP MATERIALIZED VIEW public.mv_realtime_revenue;
