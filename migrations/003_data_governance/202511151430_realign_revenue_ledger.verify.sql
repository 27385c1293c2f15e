SELECT count(*) = 6
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.revenue_ledger'::regclass AND attnotnull
  AND attname IN ('transaction_id', 'state', 'amount_cents', 'currency', 'verification_source',
                  'verification_timestamp');

SELECT count(*) = count(*) FILTER (
    WHERE transaction_id = 'legacy_' || id
      AND amount_cents = revenue_cents
      AND state = CASE WHEN is_verified THEN 'captured' ELSE 'authorized' END
      AND verification_source = 'legacy_migration'
      AND verification_timestamp = coalesce(verified_at, created_at)
      AND currency = 'USD'
)
FROM public.revenue_ledger;

SELECT tgenabled = 'O'
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.revenue_ledger'::regclass AND tgname = 'trg_ledger_prevent_mutation';
