SELECT count(*) = 3
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public' AND matviewowner = 'app_user'
  AND matviewname IN ('mv_allocation_summary', 'mv_channel_performance', 'mv_daily_revenue_summary');

SELECT has_table_privilege('app_user', source.oid, 'SELECT')
FROM unnest(ARRAY['public.attribution_allocations', 'public.attribution_events', 'public.channel_taxonomy',
                  'public.revenue_ledger']::regclass[]) AS source (oid);
