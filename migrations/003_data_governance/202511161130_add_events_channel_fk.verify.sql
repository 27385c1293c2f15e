SELECT convalidated AND confdeltype = 'r' AND confupdtype = 'c'
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.attribution_events'::regclass AND conname = 'fk_attribution_events_channel';

-- "Validated" is not enough: the rows are counted.
SELECT count(*) = 0
FROM public.attribution_events AS event
WHERE NOT EXISTS (SELECT FROM public.channel_taxonomy AS channel WHERE channel.code = event.channel);

SELECT tgenabled = 'O'
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.attribution_events'::regclass AND tgname = 'trg_events_prevent_mutation';
