//! The kinds of objects, one file each, in alphabetical order.

mod access_method;
mod aggregate;
mod base_type;
mod cast;
mod collation;
mod column;
mod comment;
mod composite_type;
mod constraint;
mod conversion;
mod database;
mod default_privileges;
mod domain;
mod domain_constraint;
mod domain_not_null_constraint;
mod enum_type;
mod event_trigger;
mod extension;
mod foreign_data_wrapper;
mod foreign_server;
mod foreign_table;
mod function;
mod identity_sequence;
mod index;
mod language;
mod large_object;
mod materialized_view;
mod not_null_constraint;
mod operator;
mod operator_class;
mod operator_family;
mod parameter;
mod policy;
mod procedure;
mod publication;
mod range_type;
mod role;
mod role_password;
mod rule;
mod schema;
mod sequence;
mod statistics;
mod subscription;
mod system_privileges;
mod table;
mod tablespace;
mod text_search_configuration;
mod text_search_dictionary;
mod text_search_parser;
mod text_search_template;
mod transform;
mod trigger;
mod unmodelled_catalog;
mod user_mapping;
mod view;

use super::kind::Kind;

/// Every kind.
pub static ALL: &[&Kind] = &[
    &access_method::KIND,
    &aggregate::KIND,
    &base_type::KIND,
    &cast::KIND,
    &collation::KIND,
    &column::KIND,
    &comment::KIND,
    &composite_type::KIND,
    &constraint::KIND,
    &conversion::KIND,
    &database::KIND,
    &default_privileges::KIND,
    &domain::KIND,
    &domain_constraint::KIND,
    &domain_not_null_constraint::KIND,
    &enum_type::KIND,
    &event_trigger::KIND,
    &extension::KIND,
    &foreign_data_wrapper::KIND,
    &foreign_server::KIND,
    &foreign_table::KIND,
    &function::KIND,
    &identity_sequence::KIND,
    &index::KIND,
    &language::KIND,
    &large_object::KIND,
    &materialized_view::KIND,
    &not_null_constraint::KIND,
    &operator::KIND,
    &operator_class::KIND,
    &operator_family::KIND,
    &parameter::KIND,
    &policy::KIND,
    &procedure::KIND,
    &publication::KIND,
    &range_type::KIND,
    &role::KIND,
    &role_password::KIND,
    &rule::KIND,
    &schema::KIND,
    &sequence::KIND,
    &statistics::KIND,
    &subscription::KIND,
    &system_privileges::KIND,
    &table::KIND,
    &tablespace::KIND,
    &text_search_configuration::KIND,
    &text_search_dictionary::KIND,
    &text_search_parser::KIND,
    &text_search_template::KIND,
    &transform::KIND,
    &trigger::KIND,
    &unmodelled_catalog::KIND,
    &user_mapping::KIND,
    &view::KIND,
];

/// Returns the kind of a name.
pub fn named(name: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.name == name)
}
