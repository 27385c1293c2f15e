DROP TABLE public.channel_taxonomy;
