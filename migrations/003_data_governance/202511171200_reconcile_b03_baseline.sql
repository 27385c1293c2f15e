/*---
revision: 202511171200
parents: [202511161130]
message: Reconcile allocations and dead events with the B0.3 baseline
---*/

DROP INDEX public.idx_allocations_channel_performance;
CREATE INDEX idx_allocations_channel_performance
    ON public.attribution_allocations (tenant_id, channel_code, created_at DESC)
    INCLUDE (allocated_revenue_cents, confidence_score);

ALTER TABLE public.dead_events DROP CONSTRAINT ck_dead_events_remediation_status_valid;

-- "ignored" is called "abandoned" from here on.
--: backfill table=public.dead_events expect=matching
UPDATE public.dead_events SET remediation_status = 'abandoned' WHERE remediation_status = 'ignored';
--: end

ALTER TABLE public.dead_events
    ADD CONSTRAINT ck_dead_events_remediation_status_valid
        CHECK (remediation_status IN ('pending', 'in_progress', 'resolved', 'abandoned'));
