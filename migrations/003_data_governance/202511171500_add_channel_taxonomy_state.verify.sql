SELECT attnotnull
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.channel_taxonomy'::regclass AND attname = 'state';

SELECT convalidated
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.channel_taxonomy'::regclass AND conname = 'channel_taxonomy_state_check';

SELECT count(*) >= 10 AND bool_and(state = 'active') FROM public.channel_taxonomy;
