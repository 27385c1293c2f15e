/*---
revision: 202512131200
parents: [202512120900]
message: Keep failed tasks
---*/

-- The id comes from the worker, and tenant_id refers to nothing: a failure must be kept even if the
-- tenant is unknown or gone.
CREATE TABLE public.celery_task_failures (
    id uuid PRIMARY KEY,
    task_id varchar(155) NOT NULL,
    task_name varchar(255) NOT NULL,
    queue varchar(100),
    worker varchar(255),
    task_args jsonb,
    task_kwargs jsonb,
    tenant_id uuid,
    error_type varchar(100) NOT NULL,
    exception_class varchar(255) NOT NULL,
    error_message text NOT NULL,
    traceback text,
    retry_count integer NOT NULL DEFAULT 0,
    last_retry_at timestamptz,
    -- Deliberately the plain word: the recorded default carried quotes of its own and failed the CHECK.
    status varchar(50) NOT NULL DEFAULT 'pending',
    remediation_notes text,
    resolved_at timestamptz,
    correlation_id uuid,
    failed_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT ck_celery_task_failures_status_valid
        CHECK (status IN ('pending', 'in_progress', 'resolved', 'abandoned')),
    CONSTRAINT ck_celery_task_failures_retry_count_positive CHECK (retry_count >= 0)
);
COMMENT ON TABLE public.celery_task_failures IS
    'Jobs that failed for good, until somebody has dealt with them.';
CREATE INDEX ix_public_celery_task_failures_task_id ON public.celery_task_failures (task_id);
CREATE INDEX ix_public_celery_task_failures_task_name ON public.celery_task_failures (task_name);
CREATE INDEX ix_public_celery_task_failures_tenant_id ON public.celery_task_failures (tenant_id);
CREATE INDEX idx_celery_task_failures_status ON public.celery_task_failures (status, failed_at);
CREATE INDEX idx_celery_task_failures_task_name ON public.celery_task_failures (task_name);

-- No sequence to grant: the table has none.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_user') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON public.celery_task_failures TO app_user;
    END IF;
END
$$;

-- Not forced: whoever runs maintenance as the owner sees the failures of all tenants.
ALTER TABLE public.celery_task_failures ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.celery_task_failures
    FOR ALL TO app_user
    USING (tenant_id IS NULL OR tenant_id::text = current_setting('app.current_tenant_id', true));
