-- E4: two events from after the realignment; the second has a channel that the taxonomy does not have.
INSERT INTO public.tenants (id, name, api_key_hash, notification_email)
VALUES ('11111111-1111-1111-1111-111111111111', 'ZG Existing Tenant', 'hash', 'ops@example.com');

INSERT INTO public.attribution_events (
    id, tenant_id, occurred_at, session_id, revenue_cents, raw_payload,
    idempotency_key, event_type, channel, event_timestamp
)
VALUES (
    '33333333-3333-3333-3333-333333333333', '11111111-1111-1111-1111-111111111111',
    '2025-01-01T00:00:00Z', '22222222-2222-2222-2222-222222222222', 12345, '{}',
    '11111111-1111-1111-1111-111111111111:id:33333333-3333-3333-3333-333333333333',
    'purchase', 'direct', '2025-01-01T00:00:00Z'
),
(
    '55555555-5555-5555-5555-555555555555', '11111111-1111-1111-1111-111111111111',
    '2025-01-02T00:00:00Z', '22222222-2222-2222-2222-222222222222', 100, '{}',
    '11111111-1111-1111-1111-111111111111:id:55555555-5555-5555-5555-555555555555',
    'purchase', 'google_search', '2025-01-02T00:00:00Z'
);
