//! `tenant-table-without-row-security`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::{is_tenant_table, tenant_column};
use crate::lint::toggle::{Switch, enabled_by_text, toggles};
use crate::model::{Level, quote_identifier};

/// A table with the tenant's column that everybody reads whole.
pub(super) static RULE: Rule = Rule {
    name: "tenant-table-without-row-security",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "a table gets the tenant's column and row security is not enabled on it",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let Some(column) = tenant_column(ended.settings, ended.after) else {
        return;
    };
    let switched = toggles(ended.migration);
    for relation in ended.changed_relations() {
        let made = relation.column(&column).map(|found| found.origin);
        let Some(span) = made.and_then(|origin| ended.span_of(origin)) else {
            continue;
        };
        let is_switched = switched
            .iter()
            .any(|toggle| toggle.switch == Switch::RowSecurity && toggle.table.name == *relation.key.name);
        if relation.row_security
            || relation.partition.is_some()
            || is_switched
            || enabled_by_text(ended.migration, relation)
            || !is_tenant_table(ended.settings, relation, &column)
        {
            continue;
        }
        // Policies without row security are found as such.
        if !relation.policies.is_empty() {
            continue;
        }
        let name = &relation.key;
        let table = format!(
            "{}.{}",
            quote_identifier(&name.schema),
            quote_identifier(&name.name)
        );
        let quoted = quote_identifier(&column);
        let setting = ended
            .settings
            .tenant_setting
            .as_deref()
            .unwrap_or("<tenant setting>");
        problems.push(
            Problem::new(span, format!("table \"{name}\" has \"{column}\" and no row security"))
                .object(name)
                .effect("Whoever is granted the table reads and writes the rows of every tenant.")
                .instead(format!(
                    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {table} FORCE ROW LEVEL SECURITY;\nCREATE POLICY tenant_isolation ON {table}\n    USING ({quoted} = nullif(current_setting('{setting}', true), '')::uuid);"
                )),
        );
    }
}
