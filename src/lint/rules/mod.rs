//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

pub(super) mod attach_partition_scans;
pub(super) mod backfill_under_row_security;
pub(super) mod char_type;
pub(super) mod check_constraint_scans;
pub(super) mod cluster_table;
pub(super) mod column_dropped;
pub(super) mod column_renamed;
pub(super) mod column_type_narrowed;
pub(super) mod column_type_rebuilds_indexes;
pub(super) mod column_type_rechecks_constraint;
pub(super) mod column_type_rewrites_table;
pub(super) mod commit_inside_transaction;
pub(super) mod comparison_with_null;
pub(super) mod concurrent_index_may_stay_invalid;
pub(super) mod concurrent_refresh_impossible;
pub(super) mod concurrently_beside_other_statements;
pub(super) mod concurrently_in_transaction;
pub(super) mod concurrently_on_partitioned_table;
pub(super) mod constrained_domain_column;
pub(super) mod constraint_dropped;
pub(super) mod copy_through_client;
pub(super) mod data_change_mixed_with_schema_change;
pub(super) mod database_dropped;
pub(super) mod default_changed;
pub(super) mod default_not_in_enum;
pub(super) mod default_partition_scanned;
pub(super) mod default_privileges_to_public;
pub(super) mod default_violates_check;
pub(super) mod detach_partition_without_concurrently;
pub(super) mod disable_trigger_all;
pub(super) mod domain_constraint_scans;
pub(super) mod drop_index_without_concurrently;
pub(super) mod dropped_object_is_needed;
pub(super) mod dropped_with_cascade;
pub(super) mod enum_value_renamed;
pub(super) mod enum_value_used_in_same_transaction;
pub(super) mod exclusion_constraint_builds_index;
pub(super) mod extension_dropped;
pub(super) mod float_for_money;
pub(super) mod foreign_key_drop_locks_referenced_table;
pub(super) mod foreign_key_not_valid_on_partitioned_table;
pub(super) mod foreign_key_scans;
pub(super) mod foreign_key_type_mismatch;
pub(super) mod foreign_key_validated_under_row_security;
pub(super) mod foreign_key_without_index;
pub(super) mod function_dropped;
pub(super) mod function_renamed;
pub(super) mod function_sets_row_security;
pub(super) mod grant_all_to_runtime_role;
pub(super) mod grant_schema_wide;
pub(super) mod grant_to_public;
pub(super) mod grant_with_grant_option;
pub(super) mod guard_function_skips_row;
pub(super) mod guard_trigger_in_the_way;
pub(super) mod identifier_truncated;
pub(super) mod identity_on_existing_table;
pub(super) mod index_on_partitioned_table_without_only;
pub(super) mod index_without_concurrently;
pub(super) mod insert_select_large;
pub(super) mod insert_value_count;
pub(super) mod integer_primary_key;
pub(super) mod irreversible_without_down;
pub(super) mod json_instead_of_jsonb;
pub(super) mod keyword_as_name;
pub(super) mod lock_table_exclusive;
pub(super) mod lock_timeout_missing;
pub(super) mod matview_exposes_row_security;
pub(super) mod matview_key_not_guaranteed;
pub(super) mod matview_key_nullable;
pub(super) mod matview_left_unpopulated;
pub(super) mod matview_recreated_loses_indexes;
pub(super) mod matview_without_unique_index;
pub(super) mod money_type;
pub(super) mod moved_to_another_schema;
pub(super) mod name_listed_twice;
pub(super) mod name_not_snake_case;
pub(super) mod name_without_schema;
pub(super) mod needless_index_predicate;
pub(super) mod needless_merge;
pub(super) mod needless_transaction_block;
pub(super) mod new_table_without_primary_key;
pub(super) mod not_null_column_without_default;
pub(super) mod not_null_dropped;
pub(super) mod object_exists_already;
pub(super) mod opaque_dynamic_sql;
pub(super) mod order_dependent;
pub(super) mod owned_objects_dropped;
pub(super) mod owner_bound_by_row_security;
pub(super) mod owner_cannot_read_sources;
pub(super) mod partition_created_in_place;
pub(super) mod partition_dropped_in_place;
pub(super) mod partition_without_row_security;
pub(super) mod password_in_plain_text;
pub(super) mod pending_trigger_events;
pub(super) mod permissive_policy_widens;
pub(super) mod policy_always_true;
pub(super) mod policy_calls_per_row;
pub(super) mod policy_casts_empty_setting;
pub(super) mod policy_dropped_without_replacement;
pub(super) mod policy_ignores_tenant;
pub(super) mod policy_reads_setting_strictly;
pub(super) mod policy_without_row_security;
pub(super) mod primary_key_builds_index;
pub(super) mod primary_key_dropped;
pub(super) mod primary_key_over_nullable_column;
pub(super) mod psql_command;
pub(super) mod read_under_row_security;
pub(super) mod recreated_object_loses_grants;
pub(super) mod redundant_constraint;
pub(super) mod redundant_index;
pub(super) mod references_without_unique_key;
pub(super) mod refresh_without_concurrently;
pub(super) mod reindex_without_concurrently;
pub(super) mod replaced_function_loses_settings;
pub(super) mod replaced_view_loses_options;
pub(super) mod role_bypasses_row_security;
pub(super) mod rollback_in_migration;
pub(super) mod row_security_left_off;
pub(super) mod row_security_not_forced;
pub(super) mod row_security_not_forced_again;
pub(super) mod row_security_toggle_committed;
pub(super) mod row_security_toggled;
pub(super) mod row_security_without_policy;
pub(super) mod runtime_role_owns_table;
pub(super) mod schema_dropped;
pub(super) mod schema_renamed;
pub(super) mod second_primary_key;
pub(super) mod security_definer_for_public;
pub(super) mod security_definer_without_search_path;
pub(super) mod sequence_dropped;
pub(super) mod sequence_restarted;
pub(super) mod serial_instead_of_identity;
pub(super) mod serial_on_existing_table;
pub(super) mod session_replication_role;
pub(super) mod session_setting_leaks;
pub(super) mod set_local_outside_transaction;
pub(super) mod set_not_null_scans;
pub(super) mod set_role;
pub(super) mod set_row_security;
pub(super) mod several_alter_tables;
pub(super) mod several_tables_locked;
pub(super) mod statement_refuses_transaction;
pub(super) mod statement_without_effect;
pub(super) mod stored_generated_column;
pub(super) mod suppression_without_reason;
pub(super) mod syntax_error;
pub(super) mod table_dropped;
pub(super) mod table_renamed;
pub(super) mod table_storage_rewrites;
pub(super) mod table_truncated;
pub(super) mod temporary_table_in_migration;
pub(super) mod tenant_key_without_tenant;
pub(super) mod tenant_table_without_row_security;
pub(super) mod timestamp_without_time_zone;
pub(super) mod transaction_left_open;
pub(super) mod trigger_created_on_existing_table;
pub(super) mod trigger_disabled_not_enabled_again;
pub(super) mod type_dropped;
pub(super) mod type_renamed;
pub(super) mod unbounded_data_change;
pub(super) mod undeclared_dependency;
pub(super) mod unique_constraint_builds_index;
pub(super) mod unknown_object;
pub(super) mod unknown_rule_in_suppression;
pub(super) mod unused_suppression;
pub(super) mod used_after_drop;
pub(super) mod vacuum_full;
pub(super) mod validated_in_same_transaction;
pub(super) mod varchar_with_length;
pub(super) mod view_bypasses_row_security;
pub(super) mod view_dropped;
pub(super) mod view_renamed;
pub(super) mod volatile_default_on_new_column;
pub(super) mod with_check_wider_than_using;
pub(super) mod work_under_exclusive_lock;

