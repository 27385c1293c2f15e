SELECT count(*) = 2
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.tenants'::regclass AND attnotnull
  AND attname IN ('api_key_hash', 'notification_email');

SELECT count(*) = count(*) FILTER (
    WHERE api_key_hash = 'PLACEHOLDER_' || id
      AND notification_email = 'placeholder@tenant-' || id || '.example.com'
)
FROM public.tenants;

SELECT indisunique AND indisvalid
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_tenants_api_key_hash'::regclass;
