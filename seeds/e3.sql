-- E3: X1 and a dead event.
INSERT INTO public.tenants (id, name, api_key_hash, notification_email)
VALUES ('11111111-1111-1111-1111-111111111111', 'ZG Existing Tenant', 'hash', 'ops@example.com');

INSERT INTO public.attribution_events (id, tenant_id, occurred_at, session_id, revenue_cents, raw_payload)
VALUES (
    '33333333-3333-3333-3333-333333333333', '11111111-1111-1111-1111-111111111111',
    '2025-01-01T00:00:00Z', '22222222-2222-2222-2222-222222222222', 12345, '{}'
);

INSERT INTO public.dead_events (id, tenant_id, source, error_code, error_detail, raw_payload)
VALUES (
    '77777777-7777-7777-7777-777777777777', '11111111-1111-1111-1111-111111111111',
    'webhook', 'schema_mismatch', '{"field": "amount"}', '{}'
);
