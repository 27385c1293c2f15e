/*---
revision: 202511151500
parents: [202511151450]
message: Add the channel performance view
---*/

-- Filling the view reads a table under row security.
--: backfill table=public.attribution_allocations
CREATE MATERIALIZED VIEW public.mv_channel_performance AS
SELECT
    tenant_id,
    channel_code,
    date_trunc('day', created_at) AS allocation_date,
    count(DISTINCT event_id) AS total_conversions,
    sum(allocated_revenue_cents) AS total_revenue_cents,
    avg(confidence_score) AS avg_confidence_score,
    count(*) AS total_allocations
FROM public.attribution_allocations
WHERE created_at >= CURRENT_DATE - INTERVAL '90 days'
GROUP BY tenant_id, channel_code, date_trunc('day', created_at);
--: end
COMMENT ON MATERIALIZED VIEW public.mv_channel_performance IS
    'Conversions and credit per channel and day, the last 90 days. INVARIANT: five-view-contract';
CREATE UNIQUE INDEX idx_mv_channel_performance_unique
    ON public.mv_channel_performance (tenant_id, channel_code, allocation_date);
