SELECT NOT attnotnull AND atthasdef AND atttypid = 'boolean'::regtype
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.explanation_cache'::regclass AND attname = 'ci_validation_test';
