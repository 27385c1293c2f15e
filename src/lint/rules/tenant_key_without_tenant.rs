//! `tenant-key-without-tenant`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Origin;
use crate::lint::tenancy::{is_tenant_table, tenant_column};
use crate::model::{Level, quote_identifier};

/// A unique key over all tenants.
pub(super) static RULE: Rule = Rule {
    name: "tenant-key-without-tenant",
    level: Level::Info,
    category: Category::RowSecurity,
    summary: "a unique key of a tenant table does not hold the tenant",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let Some(column) = tenant_column(ended.settings, ended.after) else {
        return;
    };
    for index in ended.after.indexes() {
        let is_new =
            matches!(index.origin, Origin::Made { migration, .. } if migration == ended.migration.number);
        if !is_new || !index.unique || index.primary {
            continue;
        }
        let Some(relation) = ended.after.relation_at(&index.relation) else {
            continue;
        };
        let Some(columns) = index.plain_columns() else {
            continue;
        };
        if columns.contains(&column.as_str()) || !is_tenant_table(ended.settings, relation, &column) {
            continue;
        }
        let Some(span) = ended.span_of(index.origin) else {
            continue;
        };
        let quoted: Vec<String> = columns.iter().map(|column| quote_identifier(column)).collect();
        problems.push(
            Problem::new(
                span,
                format!("unique key \"{}\" of \"{}\" does not hold \"{column}\"", index.key.name, relation.key),
            )
            .object(&relation.key)
            .effect(
                "Two tenants cannot have the same value, and a unique violation (23505) tells one that another has it: row \
                 security does not reach unique indexes.",
            )
            .instead(format!("({}, {})", quote_identifier(&column), quoted.join(", "))),
        );
    }
}
