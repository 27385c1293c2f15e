/*---
revision: 202511151440
parents: [202511151430]
message: Track retries and remediation of dead events
---*/

ALTER TABLE public.dead_events
    ADD COLUMN event_type varchar(50),
    ADD COLUMN error_type varchar(100),
    ADD COLUMN error_message text,
    ADD COLUMN error_traceback text,
    ADD COLUMN retry_count integer DEFAULT 0,
    ADD COLUMN last_retry_at timestamptz,
    ADD COLUMN remediation_status varchar(20) DEFAULT 'pending',
    ADD COLUMN remediation_notes text,
    ADD COLUMN resolved_at timestamptz;

--: backfill table=public.dead_events expect=matching
UPDATE public.dead_events
SET event_type = 'unknown',
    error_type = 'legacy_error',
    error_message = 'Recorded before error messages were kept',
    retry_count = 0,
    remediation_status = 'pending'
WHERE event_type IS NULL;
--: end

ALTER TABLE public.dead_events
    ALTER COLUMN event_type SET NOT NULL,
    ALTER COLUMN error_type SET NOT NULL,
    ALTER COLUMN error_message SET NOT NULL,
    ALTER COLUMN retry_count SET NOT NULL,
    ALTER COLUMN remediation_status SET NOT NULL,
    ADD CONSTRAINT ck_dead_events_remediation_status_valid
        CHECK (remediation_status IN ('pending', 'in_progress', 'resolved', 'ignored')),
    ADD CONSTRAINT ck_dead_events_retry_count_positive CHECK (retry_count >= 0);

CREATE INDEX idx_dead_events_remediation ON public.dead_events (remediation_status, ingested_at DESC);
