/*---
revision: 202511171520
parents: [202511171510]
message: Keep the corrections of channel assignments
---*/

CREATE TABLE public.channel_assignment_corrections (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    entity_type varchar(50) NOT NULL CHECK (entity_type IN ('event', 'allocation')),
    entity_id uuid NOT NULL,
    from_channel varchar(50) NOT NULL,
    to_channel varchar(50) NOT NULL REFERENCES public.channel_taxonomy (code),
    corrected_by varchar(255) NOT NULL,
    corrected_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    metadata jsonb
);
COMMENT ON TABLE public.channel_assignment_corrections IS
    'Every change of the channel of an event or allocation, by whom and why.';
CREATE INDEX idx_channel_assignment_corrections_entity
    ON public.channel_assignment_corrections (tenant_id, entity_type, entity_id, corrected_at DESC);
CREATE INDEX idx_channel_assignment_corrections_channels
    ON public.channel_assignment_corrections (from_channel, to_channel, corrected_at DESC);
CREATE INDEX idx_channel_assignment_corrections_tenant
    ON public.channel_assignment_corrections (tenant_id, corrected_at DESC);

ALTER TABLE public.channel_assignment_corrections ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.channel_assignment_corrections FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.channel_assignment_corrections
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);
