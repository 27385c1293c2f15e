SELECT ispopulated
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public' AND matviewname = 'mv_channel_performance';

SELECT indisunique AND indisvalid AND indpred IS NULL
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_mv_channel_performance_unique'::regclass;

-- No share was hidden while the view was filled.
SELECT coalesce(sum(total_allocations), 0) = (
    SELECT count(*)
    FROM public.attribution_allocations
    WHERE created_at >= CURRENT_DATE - INTERVAL '90 days'
)
FROM public.mv_channel_performance;
