SELECT has_table_privilege('app_rw', 'public.attribution_events', 'INSERT')
   AND NOT has_table_privilege('app_rw', 'public.attribution_events', 'UPDATE')
   AND NOT has_table_privilege('app_rw', 'public.attribution_events', 'DELETE');
