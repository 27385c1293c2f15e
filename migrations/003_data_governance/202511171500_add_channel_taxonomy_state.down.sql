ALTER TABLE public.channel_taxonomy DROP COLUMN state;
