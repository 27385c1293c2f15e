-- 7: row level, BEFORE, for INSERT.
SELECT count(*) = 3
FROM pg_catalog.pg_trigger
WHERE tgenabled = 'O' AND tgtype = 7 AND tgfoid = 'public.fn_enforce_pii_guardrail'::regproc
  AND tgrelid IN ('public.attribution_events'::regclass, 'public.dead_events'::regclass,
                  'public.revenue_ledger'::regclass);

SELECT bool_and(public.fn_detect_pii_keys(jsonb_build_object(forbidden.key, 1)))
FROM unnest(ARRAY['email', 'email_address', 'phone', 'phone_number', 'ssn', 'social_security_number',
                  'ip_address', 'ip', 'first_name', 'last_name', 'full_name', 'address',
                  'street_address']) AS forbidden (key);

-- Only keys at the top count, never values.
SELECT NOT public.fn_detect_pii_keys('{"kind": "email", "nested": {"email": 1}}')
   AND NOT public.fn_detect_pii_keys('["email"]');
