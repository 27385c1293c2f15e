/*---
revision: 202511151400
parents: [202511141311]
message: Give tenants an API key hash and a notification address
---*/

ALTER TABLE public.tenants
    ADD COLUMN api_key_hash varchar(255),
    ADD COLUMN notification_email varchar(255);

-- Placeholders that nobody can log in with or receive mail at, unique per tenant.
--: backfill table=public.tenants expect=matching
UPDATE public.tenants
SET api_key_hash = 'PLACEHOLDER_' || id,
    notification_email = 'placeholder@tenant-' || id || '.example.com'
WHERE api_key_hash IS NULL;
--: end

ALTER TABLE public.tenants
    ALTER COLUMN api_key_hash SET NOT NULL,
    ALTER COLUMN notification_email SET NOT NULL;
CREATE UNIQUE INDEX idx_tenants_api_key_hash ON public.tenants (api_key_hash);
