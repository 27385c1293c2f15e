DROP TABLE public.channel_state_transitions;
