//! A table, view or function that stood before the migration moves to another schema.

use crate::lint::context::Ended;
use crate::lint::removal::{made, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::{Act, Action, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "moved-to-another-schema",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a table, view or function that stood before the migration moves to another schema",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let moves = |act: &Act| matches!(act.action, Action::SetSchema { .. });
    if !ended.migration.acts.iter().any(moves) {
        return;
    }
    let made = made(ended);
    for act in ended.migration.acts.iter() {
        let Action::SetSchema { object, schema } = &act.action else {
            continue;
        };
        if !matches!(
            object.kind,
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable
        ) {
            continue;
        }
        let name = &object.name;
        let stood = match ended.before.relation(name) {
            Found::Known(relation) => !relation.temporary && *relation.key.schema != **schema,
            Found::Unknown => !made.contains(&ended.before.creation_key(name, false)),
            Found::Absent | Found::System => false,
        };
        if !stood
            || ended
                .after
                .relation(name)
                .known()
                .is_some_and(|now| *now.key.schema != **schema)
        {
            continue;
        }
        let moved = format!("{}.{}", quote_identifier(schema), quote_identifier(&name.name));
        let problem = Problem::new(
            act.span.clone(),
            format!("existing relation \"{name}\" moved to schema \"{schema}\""),
        )
        .object(name)
        .effect("Clients that name its old schema, or do not have the new one in their search_path, fail with 42P01 from the commit on.")
        .instead(format!(
            "In the same transaction, until no client uses the old name:\nCREATE VIEW {} WITH (security_invoker = true) AS SELECT * FROM {moved};  -- WITH: 15 and later",
            name.quoted()
        ));
        problems.push(unless_approved(ended.migration, problem));
    }
}
