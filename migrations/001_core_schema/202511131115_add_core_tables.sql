/*---
revision: 202511131115
parents: [baseline]
message: Add tenants, events, allocations, ledger and reconciliation
---*/

CREATE TABLE public.tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_tenants_name_not_empty CHECK (length(trim(name)) > 0)
);
COMMENT ON TABLE public.tenants IS
    'Customers. The root of isolation: every tenant table refers to it. Not under row security itself.';
CREATE INDEX idx_tenants_name ON public.tenants (name);

CREATE TABLE public.attribution_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    occurred_at timestamptz NOT NULL,
    external_event_id text,
    correlation_id uuid,
    session_id uuid,
    revenue_cents integer NOT NULL DEFAULT 0 CHECK (revenue_cents >= 0),
    raw_payload jsonb NOT NULL,
    CONSTRAINT ck_attribution_events_revenue_positive CHECK (revenue_cents >= 0)
);
COMMENT ON TABLE public.attribution_events IS
    'What happened, one row per event received. INVARIANT: append-only-events';
CREATE UNIQUE INDEX idx_attribution_events_tenant_external_event_id
    ON public.attribution_events (tenant_id, external_event_id)
    WHERE external_event_id IS NOT NULL;
CREATE UNIQUE INDEX idx_attribution_events_tenant_correlation_id
    ON public.attribution_events (tenant_id, correlation_id)
    WHERE correlation_id IS NOT NULL AND external_event_id IS NULL;
CREATE INDEX idx_attribution_events_tenant_occurred_at
    ON public.attribution_events (tenant_id, occurred_at DESC);
CREATE INDEX idx_attribution_events_session_id
    ON public.attribution_events (session_id)
    WHERE session_id IS NOT NULL;

CREATE TABLE public.dead_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    ingested_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,
    error_code text NOT NULL,
    error_detail jsonb NOT NULL,
    raw_payload jsonb NOT NULL,
    correlation_id uuid,
    external_event_id text
);
COMMENT ON TABLE public.dead_events IS
    'Events that could not be taken in, with the reason. INVARIANT: read-only-for-workers';
CREATE INDEX idx_dead_events_tenant_ingested_at ON public.dead_events (tenant_id, ingested_at DESC);
CREATE INDEX idx_dead_events_source ON public.dead_events (source);
CREATE INDEX idx_dead_events_error_code ON public.dead_events (error_code);

CREATE TABLE public.attribution_allocations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    event_id uuid NOT NULL REFERENCES public.attribution_events (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL,
    allocated_revenue_cents integer NOT NULL DEFAULT 0 CHECK (allocated_revenue_cents >= 0),
    model_metadata jsonb,
    correlation_id uuid,
    CONSTRAINT ck_attribution_allocations_revenue_positive CHECK (allocated_revenue_cents >= 0)
);
COMMENT ON TABLE public.attribution_allocations IS
    'Credit given to channels, one row per share of an event. INVARIANT: shares-add-up-to-the-event';
CREATE INDEX idx_attribution_allocations_tenant_created_at
    ON public.attribution_allocations (tenant_id, created_at DESC);
CREATE INDEX idx_attribution_allocations_event_id ON public.attribution_allocations (event_id);
CREATE INDEX idx_attribution_allocations_channel ON public.attribution_allocations (channel);

CREATE TABLE public.revenue_ledger (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revenue_cents integer NOT NULL DEFAULT 0 CHECK (revenue_cents >= 0),
    is_verified boolean NOT NULL DEFAULT false,
    verified_at timestamptz,
    reconciliation_run_id uuid,
    CONSTRAINT ck_revenue_ledger_revenue_positive CHECK (revenue_cents >= 0)
);
COMMENT ON TABLE public.revenue_ledger IS
    'Revenue as booked, one row per posting. INVARIANT: immutable-ledger';
CREATE INDEX idx_revenue_ledger_tenant_updated_at ON public.revenue_ledger (tenant_id, updated_at DESC);
CREATE INDEX idx_revenue_ledger_is_verified ON public.revenue_ledger (is_verified) WHERE is_verified = true;

CREATE TABLE public.reconciliation_runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_run_at timestamptz NOT NULL,
    state varchar(20) NOT NULL DEFAULT 'idle' CHECK (state IN ('idle', 'running', 'failed', 'completed')),
    error_message text,
    run_metadata jsonb,
    CONSTRAINT ck_reconciliation_runs_state_valid CHECK (state IN ('idle', 'running', 'failed', 'completed'))
);
COMMENT ON TABLE public.reconciliation_runs IS
    'Runs that compare the ledger with its sources, and how they ended.';
CREATE INDEX idx_reconciliation_runs_tenant_last_run_at
    ON public.reconciliation_runs (tenant_id, last_run_at DESC);
CREATE INDEX idx_reconciliation_runs_state ON public.reconciliation_runs (state);
