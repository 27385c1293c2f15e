-- Allocations may use the channel by now; then the row has to stay, and the way up takes it as it is.
--: backfill table=public.channel_taxonomy reads=public.attribution_allocations
DELETE FROM public.channel_taxonomy
WHERE code = 'unknown'
  AND NOT EXISTS (SELECT FROM public.attribution_allocations AS aa WHERE aa.channel_code = 'unknown');
--: end
