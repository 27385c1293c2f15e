//! A new table has no primary key at the end of its migration.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::RelationKind;
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "new-table-without-primary-key",
    level: Level::Info,
    category: Category::Style,
    summary: "a new table has no primary key at the end of its migration",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for relation in ended.changed_relations() {
        let is_plain = matches!(
            relation.kind,
            RelationKind::Table | RelationKind::PartitionedTable
        ) && !relation.temporary
            && !relation.only_named
            && relation.partition.is_none()
            && relation.inherits.is_empty()
            && relation.columns_known;
        if !is_plain
            || relation.primary_key().is_some()
            || relation.origin.migration() != Some(ended.migration.number)
        {
            continue;
        }
        let Some(span) = ended.span_of(relation.origin) else {
            continue;
        };
        problems.push(
            Problem::new(span, format!("new table \"{}\" has no primary key", relation.key))
                .object(&relation.key)
                .effect("Rows may repeat, no foreign key can refer to it, and once it is published UPDATE and DELETE fail with 55000.")
                .instead("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        );
    }
}
