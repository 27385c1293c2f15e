//! CLUSTER.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;
use crate::sql::act::object::Maintenance;

pub(super) static RULE: Rule = Rule {
    name: "cluster-table",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "CLUSTER writes an existing table anew under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Maintain {
        verb: Maintenance::Cluster,
        tables,
    } = &step.act.action
    else {
        return;
    };
    // Without a table it refuses a transaction, which is another rule's to say.
    let all = tables.is_empty() && !step.is_in_transaction();
    if !all && !tables.iter().any(|table| step.is_busy_name(table)) {
        return;
    }
    let names: Vec<String> = tables.iter().map(|table| table.quoted()).collect();
    let shown = if all {
        "every clustered table".to_owned()
    } else {
        names.join(", ")
    };
    let mut problem = Problem::new(step.act.span.clone(), format!("CLUSTER of {shown}"))
        .effect(format!(
            "ACCESS EXCLUSIVE on {shown} while it is sorted and written anew with all its indexes: its readers and writers wait."
        ))
        .instead("Leave the order to the index, or let pg_repack sort the table while it is in use; or do it in a maintenance window and allow this rule.");
    if let Some(table) = tables.first() {
        problem = problem.object(table);
    }
    problems.push(problem);
}
