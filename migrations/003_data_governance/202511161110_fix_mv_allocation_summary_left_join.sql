/*---
revision: 202511161110
parents: [202511161100]
message: Show allocations whose event is gone
---*/

DROP MATERIALIZED VIEW public.mv_allocation_summary;

-- Without its event a row has no revenue to compare with: is_balanced and drift_cents become null.
--: backfill table=public.attribution_allocations reads=public.attribution_events
CREATE MATERIALIZED VIEW public.mv_allocation_summary AS
SELECT
    aa.tenant_id,
    aa.event_id,
    aa.model_version,
    sum(aa.allocated_revenue_cents) AS total_allocated_cents,
    e.revenue_cents AS event_revenue_cents,
    sum(aa.allocated_revenue_cents) = e.revenue_cents AS is_balanced,
    abs(sum(aa.allocated_revenue_cents) - e.revenue_cents) AS drift_cents
FROM public.attribution_allocations AS aa
LEFT JOIN public.attribution_events AS e ON e.id = aa.event_id
GROUP BY aa.tenant_id, aa.event_id, aa.model_version, e.revenue_cents;
--: end
COMMENT ON MATERIALIZED VIEW public.mv_allocation_summary IS
    'Credit given per event and model, against the revenue of the event. INVARIANT: five-view-contract';
CREATE UNIQUE INDEX idx_mv_allocation_summary_key
    ON public.mv_allocation_summary (tenant_id, event_id, model_version);
-- idx_mv_allocation_summary_drift is not made again: the canonical schema does not have it.
