-- E1: X1 and an allocation that gives the whole event to one channel.
INSERT INTO public.tenants (id, name, api_key_hash, notification_email)
VALUES ('11111111-1111-1111-1111-111111111111', 'ZG Existing Tenant', 'hash', 'ops@example.com');

INSERT INTO public.attribution_events (id, tenant_id, occurred_at, session_id, revenue_cents, raw_payload)
VALUES (
    '33333333-3333-3333-3333-333333333333', '11111111-1111-1111-1111-111111111111',
    '2025-01-01T00:00:00Z', '22222222-2222-2222-2222-222222222222', 12345, '{}'
);

INSERT INTO public.attribution_allocations (id, tenant_id, event_id, channel_code, allocated_revenue_cents)
VALUES (
    '44444444-4444-4444-4444-444444444444', '11111111-1111-1111-1111-111111111111',
    '33333333-3333-3333-3333-333333333333', 'direct', 12345
);
