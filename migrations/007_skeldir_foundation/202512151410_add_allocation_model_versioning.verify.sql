-- The columns are those of 202511131232, and no second index has appeared.
SELECT count(*) = 2
FROM pg_catalog.pg_attribute AS attribute
JOIN pg_catalog.pg_attrdef AS preset ON preset.adrelid = attribute.attrelid AND preset.adnum = attribute.attnum
WHERE attribute.attrelid = 'public.attribution_allocations'::regclass
  AND attribute.attnotnull
  AND (attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
       pg_get_expr(preset.adbin, preset.adrelid))
      IN (('allocation_ratio', 'numeric(6,5)', '0.0'), ('model_version', 'text', '''unknown''::text'));

SELECT to_regclass('public.idx_attribution_allocations_tenant_event_model_channel') IS NOT NULL
   AND to_regclass('public.idx_attribution_allocations_event_model_channel') IS NULL;
