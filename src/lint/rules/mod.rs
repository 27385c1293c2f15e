//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

mod attach_partition_scans;
mod check_constraint_scans;
mod cluster_table;
mod column_type_rebuilds_indexes;
mod column_type_rechecks_constraint;
mod column_type_rewrites_table;
mod concurrent_index_may_stay_invalid;
mod concurrently_beside_other_statements;
mod concurrently_in_transaction;
mod concurrently_on_partitioned_table;
mod constrained_domain_column;
mod data_change_mixed_with_schema_change;
mod default_partition_scanned;
mod detach_partition_without_concurrently;
mod domain_constraint_scans;
mod drop_index_without_concurrently;
pub(super) mod dropped_object_is_needed;
mod exclusion_constraint_builds_index;
mod foreign_key_drop_locks_referenced_table;
mod foreign_key_scans;
mod identity_on_existing_table;
mod index_on_partitioned_table_without_only;
mod index_without_concurrently;
mod insert_select_large;
mod lock_table_exclusive;
mod lock_timeout_missing;
pub(super) mod needless_merge;
pub(super) mod object_exists_already;
pub(super) mod order_dependent;
mod partition_created_in_place;
mod partition_dropped_in_place;
mod pending_trigger_events;
mod primary_key_builds_index;
mod primary_key_over_nullable_column;
mod refresh_without_concurrently;
mod reindex_without_concurrently;
mod serial_on_existing_table;
mod set_not_null_scans;
mod several_tables_locked;
mod statement_refuses_transaction;
mod stored_generated_column;
pub(super) mod suppression_without_reason;
pub(super) mod syntax_error;
mod table_storage_rewrites;
mod trigger_created_on_existing_table;
mod unbounded_data_change;
pub(super) mod undeclared_dependency;
mod unique_constraint_builds_index;
pub(super) mod unknown_object;
pub(super) mod unknown_rule_in_suppression;
pub(super) mod unused_suppression;
pub(super) mod used_after_drop;
mod vacuum_full;
mod validated_in_same_transaction;
mod volatile_default_on_new_column;
mod work_under_exclusive_lock;

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
