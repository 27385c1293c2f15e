SELECT ispopulated AND definition LIKE '%LEFT JOIN%'
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public' AND matviewname = 'mv_allocation_summary';

SELECT count(*) = 1 AND bool_and(indexname = 'idx_mv_allocation_summary_key')
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public' AND tablename = 'mv_allocation_summary';

SELECT coalesce(sum(total_allocated_cents), 0) = (
    SELECT coalesce(sum(allocated_revenue_cents), 0) FROM public.attribution_allocations
)
FROM public.mv_allocation_summary;
