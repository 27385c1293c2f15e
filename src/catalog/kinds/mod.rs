//! The kinds of objects, one file each, in alphabetical order.

mod aggregate;
mod base_type;
mod column;
mod composite_type;
mod constraint;
mod default_privileges;
mod domain;
mod domain_constraint;
mod enum_type;
mod extension;
mod foreign_table;
mod function;
mod identity_sequence;
mod index;
mod materialized_view;
mod not_null_constraint;
mod policy;
mod procedure;
mod range_type;
mod role;
mod rule;
mod schema;
mod sequence;
mod table;
mod trigger;
mod view;

use super::kind::Kind;

/// Every kind.
pub static ALL: &[&Kind] = &[
    &aggregate::KIND,
    &base_type::KIND,
    &column::KIND,
    &composite_type::KIND,
    &constraint::KIND,
    &default_privileges::KIND,
    &domain::KIND,
    &domain_constraint::KIND,
    &enum_type::KIND,
    &extension::KIND,
    &foreign_table::KIND,
    &function::KIND,
    &identity_sequence::KIND,
    &index::KIND,
    &materialized_view::KIND,
    &not_null_constraint::KIND,
    &policy::KIND,
    &procedure::KIND,
    &range_type::KIND,
    &role::KIND,
    &rule::KIND,
    &schema::KIND,
    &sequence::KIND,
    &table::KIND,
    &trigger::KIND,
    &view::KIND,
];

/// Returns the kind of a name.
pub fn named(name: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.name == name)
}
