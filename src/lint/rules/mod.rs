//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

pub(super) mod attach_partition_scans;
pub(super) mod check_constraint_scans;
pub(super) mod cluster_table;
pub(super) mod column_type_rebuilds_indexes;
pub(super) mod column_type_rechecks_constraint;
pub(super) mod column_type_rewrites_table;
pub(super) mod concurrent_index_may_stay_invalid;
pub(super) mod concurrently_beside_other_statements;
pub(super) mod concurrently_in_transaction;
pub(super) mod concurrently_on_partitioned_table;
pub(super) mod constrained_domain_column;
pub(super) mod data_change_mixed_with_schema_change;
pub(super) mod default_partition_scanned;
pub(super) mod detach_partition_without_concurrently;
pub(super) mod domain_constraint_scans;
pub(super) mod drop_index_without_concurrently;
pub(super) mod dropped_object_is_needed;
pub(super) mod exclusion_constraint_builds_index;
pub(super) mod foreign_key_drop_locks_referenced_table;
pub(super) mod foreign_key_scans;
pub(super) mod identity_on_existing_table;
pub(super) mod index_on_partitioned_table_without_only;
pub(super) mod index_without_concurrently;
pub(super) mod insert_select_large;
pub(super) mod lock_table_exclusive;
pub(super) mod lock_timeout_missing;
pub(super) mod needless_merge;
pub(super) mod object_exists_already;
pub(super) mod order_dependent;
pub(super) mod partition_created_in_place;
pub(super) mod partition_dropped_in_place;
pub(super) mod pending_trigger_events;
pub(super) mod primary_key_builds_index;
pub(super) mod primary_key_over_nullable_column;
pub(super) mod refresh_without_concurrently;
pub(super) mod reindex_without_concurrently;
pub(super) mod serial_on_existing_table;
pub(super) mod set_not_null_scans;
pub(super) mod several_tables_locked;
pub(super) mod statement_refuses_transaction;
pub(super) mod stored_generated_column;
pub(super) mod suppression_without_reason;
pub(super) mod syntax_error;
pub(super) mod table_storage_rewrites;
pub(super) mod trigger_created_on_existing_table;
pub(super) mod unbounded_data_change;
pub(super) mod undeclared_dependency;
pub(super) mod unique_constraint_builds_index;
pub(super) mod unknown_object;
pub(super) mod unknown_rule_in_suppression;
pub(super) mod unused_suppression;
pub(super) mod used_after_drop;
pub(super) mod vacuum_full;
pub(super) mod validated_in_same_transaction;
pub(super) mod volatile_default_on_new_column;
pub(super) mod work_under_exclusive_lock;

use super::rule::Rule;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &attach_partition_scans::RULE,
    &check_constraint_scans::RULE,
    &cluster_table::RULE,
    &column_type_rebuilds_indexes::RULE,
    &column_type_rechecks_constraint::RULE,
    &column_type_rewrites_table::RULE,
    &concurrent_index_may_stay_invalid::RULE,
    &concurrently_beside_other_statements::RULE,
    &concurrently_in_transaction::RULE,
    &concurrently_on_partitioned_table::RULE,
    &constrained_domain_column::RULE,
    &data_change_mixed_with_schema_change::RULE,
    &default_partition_scanned::RULE,
    &detach_partition_without_concurrently::RULE,
    &domain_constraint_scans::RULE,
    &drop_index_without_concurrently::RULE,
    &dropped_object_is_needed::RULE,
    &exclusion_constraint_builds_index::RULE,
    &foreign_key_drop_locks_referenced_table::RULE,
    &foreign_key_scans::RULE,
    &identity_on_existing_table::RULE,
    &index_on_partitioned_table_without_only::RULE,
    &index_without_concurrently::RULE,
    &insert_select_large::RULE,
    &lock_table_exclusive::RULE,
    &lock_timeout_missing::RULE,
    &needless_merge::RULE,
    &object_exists_already::RULE,
    &order_dependent::RULE,
    &partition_created_in_place::RULE,
    &partition_dropped_in_place::RULE,
    &pending_trigger_events::RULE,
    &primary_key_builds_index::RULE,
    &primary_key_over_nullable_column::RULE,
    &refresh_without_concurrently::RULE,
    &reindex_without_concurrently::RULE,
    &serial_on_existing_table::RULE,
    &set_not_null_scans::RULE,
    &several_tables_locked::RULE,
    &statement_refuses_transaction::RULE,
    &stored_generated_column::RULE,
    &suppression_without_reason::RULE,
    &syntax_error::RULE,
    &table_storage_rewrites::RULE,
    &trigger_created_on_existing_table::RULE,
    &unbounded_data_change::RULE,
    &undeclared_dependency::RULE,
    &unique_constraint_builds_index::RULE,
    &unknown_object::RULE,
    &unknown_rule_in_suppression::RULE,
    &unused_suppression::RULE,
    &used_after_drop::RULE,
    &vacuum_full::RULE,
    &validated_in_same_transaction::RULE,
    &volatile_default_on_new_column::RULE,
    &work_under_exclusive_lock::RULE,
];

/// Returns the rule of a name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.name.cmp(name))
        .ok()
        .map(|at| ALL[at])
}
