ALTER TABLE public.dead_events DROP CONSTRAINT ck_dead_events_remediation_status_valid;

--: backfill table=public.dead_events expect=matching
UPDATE public.dead_events SET remediation_status = 'ignored' WHERE remediation_status = 'abandoned';
--: end

ALTER TABLE public.dead_events
    ADD CONSTRAINT ck_dead_events_remediation_status_valid
        CHECK (remediation_status IN ('pending', 'in_progress', 'resolved', 'ignored'));

DROP INDEX public.idx_allocations_channel_performance;
CREATE INDEX idx_allocations_channel_performance
    ON public.attribution_allocations (tenant_id, channel_code, created_at DESC)
    INCLUDE (allocated_revenue_cents, confidence_score);