use super::rule::Rule;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &attach_partition_scans::RULE,
    &backfill_under_row_security::RULE,
    &char_type::RULE,
    &check_constraint_scans::RULE,
    &cluster_table::RULE,
    &column_dropped::RULE,
    &column_renamed::RULE,
    &column_type_narrowed::RULE,
    &column_type_rebuilds_indexes::RULE,
    &column_type_rechecks_constraint::RULE,
    &column_type_rewrites_table::RULE,
    &commit_inside_transaction::RULE,
    &comparison_with_null::RULE,
    &concurrent_index_may_stay_invalid::RULE,
    &concurrent_refresh_impossible::RULE,
    &concurrently_beside_other_statements::RULE,
    &concurrently_in_transaction::RULE,
    &concurrently_on_partitioned_table::RULE,
    &constrained_domain_column::RULE,
    &constraint_dropped::RULE,
    &copy_through_client::RULE,
    &data_change_mixed_with_schema_change::RULE,
    &database_dropped::RULE,
    &default_changed::RULE,
    &default_not_in_enum::RULE,
    &default_partition_scanned::RULE,
    &default_privileges_to_public::RULE,
    &default_violates_check::RULE,
    &detach_partition_without_concurrently::RULE,
    &disable_trigger_all::RULE,
    &domain_constraint_scans::RULE,
    &drop_index_without_concurrently::RULE,
    &dropped_object_is_needed::RULE,
    &dropped_with_cascade::RULE,
    &enum_value_renamed::RULE,
    &enum_value_used_in_same_transaction::RULE,
    &exclusion_constraint_builds_index::RULE,
    &extension_dropped::RULE,
    &float_for_money::RULE,
    &foreign_key_drop_locks_referenced_table::RULE,
    &foreign_key_not_valid_on_partitioned_table::RULE,
    &foreign_key_scans::RULE,
    &foreign_key_type_mismatch::RULE,
    &foreign_key_validated_under_row_security::RULE,
    &foreign_key_without_index::RULE,
    &function_dropped::RULE,
    &function_renamed::RULE,
    &function_sets_row_security::RULE,
    &grant_all_to_runtime_role::RULE,
    &grant_schema_wide::RULE,
    &grant_to_public::RULE,
    &grant_with_grant_option::RULE,
    &guard_function_skips_row::RULE,
    &guard_trigger_in_the_way::RULE,
    &identifier_truncated::RULE,
    &identity_on_existing_table::RULE,
    &index_on_partitioned_table_without_only::RULE,
    &index_without_concurrently::RULE,
    &insert_select_large::RULE,
    &insert_value_count::RULE,
    &integer_primary_key::RULE,
    &irreversible_without_down::RULE,
    &json_instead_of_jsonb::RULE,
    &keyword_as_name::RULE,
    &lock_table_exclusive::RULE,
    &lock_timeout_missing::RULE,
    &matview_exposes_row_security::RULE,
    &matview_key_not_guaranteed::RULE,
    &matview_key_nullable::RULE,
    &matview_left_unpopulated::RULE,
    &matview_recreated_loses_indexes::RULE,
    &matview_without_unique_index::RULE,
    &money_type::RULE,
    &moved_to_another_schema::RULE,
    &name_listed_twice::RULE,
    &name_not_snake_case::RULE,
    &name_without_schema::RULE,
    &needless_index_predicate::RULE,
    &needless_merge::RULE,
    &needless_transaction_block::RULE,
    &new_table_without_primary_key::RULE,
    &not_null_column_without_default::RULE,
    &not_null_dropped::RULE,
    &object_exists_already::RULE,
    &opaque_dynamic_sql::RULE,
    &order_dependent::RULE,
    &owned_objects_dropped::RULE,
    &owner_bound_by_row_security::RULE,
    &owner_cannot_read_sources::RULE,
    &partition_created_in_place::RULE,
    &partition_dropped_in_place::RULE,
    &partition_without_row_security::RULE,
    &password_in_plain_text::RULE,
    &pending_trigger_events::RULE,
    &permissive_policy_widens::RULE,
    &policy_always_true::RULE,
    &policy_calls_per_row::RULE,
    &policy_casts_empty_setting::RULE,
    &policy_dropped_without_replacement::RULE,
    &policy_ignores_tenant::RULE,
    &policy_reads_setting_strictly::RULE,
    &policy_without_row_security::RULE,
    &primary_key_builds_index::RULE,
    &primary_key_dropped::RULE,
    &primary_key_over_nullable_column::RULE,
    &psql_command::RULE,
    &read_under_row_security::RULE,
    &recreated_object_loses_grants::RULE,
    &redundant_constraint::RULE,
    &redundant_index::RULE,
    &references_without_unique_key::RULE,
    &refresh_without_concurrently::RULE,
    &reindex_without_concurrently::RULE,
    &replaced_function_loses_settings::RULE,
    &replaced_view_loses_options::RULE,
    &role_bypasses_row_security::RULE,
    &rollback_in_migration::RULE,
    &row_security_left_off::RULE,
    &row_security_not_forced::RULE,
    &row_security_not_forced_again::RULE,
    &row_security_toggle_committed::RULE,
    &row_security_toggled::RULE,
    &row_security_without_policy::RULE,
    &runtime_role_owns_table::RULE,
    &schema_dropped::RULE,
    &schema_renamed::RULE,
    &second_primary_key::RULE,
    &security_definer_for_public::RULE,
    &security_definer_without_search_path::RULE,
    &sequence_dropped::RULE,
    &sequence_restarted::RULE,
    &serial_instead_of_identity::RULE,
    &serial_on_existing_table::RULE,
    &session_replication_role::RULE,
    &session_setting_leaks::RULE,
    &set_local_outside_transaction::RULE,
    &set_not_null_scans::RULE,
    &set_role::RULE,
    &set_row_security::RULE,
    &several_alter_tables::RULE,
    &several_tables_locked::RULE,
    &statement_refuses_transaction::RULE,
    &statement_without_effect::RULE,
    &stored_generated_column::RULE,
    &suppression_without_reason::RULE,
    &syntax_error::RULE,
    &table_dropped::RULE,
    &table_renamed::RULE,
    &table_storage_rewrites::RULE,
    &table_truncated::RULE,
    &temporary_table_in_migration::RULE,
    &tenant_key_without_tenant::RULE,
    &tenant_table_without_row_security::RULE,
    &timestamp_without_time_zone::RULE,
    &transaction_left_open::RULE,
    &trigger_created_on_existing_table::RULE,
    &trigger_disabled_not_enabled_again::RULE,
    &type_dropped::RULE,
    &type_renamed::RULE,
    &unbounded_data_change::RULE,
    &undeclared_dependency::RULE,
    &unique_constraint_builds_index::RULE,
    &unknown_object::RULE,
    &unknown_rule_in_suppression::RULE,
    &unused_suppression::RULE,
    &used_after_drop::RULE,
    &vacuum_full::RULE,
    &validated_in_same_transaction::RULE,
    &varchar_with_length::RULE,
    &view_bypasses_row_security::RULE,
    &view_dropped::RULE,
    &view_renamed::RULE,
    &volatile_default_on_new_column::RULE,
    &with_check_wider_than_using::RULE,
    &work_under_exclusive_lock::RULE,
];

/// Returns the rule of a name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.name.cmp(name))
        .ok()
        .map(|at| ALL[at])
}
