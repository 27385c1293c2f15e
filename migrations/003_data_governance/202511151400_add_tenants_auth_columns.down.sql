DROP INDEX public.idx_tenants_api_key_hash;
ALTER TABLE public.tenants
    DROP COLUMN notification_email,
    DROP COLUMN api_key_hash;
