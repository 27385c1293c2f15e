/*---
revision: 202511151420
parents: [202511151410]
message: Give allocations statistics and verification
---*/

ALTER TABLE public.attribution_allocations
    ADD COLUMN model_type varchar(50),
    ADD COLUMN confidence_score numeric(4,3),
    ADD COLUMN credible_interval_lower_cents integer,
    ADD COLUMN credible_interval_upper_cents integer,
    ADD COLUMN convergence_r_hat numeric(5,4),
    ADD COLUMN effective_sample_size integer,
    ADD COLUMN verified boolean DEFAULT false,
    ADD COLUMN verification_source varchar(50),
    ADD COLUMN verification_timestamp timestamptz;

-- The amounts stay as they are, so the sum check has nothing to say.
--: backfill table=public.attribution_allocations triggers=trg_check_allocation_sum expect=all
UPDATE public.attribution_allocations
SET model_type = coalesce(model_type, 'unknown'),
    confidence_score = coalesce(confidence_score, least(coalesce(allocation_ratio, 0), 1)),
    verified = coalesce(verified, false);
--: end

ALTER TABLE public.attribution_allocations
    ALTER COLUMN model_type SET NOT NULL,
    ALTER COLUMN confidence_score SET NOT NULL,
    ALTER COLUMN verified SET NOT NULL,
    ADD CONSTRAINT ck_allocations_confidence_score CHECK (confidence_score >= 0 AND confidence_score <= 1);

CREATE INDEX idx_allocations_channel_performance
    ON public.attribution_allocations (tenant_id, channel_code, created_at DESC)
    INCLUDE (allocated_revenue_cents, confidence_score);
