//! `partition-without-row-security`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, AlterCommand};

/// A partition whose rows can be read past the parent's policies.
pub(super) static RULE: Rule = Rule {
    name: "partition-without-row-security",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a partition that roles were granted has no row security of its own, while its parent has",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for relation in ended.changed_relations() {
        let Some(partition) = &relation.partition else {
            continue;
        };
        let parent = ended.after.relation_at(&partition.parent);
        let earlier = ended.before.relation_at(&relation.key);
        let is_granted = !relation.grants.is_empty();
        let was_so = earlier.is_some_and(|before| {
            before.partition.is_some()
                && !before.row_security
                && before.grants.is_empty() == relation.grants.is_empty()
        });
        if relation.row_security || was_so || !parent.is_some_and(|parent| parent.row_security) {
            continue;
        }
        let Some(span) = span_of(ended, &relation.key.name) else {
            continue;
        };
        let name = &relation.key;
        problems.push(
            Problem::new(
                span,
                format!("partition \"{name}\" has no row security, while \"{}\" has", partition.parent),
            )
            .object(name)
            .effect(
                "The parent's policies hold only for queries that name the parent: whoever is granted the partition itself reads \
                 the rows of every tenant.",
            )
            .instead(format!(
                "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
                table = format_args!("{}.{}", quote_identifier(&name.schema), quote_identifier(&name.name))
            ))
            .level(if is_granted { Level::Warning } else { Level::Info }),
        );
    }
}

/// The statement that made or attached the partition, or granted it.
fn span_of(ended: &Ended<'_>, name: &str) -> Option<crate::sql::act::Span> {
    every_act(ended.migration)
        .into_iter()
        .find(|walked| match &walked.act.action {
            Action::CreateTable(table) => table.name.name == name && table.partition_of.is_some(),
            Action::AlterTable(alter) => alter.commands.iter().any(|(command, _)| {
                matches!(command, AlterCommand::AttachPartition { partition, .. } if partition.name == name)
            }),
            Action::Grant(grant) => {
                !grant.revoke
                    && (grant.objects.iter().any(|object| object.name.name == name) || !grant.schemas.is_empty())
            }
            _ => false,
        })
        .map(|walked| walked.act.span.clone())
}
