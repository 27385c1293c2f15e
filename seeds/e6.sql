-- E6: an event without a session. It has to stop the upgrade: a session cannot be invented.
INSERT INTO public.tenants (id, name, api_key_hash, notification_email)
VALUES ('11111111-1111-1111-1111-111111111111', 'ZG Existing Tenant', 'hash', 'ops@example.com');

INSERT INTO public.attribution_events (id, tenant_id, occurred_at, revenue_cents, raw_payload)
VALUES (
    '33333333-3333-3333-3333-333333333333', '11111111-1111-1111-1111-111111111111',
    '2025-01-01T00:00:00Z', 12345, '{}'
);
