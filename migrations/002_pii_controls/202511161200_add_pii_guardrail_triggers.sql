/*---
revision: 202511161200
parents: [202511161130]
message: Keep personal data out of payloads
---*/

CREATE FUNCTION public.fn_detect_pii_keys(payload jsonb) RETURNS boolean
    LANGUAGE plpgsql
    IMMUTABLE
AS $$
BEGIN
    -- The type test matters: on an array or a string the key operator would look at values.
    RETURN coalesce(
        jsonb_typeof(payload) = 'object'
        AND payload ?| ARRAY[
            'email', 'email_address', 'phone', 'phone_number', 'ssn', 'social_security_number',
            'ip_address', 'ip', 'first_name', 'last_name', 'full_name', 'address', 'street_address'
        ],
        false
    );
END
$$;

CREATE FUNCTION public.fn_enforce_pii_guardrail() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    payload jsonb;
    offender text;
BEGIN
    IF TG_TABLE_NAME = 'revenue_ledger' THEN
        payload := NEW.metadata;
    ELSE
        payload := NEW.raw_payload;
    END IF;

    IF payload IS NOT NULL AND public.fn_detect_pii_keys(payload) THEN
        SELECT min(entry.key) INTO offender
        FROM jsonb_object_keys(payload) AS entry (key)
        WHERE public.fn_detect_pii_keys(jsonb_build_object(entry.key, true));
        RAISE EXCEPTION 'personal data is not allowed in %: key "%"', TG_TABLE_NAME, offender
            USING ERRCODE = '23514', HINT = 'Remove the key before the row is written.';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER trg_pii_guardrail_attribution_events
    BEFORE INSERT ON public.attribution_events
    FOR EACH ROW EXECUTE FUNCTION public.fn_enforce_pii_guardrail();
CREATE TRIGGER trg_pii_guardrail_dead_events
    BEFORE INSERT ON public.dead_events
    FOR EACH ROW EXECUTE FUNCTION public.fn_enforce_pii_guardrail();
CREATE TRIGGER trg_pii_guardrail_revenue_ledger
    BEFORE INSERT ON public.revenue_ledger
    FOR EACH ROW EXECUTE FUNCTION public.fn_enforce_pii_guardrail();
