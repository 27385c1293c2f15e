DROP INDEX public.idx_allocations_channel_performance;
ALTER TABLE public.attribution_allocations DROP CONSTRAINT ck_allocations_confidence_score;
ALTER TABLE public.attribution_allocations
    DROP COLUMN verification_timestamp,
    DROP COLUMN verification_source,
    DROP COLUMN verified,
    DROP COLUMN effective_sample_size,
    DROP COLUMN convergence_r_hat,
    DROP COLUMN credible_interval_upper_cents,
    DROP COLUMN credible_interval_lower_cents,
    DROP COLUMN confidence_score,
    DROP COLUMN model_type;
