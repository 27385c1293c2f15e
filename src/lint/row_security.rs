//! Whether row security stands between a migration and the rows that it works on.

use super::context::Step;
use super::digest::Relies;
use super::schema::{Key, Relation, RelationKind, Schema};
use super::tenancy;
use crate::sql::WrittenName;
use crate::sql::act::session::SetScope;
use crate::sql::directive::RowSecurity;

/// How row security meets the role that runs a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// Not at all.
    None,
    /// It depends on who runs the file: the owner is bound, a superuser and a role with BYPASSRLS are not.
    ByRole,
    /// The role is bound.
    Bound,
}

/// Returns how row security of a table meets the role that runs a statement.
pub fn hold(step: &Step<'_>, relation: &Relation) -> Hold {
    if !relation.row_security || !relation.is_table() {
        return Hold::None;
    }
    if let Some(role) = step.schema.current_role()
        && !step.settings.migration_roles.iter().any(|name| **name == **role)
    {
        let is_owner = relation.owner.as_ref() == Some(role);
        return match relation.row_security_binds(is_owner) {
            true => Hold::Bound,
            false => Hold::None,
        };
    }
    match (relation.forced, step.settings.bypasses_row_security) {
        (false, _) => Hold::None,
        (true, true) => Hold::ByRole,
        (true, false) => Hold::Bound,
    }
}

/// Says whether the statement stands in a guarded backfill that opens the relation, which it writes or reads.
pub fn in_guarded_section(step: &Step<'_>, relation: &Key, writes: bool) -> bool {
    let Some(section) = step.section() else {
        return false;
    };
    // A section that changes no flag relies on the role.
    let relies_on_role = match section.backfill.row_security {
        Some(mode) => mode == RowSecurity::Bypass,
        None => !step.migration.transactional,
    };
    if relies_on_role && !step.settings.bypasses_row_security {
        return false;
    }
    let is = |name: &WrittenName| {
        step.schema
            .relation(name)
            .known()
            .is_some_and(|found| found.key == *relation)
    };
    if is(&section.backfill.table) {
        return true;
    }
    match &section.backfill.reads {
        None => !writes,
        Some(reads) => reads.iter().any(is),
    }
}

/// Says whether the file has chosen a tenant before the statement, so that the policies let that tenant's rows through
/// on purpose.
pub fn has_chosen_tenant(step: &Step<'_>, relation: &Relation) -> bool {
    let exprs = || {
        relation
            .policies
            .iter()
            .flat_map(|policy| policy.using.iter().chain(&policy.with_check))
    };
    let read: Vec<&str> = exprs()
        .flat_map(tenancy::settings_read)
        .map(|read| read.name)
        .collect();
    let mut chosen = false;
    for setting in step.migration.digest.settings() {
        if setting.span.start >= step.act.span.start {
            break;
        }
        let concerns = read.iter().any(|name| name.eq_ignore_ascii_case(setting.name))
            || step.settings.tenant_setting.as_deref() == Some(setting.name)
            || (read.is_empty() && setting.name.contains('.'));
        if concerns {
            chosen = setting.scope != SetScope::Reset && setting.value != Some("");
        } else if setting.name == "all" && setting.scope == SetScope::Reset {
            chosen = false;
        }
    }
    chosen
}

/// Says whether `row_security` is off where the statement runs: a filter is then an error (42501), never silent.
pub fn is_loud(step: &Step<'_>) -> bool {
    let mut off = false;
    for setting in step.migration.digest.settings() {
        if setting.span.start >= step.act.span.start {
            break;
        }
        match (setting.name, setting.scope) {
            ("row_security", SetScope::Reset) | ("all", SetScope::Reset) => off = false,
            ("row_security", _) => {
                off = setting.value.is_some_and(|value| {
                    ["off", "false", "no", "0"]
                        .iter()
                        .any(|word| word.eq_ignore_ascii_case(value))
                });
            }
            _ => {}
        }
    }
    off
}

/// Returns the tables that reading a relation reads: itself, or those below a view.
pub fn tables_below<'a>(schema: &'a Schema, relation: &'a Relation) -> Vec<&'a Relation> {
    let mut found: Vec<&Relation> = Vec::new();
    let mut seen: Vec<&Key> = Vec::new();
    let mut open = vec![relation];
    while let Some(next) = open.pop() {
        if seen.contains(&&next.key) {
            continue;
        }
        seen.push(&next.key);
        if next.kind == RelationKind::View {
            open.extend(
                next.reads
                    .iter()
                    .filter_map(|key| schema.relation_at(key).map(|found| &**found)),
            );
        } else if next.is_table() {
            found.push(next);
        }
    }
    found.sort_by(|left, right| left.key.cmp(&right.key));
    found
}

/// What a later statement of the file takes for granted.
#[derive(Clone, Debug)]
pub struct Reliance {
    /// In words: `SET NOT NULL on "state"`.
    pub what: String,
}

/// Finds a later statement of the file that fails or goes wrong if the rows of a table were not all seen: NOT NULL on one
/// of the columns, a constraint or a unique index of the table, or the end of what was copied.
pub fn relied_on(step: &Step<'_>, table: &Key, columns: &[Box<str>], sources: &[Key]) -> Option<Reliance> {
    let is = |name: &WrittenName, key: &Key| {
        step.schema
            .relation(name)
            .known()
            .is_some_and(|found| found.key == *key)
    };
    let later = step
        .migration
        .digest
        .relying
        .iter()
        .skip_while(|relying| relying.start <= step.act.span.start);
    for relying in later {
        let of_table = is(&relying.table, table);
        let of_source = sources.iter().any(|source| is(&relying.table, source));
        let what = match &relying.what {
            Relies::NotNull(column) if of_table && (columns.is_empty() || columns.contains(column)) => {
                format!("SET NOT NULL on \"{column}\"")
            }
            Relies::Constraint(which) if of_table => (*which).to_owned(),
            Relies::Validation(name) if of_table => format!("VALIDATE CONSTRAINT \"{name}\""),
            Relies::UniqueIndex if of_table => "the unique index".to_owned(),
            Relies::DropColumn(name) if (of_table || of_source) && !columns.contains(name) => {
                format!("DROP COLUMN \"{name}\"")
            }
            Relies::DropTable if of_source && !of_table => "DROP TABLE of the source".to_owned(),
            _ => continue,
        };
        return Some(Reliance { what });
    }
    None
}
