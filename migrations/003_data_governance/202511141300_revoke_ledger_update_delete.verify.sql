SELECT has_table_privilege('app_rw', 'public.revenue_ledger', 'INSERT')
   AND NOT has_table_privilege('app_rw', 'public.revenue_ledger', 'UPDATE')
   AND NOT has_table_privilege('app_rw', 'public.revenue_ledger', 'DELETE');
