DROP MATERIALIZED VIEW public.mv_daily_revenue_summary;
