/*---
revision: 202511141302
parents: [202511141301]
message: Make the allocation of a ledger row mandatory
---*/

-- Which allocation a row belongs to cannot be guessed, so nothing is filled in. The count is made under
-- the guard: row security would hide the very rows that it looks for.
--: backfill table=public.revenue_ledger
DO $$
DECLARE
    missing bigint;
BEGIN
    SELECT count(*) INTO missing FROM public.revenue_ledger WHERE allocation_id IS NULL;
    IF missing > 0 THEN
        RAISE EXCEPTION 'cannot make allocation_id mandatory: % ledger row(s) without an allocation', missing
            USING HINT = 'Set revenue_ledger.allocation_id for each of them, then upgrade again.';
    END IF;
END
$$;
--: end

ALTER TABLE public.revenue_ledger ALTER COLUMN allocation_id SET NOT NULL;
