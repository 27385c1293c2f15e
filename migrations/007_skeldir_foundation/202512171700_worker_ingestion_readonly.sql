/*---
revision: 202512171700
parents: [202512171500]
message: Keep workers from writing ingestion tables
---*/

CREATE FUNCTION public.fn_block_worker_ingestion_mutation() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF current_setting('app.execution_context', true) = 'worker' THEN
        RAISE EXCEPTION 'ingestion tables are read-only in worker context: % on % is not allowed',
            TG_OP, TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER trg_block_worker_mutation_events
    BEFORE INSERT OR UPDATE OR DELETE ON public.attribution_events
    FOR EACH ROW EXECUTE FUNCTION public.fn_block_worker_ingestion_mutation();
CREATE TRIGGER trg_block_worker_mutation_dead_events
    BEFORE INSERT OR UPDATE OR DELETE ON public.dead_events
    FOR EACH ROW EXECUTE FUNCTION public.fn_block_worker_ingestion_mutation();
