DROP TABLE public.llm_validation_failures;
DROP TABLE public.budget_optimization_jobs;
DROP TABLE public.explanation_cache;
DROP TABLE public.investigation_tool_calls;
DROP TABLE public.investigations;
DROP TABLE public.llm_monthly_costs;
DROP TABLE public.llm_api_calls;
