/*---
revision: 202512081500
parents: [202511271210]
message: Add the tables of the language model subsystem
---*/

CREATE TABLE public.llm_api_calls (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    endpoint text NOT NULL,
    model text NOT NULL,
    input_tokens integer NOT NULL CHECK (input_tokens >= 0),
    output_tokens integer NOT NULL CHECK (output_tokens >= 0),
    cost_cents integer NOT NULL CHECK (cost_cents >= 0),
    latency_ms integer NOT NULL CHECK (latency_ms >= 0),
    was_cached boolean DEFAULT false,
    request_metadata jsonb
);
COMMENT ON TABLE public.llm_api_calls IS
    'Calls to language models, with tokens, cost and latency.';
CREATE INDEX idx_llm_calls_tenant_endpoint ON public.llm_api_calls (tenant_id, endpoint, created_at DESC);
CREATE INDEX idx_llm_calls_tenant_created_at ON public.llm_api_calls (tenant_id, created_at DESC);

CREATE TABLE public.llm_monthly_costs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    month date NOT NULL,
    total_cost_cents integer NOT NULL CHECK (total_cost_cents >= 0),
    total_calls integer NOT NULL CHECK (total_calls >= 0),
    model_breakdown jsonb NOT NULL,
    UNIQUE (tenant_id, month)
);
COMMENT ON TABLE public.llm_monthly_costs IS
    'Cost of language models per tenant and month.';
CREATE INDEX idx_llm_monthly_tenant_month ON public.llm_monthly_costs (tenant_id, month DESC);

CREATE TABLE public.investigations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    query text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    result jsonb,
    cost_cents integer DEFAULT 0 CHECK (cost_cents >= 0)
);
COMMENT ON TABLE public.investigations IS
    'Questions that a tenant has put, and their answers.';
CREATE INDEX idx_investigations_tenant_status ON public.investigations (tenant_id, status, created_at DESC);

CREATE TABLE public.investigation_tool_calls (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    investigation_id uuid NOT NULL REFERENCES public.investigations (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    tool_name text NOT NULL,
    input_params jsonb NOT NULL,
    output jsonb
);
COMMENT ON TABLE public.investigation_tool_calls IS
    'Steps that an investigation took.';
CREATE INDEX idx_tool_calls_investigation
    ON public.investigation_tool_calls (investigation_id, created_at);
CREATE INDEX idx_tool_calls_tenant ON public.investigation_tool_calls (tenant_id, created_at DESC);

CREATE TABLE public.explanation_cache (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    entity_type text NOT NULL,
    entity_id uuid NOT NULL,
    explanation text NOT NULL,
    citations jsonb NOT NULL,
    cache_hit_count integer DEFAULT 0 CHECK (cache_hit_count >= 0),
    UNIQUE (tenant_id, entity_type, entity_id)
);
COMMENT ON TABLE public.explanation_cache IS
    'Explanations already paid for, one per tenant and entity.';
CREATE INDEX idx_explanation_cache_lookup ON public.explanation_cache (tenant_id, entity_type, entity_id);

CREATE TABLE public.budget_optimization_jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    recommendations jsonb,
    cost_cents integer DEFAULT 0 CHECK (cost_cents >= 0)
);
COMMENT ON TABLE public.budget_optimization_jobs IS
    'Runs that recommend how to spend a budget.';
CREATE INDEX idx_budget_jobs_tenant_status
    ON public.budget_optimization_jobs (tenant_id, status, created_at DESC);

CREATE TABLE public.llm_validation_failures (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    endpoint text NOT NULL,
    validation_error text NOT NULL,
    request_payload jsonb NOT NULL,
    response_payload jsonb
);
COMMENT ON TABLE public.llm_validation_failures IS
    'Answers of language models that did not pass validation.';
CREATE INDEX idx_llm_failures_tenant_endpoint
    ON public.llm_validation_failures (tenant_id, endpoint, created_at DESC);
CREATE INDEX idx_llm_failures_created_at ON public.llm_validation_failures (created_at DESC);
