/*---
revision: 202511171300
parents: [202511171200]
message: Record every change of a ledger state, per tenant
allow:
  - rule: security-definer-without-search-path
    because: >-
      The canonical schema keeps the function without settings of its own; every relation and function in
      its body is qualified, so the caller's path does not decide what it writes to.
---*/

ALTER TABLE public.revenue_state_transitions ADD COLUMN tenant_id uuid;

-- The ledger is under row security, and its rows name the tenants.
--: backfill table=public.revenue_state_transitions reads=public.revenue_ledger expect=all
UPDATE public.revenue_state_transitions AS transition
SET tenant_id = ledger.tenant_id
FROM public.revenue_ledger AS ledger
WHERE ledger.id = transition.ledger_id;
--: end

-- Row security comes after the foreign key, so that its validation sees every row.
ALTER TABLE public.revenue_state_transitions ALTER COLUMN tenant_id SET NOT NULL;
ALTER TABLE public.revenue_state_transitions
    ADD CONSTRAINT revenue_state_transitions_tenant_id_fkey
        FOREIGN KEY (tenant_id) REFERENCES public.tenants (id) ON DELETE CASCADE;
CREATE INDEX idx_revenue_state_transitions_tenant_id
    ON public.revenue_state_transitions (tenant_id, transitioned_at DESC);

ALTER TABLE public.revenue_state_transitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.revenue_state_transitions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.revenue_state_transitions
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

CREATE FUNCTION public.fn_log_revenue_state_change() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
AS $$
BEGIN
    INSERT INTO public.revenue_state_transitions
        (ledger_id, tenant_id, from_state, to_state, reason, transitioned_at)
    VALUES
        (NEW.id, NEW.tenant_id, OLD.state, NEW.state,
         coalesce(NEW.metadata ->> 'state_change_reason', 'unspecified'), pg_catalog.now());
    RETURN NULL;
END
$$;

CREATE TRIGGER trg_revenue_ledger_state_audit
    AFTER UPDATE OF state ON public.revenue_ledger
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION public.fn_log_revenue_state_change();
