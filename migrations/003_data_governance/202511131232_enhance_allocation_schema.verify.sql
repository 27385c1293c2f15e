-- The exact type and default: IF NOT EXISTS must not have kept somebody else's columns.
SELECT count(*) = 2
FROM pg_catalog.pg_attribute AS attribute
JOIN pg_catalog.pg_attrdef AS preset ON preset.adrelid = attribute.attrelid AND preset.adnum = attribute.attnum
WHERE attribute.attrelid = 'public.attribution_allocations'::regclass
  AND attribute.attnotnull
  AND (attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
       pg_get_expr(preset.adbin, preset.adrelid))
      IN (('allocation_ratio', 'numeric(6,5)', '0.0'), ('model_version', 'text', '''unknown''::text'));

SELECT count(*) = 2
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.attribution_allocations'::regclass
  AND convalidated
  AND conname IN ('ck_attribution_allocations_allocation_ratio_bounds',
                  'ck_attribution_allocations_channel_code_valid');

SELECT indisunique AND indisvalid
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_attribution_allocations_tenant_event_model_channel'::regclass;
