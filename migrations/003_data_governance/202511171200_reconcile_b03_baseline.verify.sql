SELECT convalidated
   AND pg_get_constraintdef(oid) LIKE '%abandoned%'
   AND pg_get_constraintdef(oid) NOT LIKE '%ignored%'
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.dead_events'::regclass AND conname = 'ck_dead_events_remediation_status_valid';

SELECT count(*) = 0 FROM public.dead_events WHERE remediation_status = 'ignored';

SELECT indisvalid AND indnkeyatts = 3 AND indnatts = 5
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_allocations_channel_performance'::regclass;
