/*---
revision: 202511161210
parents: [202511161200]
message: Record personal data that got in all the same
---*/

CREATE TABLE public.pii_audit_findings (
    id bigserial PRIMARY KEY,
    table_name text NOT NULL,
    column_name text NOT NULL,
    record_id uuid NOT NULL,
    detected_key text NOT NULL,
    sample_snippet text,
    detected_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.pii_audit_findings IS
    'Rows in which the scan found personal data. For auditors, across tenants, hence not under row security.';
CREATE INDEX idx_pii_audit_findings_table_detected_at
    ON public.pii_audit_findings (table_name, detected_at DESC);
CREATE INDEX idx_pii_audit_findings_detected_key ON public.pii_audit_findings (detected_key);

CREATE FUNCTION public.fn_scan_pii_contamination() RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    hits integer;
BEGIN
    INSERT INTO public.pii_audit_findings (table_name, column_name, record_id, detected_key, sample_snippet)
    SELECT
        hit.table_name,
        hit.column_name,
        hit.record_id,
        hit.detected_key,
        -- The value itself must not be copied; its length says enough.
        format('"%s": [redacted, %s characters]',
               hit.detected_key, coalesce(length(hit.payload ->> hit.detected_key), 0))
    FROM (
        SELECT
            source.*,
            (
                SELECT min(entry.key)
                FROM jsonb_object_keys(source.payload) AS entry (key)
                WHERE public.fn_detect_pii_keys(jsonb_build_object(entry.key, true))
            ) AS detected_key
        FROM (
            SELECT 'attribution_events' AS table_name, 'raw_payload' AS column_name,
                   id AS record_id, raw_payload AS payload
            FROM public.attribution_events
            UNION ALL
            SELECT 'dead_events', 'raw_payload', id, raw_payload
            FROM public.dead_events
            UNION ALL
            SELECT 'revenue_ledger', 'metadata', id, metadata
            FROM public.revenue_ledger
        ) AS source
        WHERE public.fn_detect_pii_keys(source.payload)
    ) AS hit;
    GET DIAGNOSTICS hits = ROW_COUNT;
    RETURN hits;
END
$$;

REVOKE ALL ON public.pii_audit_findings FROM PUBLIC;
GRANT SELECT ON public.pii_audit_findings TO app_rw, app_ro;
GRANT USAGE, SELECT ON SEQUENCE public.pii_audit_findings_id_seq TO app_rw;
