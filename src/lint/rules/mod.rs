//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

mod backfill_under_row_security;
mod concurrent_refresh_impossible;
mod default_privileges_to_public;
mod disable_trigger_all;
pub(super) mod dropped_object_is_needed;
mod foreign_key_validated_under_row_security;
mod function_sets_row_security;
mod grant_all_to_runtime_role;
mod grant_schema_wide;
mod grant_to_public;
mod grant_with_grant_option;
mod guard_function_skips_row;
mod guard_trigger_in_the_way;
mod matview_exposes_row_security;
mod matview_key_not_guaranteed;
mod matview_key_nullable;
mod matview_left_unpopulated;
mod matview_recreated_loses_indexes;
mod matview_without_unique_index;
pub(super) mod needless_merge;
pub(super) mod object_exists_already;
pub(super) mod order_dependent;
mod owner_bound_by_row_security;
mod owner_cannot_read_sources;
mod partition_without_row_security;
mod password_in_plain_text;
mod permissive_policy_widens;
mod policy_always_true;
mod policy_calls_per_row;
mod policy_casts_empty_setting;
mod policy_dropped_without_replacement;
mod policy_ignores_tenant;
mod policy_reads_setting_strictly;
mod policy_without_row_security;
mod read_under_row_security;
mod recreated_object_loses_grants;
mod replaced_function_loses_settings;
mod replaced_view_loses_options;
mod role_bypasses_row_security;
mod row_security_left_off;
mod row_security_not_forced;
mod row_security_not_forced_again;
mod row_security_toggle_committed;
mod row_security_toggled;
mod row_security_without_policy;
mod runtime_role_owns_table;
mod security_definer_for_public;
mod security_definer_without_search_path;
mod session_replication_role;
mod session_setting_leaks;
mod set_role;
mod set_row_security;
pub(super) mod syntax_error;
mod tenant_key_without_tenant;
mod tenant_table_without_row_security;
mod trigger_disabled_not_enabled_again;
pub(super) mod undeclared_dependency;
pub(super) mod unknown_object;
pub(super) mod used_after_drop;
mod view_bypasses_row_security;
mod with_check_wider_than_using;

use super::rule::Rule;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &backfill_under_row_security::RULE,
    &concurrent_refresh_impossible::RULE,
    &default_privileges_to_public::RULE,
    &disable_trigger_all::RULE,
    &dropped_object_is_needed::RULE,
    &foreign_key_validated_under_row_security::RULE,
    &function_sets_row_security::RULE,
    &grant_all_to_runtime_role::RULE,
    &grant_schema_wide::RULE,
    &grant_to_public::RULE,
    &grant_with_grant_option::RULE,
    &guard_function_skips_row::RULE,
    &guard_trigger_in_the_way::RULE,
    &matview_exposes_row_security::RULE,
    &matview_key_not_guaranteed::RULE,
    &matview_key_nullable::RULE,
    &matview_left_unpopulated::RULE,
    &matview_recreated_loses_indexes::RULE,
    &matview_without_unique_index::RULE,
    &needless_merge::RULE,
    &object_exists_already::RULE,
    &order_dependent::RULE,
    &owner_bound_by_row_security::RULE,
    &owner_cannot_read_sources::RULE,
    &partition_without_row_security::RULE,
    &password_in_plain_text::RULE,
    &permissive_policy_widens::RULE,
    &policy_always_true::RULE,
    &policy_calls_per_row::RULE,
    &policy_casts_empty_setting::RULE,
    &policy_dropped_without_replacement::RULE,
    &policy_ignores_tenant::RULE,
    &policy_reads_setting_strictly::RULE,
    &policy_without_row_security::RULE,
    &read_under_row_security::RULE,
    &recreated_object_loses_grants::RULE,
    &replaced_function_loses_settings::RULE,
    &replaced_view_loses_options::RULE,
    &role_bypasses_row_security::RULE,
    &row_security_left_off::RULE,
    &row_security_not_forced::RULE,
    &row_security_not_forced_again::RULE,
    &row_security_toggle_committed::RULE,
    &row_security_toggled::RULE,
    &row_security_without_policy::RULE,
    &runtime_role_owns_table::RULE,
    &security_definer_for_public::RULE,
    &security_definer_without_search_path::RULE,
    &session_replication_role::RULE,
    &session_setting_leaks::RULE,
    &set_role::RULE,
    &set_row_security::RULE,
    &syntax_error::RULE,
    &tenant_key_without_tenant::RULE,
    &tenant_table_without_row_security::RULE,
    &trigger_disabled_not_enabled_again::RULE,
    &undeclared_dependency::RULE,
    &unknown_object::RULE,
    &used_after_drop::RULE,
    &view_bypasses_row_security::RULE,
    &with_check_wider_than_using::RULE,
];

/// Returns the rule of a name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.name.cmp(name))
        .ok()
        .map(|at| ALL[at])
}
