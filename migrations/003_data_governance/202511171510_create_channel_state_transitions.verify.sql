SELECT confrelid = 'public.channel_taxonomy'::regclass AND confdeltype = 'c'
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.channel_state_transitions'::regclass
  AND conname = 'channel_state_transitions_channel_code_fkey';

SELECT count(*) = 2
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public' AND tablename = 'channel_state_transitions'
  AND indexname LIKE 'idx\_channel\_state\_transitions\_%';
