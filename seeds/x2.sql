-- X2: the same tenant and event in a database that has the task queue, but nothing of data governance.
-- The allocation still names its channel the old way.
INSERT INTO public.tenants (id, name)
VALUES ('11111111-1111-1111-1111-111111111111', 'ZG Existing Tenant');

INSERT INTO public.attribution_events (id, tenant_id, occurred_at, session_id, revenue_cents, raw_payload)
VALUES (
    '33333333-3333-3333-3333-333333333333', '11111111-1111-1111-1111-111111111111',
    '2025-01-01T00:00:00Z', '22222222-2222-2222-2222-222222222222', 12345, '{}'
);

INSERT INTO public.attribution_allocations (id, tenant_id, event_id, channel, allocated_revenue_cents)
VALUES (
    '44444444-4444-4444-4444-444444444444', '11111111-1111-1111-1111-111111111111',
    '33333333-3333-3333-3333-333333333333', 'google_search', 12345
);
