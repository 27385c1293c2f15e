//! A statement that finds everything as it wants it, or nothing to do.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, Relation};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ObjectKind, ObjectName};

pub(super) static RULE: Rule = Rule {
    name: "statement-without-effect",
    level: Level::Info,
    category: Category::Correctness,
    summary: "a statement that finds everything as it wants it, or nothing to do",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if step.inside.is_some() {
        return;
    }
    let Some(why) = nothing_to_do(step) else { return };
    problems.push(
        Problem::new(step.act.span.clone(), format!("statement has no effect: {why}"))
            .effect("It does nothing, on any database that the migrations built; a misspelled name hides behind IF EXISTS this way.")
            .instead("Correct the name, or leave the statement out."),
    );
}

fn nothing_to_do(step: &Step<'_>) -> Option<String> {
    match &step.act.action {
        Action::Drop(drop) if drop.if_exists && !drop.objects.is_empty() => {
            let absent = drop.objects.iter().all(|object| is_absent(step, object));
            absent.then(|| format!("there is no \"{}\"", drop.objects[0].name))
        }
        Action::CreateTable(table) if table.if_not_exists => {
            is_known(step.relation(&table.name)).then(|| format!("\"{}\" exists", table.name))
        }
        Action::CreateIndex(index) if index.if_not_exists => {
            let name = index.name.as_ref()?;
            let there = step
                .relation(&index.relation)
                .known()
                .is_some_and(|relation| relation.indexes.iter().any(|key| *key.name == **name));
            there.then(|| format!("index \"{name}\" exists"))
        }
        Action::AlterTable(table) => {
            let relation = step.relation(&table.name).known()?;
            let idle = table
                .commands
                .iter()
                .all(|(command, _)| is_idle(relation, command));
            (idle && !table.commands.is_empty()).then(|| format!("\"{}\" is so already", table.name))
        }
        _ => None,
    }
}

fn is_known(found: Found<'_, Relation>) -> bool {
    found.known().is_some_and(|relation| !relation.only_named)
}

fn is_absent(step: &Step<'_>, object: &ObjectName) -> bool {
    let name = &object.name;
    match object.kind {
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => {
            step.relation(name).is_absent()
        }
        ObjectKind::Index => step.schema.index(name).is_absent(),
        ObjectKind::Sequence => step.schema.sequence(name).is_absent(),
        ObjectKind::Type | ObjectKind::Domain => step.schema.type_(name).is_absent(),
        ObjectKind::Trigger => object
            .on
            .as_ref()
            .and_then(|on| step.relation(on).known())
            .is_some_and(|relation| !relation.only_named && relation.trigger(&name.name).is_none()),
        ObjectKind::Policy => object
            .on
            .as_ref()
            .and_then(|on| step.relation(on).known())
            .is_some_and(|relation| !relation.only_named && relation.policy(&name.name).is_none()),
        _ => false,
    }
}

fn is_idle(relation: &Relation, command: &AlterCommand) -> bool {
    let column = |name: &str| relation.column(name);
    let known = relation.columns_known && !relation.only_named;
    match command {
        AlterCommand::AddColumn {
            column: added,
            if_not_exists: true,
        } => column(&added.name).is_some(),
        AlterCommand::DropColumn {
            name,
            if_exists: true,
            ..
        } => known && column(name).is_none(),
        AlterCommand::SetNotNull(name) => column(name).is_some_and(|column| column.not_null),
        AlterCommand::DropNotNull(name) => known && column(name).is_some_and(|column| !column.not_null),
        AlterCommand::RowSecurity(on) => !relation.only_named && relation.row_security == *on,
        AlterCommand::ForceRowSecurity(on) => !relation.only_named && relation.forced == *on,
        AlterCommand::DropConstraint {
            name,
            if_exists: true,
            ..
        } => known && relation.constraint(name).is_none(),
        _ => false,
    }
}
