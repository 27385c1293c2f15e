/*---
revision: 202512151300
parents: [202512151200]
message: Queue the recomputation of attribution windows
---*/

CREATE TABLE public.attribution_recompute_jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    model_version text NOT NULL DEFAULT '1.0.0',
    status text NOT NULL DEFAULT 'pending',
    run_count integer NOT NULL DEFAULT 0,
    last_correlation_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT ck_attribution_recompute_jobs_status_valid
        CHECK (status IN ('pending', 'running', 'succeeded', 'failed')),
    CONSTRAINT ck_attribution_recompute_jobs_run_count_positive CHECK (run_count >= 0),
    CONSTRAINT ck_attribution_recompute_jobs_window_bounds_valid CHECK (window_end > window_start)
);
COMMENT ON TABLE public.attribution_recompute_jobs IS
    'Windows of time whose attribution is to be computed again, one row per window and model.';
CREATE UNIQUE INDEX idx_attribution_recompute_jobs_window_identity
    ON public.attribution_recompute_jobs (tenant_id, window_start, window_end, model_version);
CREATE INDEX idx_attribution_recompute_jobs_tenant_status
    ON public.attribution_recompute_jobs (tenant_id, status);
CREATE INDEX idx_attribution_recompute_jobs_tenant_created_at
    ON public.attribution_recompute_jobs (tenant_id, created_at DESC);

ALTER TABLE public.attribution_recompute_jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY attribution_recompute_jobs_tenant_isolation ON public.attribution_recompute_jobs
    FOR ALL
    USING (tenant_id::text = current_setting('app.current_tenant_id', true))
    WITH CHECK (tenant_id::text = current_setting('app.current_tenant_id', true));

GRANT SELECT, INSERT, UPDATE ON public.attribution_recompute_jobs TO app_user;
REVOKE DELETE ON public.attribution_recompute_jobs FROM app_user;
