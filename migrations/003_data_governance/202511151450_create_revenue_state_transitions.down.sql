DROP TABLE public.revenue_state_transitions;
