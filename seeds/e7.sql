-- E7: a ledger row that no allocation explains. It has to stop the upgrade: an allocation cannot be guessed.
INSERT INTO public.tenants (id, name)
VALUES ('11111111-1111-1111-1111-111111111111', 'ZG Existing Tenant');

INSERT INTO public.attribution_events (id, tenant_id, occurred_at, session_id, revenue_cents, raw_payload)
VALUES (
    '33333333-3333-3333-3333-333333333333', '11111111-1111-1111-1111-111111111111',
    '2025-01-01T00:00:00Z', '22222222-2222-2222-2222-222222222222', 12345, '{}'
);

INSERT INTO public.revenue_ledger (id, tenant_id, revenue_cents)
VALUES ('66666666-6666-6666-6666-666666666666', '11111111-1111-1111-1111-111111111111', 12345);
