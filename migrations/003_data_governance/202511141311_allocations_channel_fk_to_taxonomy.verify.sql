SELECT convalidated AND confrelid = 'public.channel_taxonomy'::regclass
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.attribution_allocations'::regclass
  AND conname = 'fk_attribution_allocations_channel_code';

SELECT count(*) = 0
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.attribution_allocations'::regclass
  AND conname = 'ck_attribution_allocations_channel_code_valid';

-- "Validated" is not enough: the rows are counted.
SELECT count(*) = 0
FROM public.attribution_allocations AS aa
WHERE NOT EXISTS (SELECT FROM public.channel_taxonomy AS channel WHERE channel.code = aa.channel_code);
