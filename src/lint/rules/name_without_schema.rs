//! A table is made without a schema: where it goes depends on search_path.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "name-without-schema",
    level: Level::Info,
    category: Category::Style,
    summary: "a table is made without a schema: where it goes depends on search_path",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    // Once is enough.
    let first = ended.migration.acts.iter().find_map(|act| match &act.action {
        Action::CreateTable(table) if table.name.schema.is_none() && !table.temporary => {
            Some((&table.name, &table.name_span))
        }
        _ => None,
    });
    let Some((name, span)) = first else { return };
    problems.push(
        Problem::new(span.clone(), format!("table \"{name}\" is made without a schema"))
            .object(name)
            .effect("Where it goes depends on search_path of whoever runs the migration.")
            .instead(format!(
                "CREATE TABLE {}.{} (…);",
                quote_identifier(&ended.after.creation_key(name, false).schema),
                name.quoted()
            )),
    );
}
