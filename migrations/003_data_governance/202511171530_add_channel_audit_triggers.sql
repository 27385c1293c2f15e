/*---
revision: 202511171530
parents: [202511171520]
message: Record channel states and corrections by trigger
allow:
  - rule: security-definer-without-search-path
    because: >-
      The canonical schema keeps both functions without settings of their own; every relation and function
      in their bodies is qualified, so the caller's path does not decide what they write to.
---*/

CREATE FUNCTION public.fn_log_channel_state_change() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
AS $$
BEGIN
    INSERT INTO public.channel_state_transitions
        (channel_code, from_state, to_state, changed_by, changed_at, reason)
    VALUES
        (NEW.code, OLD.state, NEW.state,
         coalesce(nullif(pg_catalog.current_setting('app.channel_state_change_by', true), ''), 'system'),
         pg_catalog.now(),
         nullif(pg_catalog.current_setting('app.channel_state_change_reason', true), ''));
    RETURN NULL;
END
$$;

CREATE FUNCTION public.fn_log_channel_assignment_correction() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
AS $$
BEGIN
    INSERT INTO public.channel_assignment_corrections
        (tenant_id, entity_type, entity_id, from_channel, to_channel, corrected_by, corrected_at, reason)
    VALUES
        (NEW.tenant_id, 'allocation', NEW.id, OLD.channel_code, NEW.channel_code,
         coalesce(nullif(pg_catalog.current_setting('app.correction_by', true), ''), 'system'),
         pg_catalog.now(),
         coalesce(nullif(pg_catalog.current_setting('app.correction_reason', true), ''), 'No reason given'));
    RETURN NULL;
END
$$;

CREATE TRIGGER trg_channel_taxonomy_state_audit
    AFTER UPDATE OF state ON public.channel_taxonomy
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION public.fn_log_channel_state_change();

CREATE TRIGGER trg_allocations_channel_correction_audit
    AFTER UPDATE OF channel_code ON public.attribution_allocations
    FOR EACH ROW WHEN (OLD.channel_code IS DISTINCT FROM NEW.channel_code)
    EXECUTE FUNCTION public.fn_log_channel_assignment_correction();
