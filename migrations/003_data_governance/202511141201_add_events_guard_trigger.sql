/*---
revision: 202511141201
parents: [202511141200]
message: Refuse UPDATE and DELETE on events for everyone
---*/

-- A BEFORE row trigger that returns NULL skips the row without a word. The repair role must really be
-- able to repair, so its row is passed on.
CREATE FUNCTION public.fn_events_prevent_mutation() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF current_user = 'migration_owner' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'attribution_events is append-only: % is not allowed', TG_OP
        USING HINT = 'Record a correction as a new event.';
END
$$;

CREATE TRIGGER trg_events_prevent_mutation
    BEFORE UPDATE OR DELETE ON public.attribution_events
    FOR EACH ROW EXECUTE FUNCTION public.fn_events_prevent_mutation();
