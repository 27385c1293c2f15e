//! A table that stood before the migration is dropped with all its rows.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "table-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a table that stood before the migration is dropped with all its rows",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(ended, &[ObjectKind::Table, ObjectKind::ForeignTable]) {
        let name = &removed.object.name;
        let was = ended.before.relation(name).known();
        // Whoever drops a partition lets old rows go on purpose; what it locks is another rule's.
        let is_partition = was.is_some_and(|relation| relation.partition.is_some());
        let table = name.quoted();
        let kept = quote_identifier(&format!("{}_dropped", name.name));
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("existing table \"{name}\" dropped"),
        )
        .object(name)
        .effect("Its rows are gone, and clients that still name it fail with 42P01; ACCESS EXCLUSIVE on it and on every table that its foreign keys refer to.")
        .instead(format!(
            "Take it away first, keep the rows for a while, and drop it with `approval: …` in the header:\nALTER TABLE {table} RENAME TO {kept};"
        ));
        let problem = unless_approved(ended.migration, problem);
        problems.push(match is_partition {
            true => problem.level(Level::Info),
            false => problem,
        });
    }
}
