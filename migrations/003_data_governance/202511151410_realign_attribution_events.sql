/*---
revision: 202511151410
parents: [202511151400]
message: Realign attribution_events with the canonical schema
---*/

ALTER TABLE public.attribution_events
    ADD COLUMN idempotency_key varchar(255),
    ADD COLUMN event_type varchar(50),
    ADD COLUMN channel varchar(100),
    ADD COLUMN campaign_id varchar(255),
    ADD COLUMN conversion_value_cents integer,
    ADD COLUMN currency varchar(3) DEFAULT 'USD',
    ADD COLUMN event_timestamp timestamptz,
    ADD COLUMN processed_at timestamptz DEFAULT now(),
    ADD COLUMN processing_status varchar(20) DEFAULT 'pending',
    ADD COLUMN retry_count integer DEFAULT 0;

-- This is where the upgrade of an existing database once failed: row security showed the UPDATE
-- 0 of 8 rows, it succeeded, and NOT NULL failed. Hence the guard, and hence "all".
--: backfill table=public.attribution_events triggers=trg_events_prevent_mutation expect=all
UPDATE public.attribution_events
SET idempotency_key = tenant_id::text || CASE
        WHEN external_event_id IS NOT NULL THEN ':ext:' || external_event_id
        WHEN correlation_id IS NOT NULL THEN ':cor:' || correlation_id
        ELSE ':id:' || id
    END,
    event_type = 'unknown',
    channel = 'unknown',
    conversion_value_cents = revenue_cents,
    event_timestamp = occurred_at,
    processing_status = 'processed';
--: end

-- session_id has no backfill on purpose: a session cannot be invented. An event without one stops here.
ALTER TABLE public.attribution_events
    ALTER COLUMN idempotency_key SET NOT NULL,
    ALTER COLUMN event_type SET NOT NULL,
    ALTER COLUMN channel SET NOT NULL,
    ALTER COLUMN event_timestamp SET NOT NULL,
    ALTER COLUMN session_id SET NOT NULL,
    ALTER COLUMN processing_status SET NOT NULL,
    ALTER COLUMN retry_count SET NOT NULL;

-- Not per tenant: the key begins with the tenant.
CREATE UNIQUE INDEX idx_events_idempotency ON public.attribution_events (idempotency_key);

ALTER TABLE public.attribution_events
    ADD CONSTRAINT ck_attribution_events_processing_status_valid
        CHECK (processing_status IN ('pending', 'processed', 'failed')),
    ADD CONSTRAINT ck_attribution_events_retry_count_positive CHECK (retry_count >= 0);

-- The idempotency key takes over from both.
DROP INDEX public.idx_attribution_events_tenant_external_event_id;
DROP INDEX public.idx_attribution_events_tenant_correlation_id;

CREATE INDEX idx_events_tenant_timestamp ON public.attribution_events (tenant_id, event_timestamp DESC);
CREATE INDEX idx_events_processing_status
    ON public.attribution_events (processing_status, processed_at)
    WHERE processing_status = 'pending';
