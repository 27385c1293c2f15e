ALTER TABLE public.explanation_cache DROP COLUMN ci_validation_test;
