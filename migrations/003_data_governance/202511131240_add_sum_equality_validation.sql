/*---
revision: 202511131240
parents: [202511131232]
message: Require that the shares of an event add up to its revenue
---*/

CREATE FUNCTION public.check_allocation_sum() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    share public.attribution_allocations%ROWTYPE;
    expected bigint;
    allocated bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        share := OLD;
    ELSE
        share := NEW;
    END IF;

    SELECT event.revenue_cents INTO expected
    FROM public.attribution_events AS event
    WHERE event.id = share.event_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    SELECT coalesce(sum(other.allocated_revenue_cents), 0) INTO allocated
    FROM public.attribution_allocations AS other
    WHERE other.event_id = share.event_id AND other.model_version = share.model_version;

    -- One cent is what rounding the shares may cost.
    IF abs(allocated - expected) > 1 THEN
        RAISE EXCEPTION 'shares of event % under model % do not add up: allocated % cents, expected %, drift %',
            share.event_id, share.model_version, allocated, expected, abs(allocated - expected);
    END IF;
    RETURN NULL;
END
$$;

-- Row triggers of this kind fire at the end of the statement: insert all shares of an event at once.
CREATE TRIGGER trg_check_allocation_sum
    AFTER INSERT OR UPDATE OR DELETE ON public.attribution_allocations
    FOR EACH ROW EXECUTE FUNCTION public.check_allocation_sum();

-- Filling the view reads two tables under row security.
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
JOIN public.attribution_events AS e ON e.id = aa.event_id
GROUP BY aa.tenant_id, aa.event_id, aa.model_version, e.revenue_cents;
--: end
COMMENT ON MATERIALIZED VIEW public.mv_allocation_summary IS
    'Credit given per event and model, against the revenue of the event. INVARIANT: five-view-contract';
CREATE UNIQUE INDEX idx_mv_allocation_summary_key
    ON public.mv_allocation_summary (tenant_id, event_id, model_version);
CREATE INDEX idx_mv_allocation_summary_drift
    ON public.mv_allocation_summary (drift_cents)
    WHERE drift_cents > 1;
