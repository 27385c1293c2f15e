DROP MATERIALIZED VIEW public.mv_channel_performance;
