-- Which channel an event had before it became "unknown" is not known any more.
ALTER TABLE public.attribution_events DROP CONSTRAINT fk_attribution_events_channel;
