//! What may be asked of an object.

use regex::Regex;

use super::subject::Thing;
use crate::lint::context::Settings;
use crate::lint::schema::{Column, ColumnType, Relation, TableConstraintKind};

/// Questions that all have to be answered with yes; what is not asked does not matter.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// The object's own name matches.
    pub name: Option<Regex>,
    /// The name of its schema matches.
    pub schema: Option<Regex>,
    /// The name of its table matches.
    pub table: Option<Regex>,
    /// The text of the statement, without comments, matches.
    pub text: Option<Regex>,
    /// It has a comment.
    pub comment: Option<bool>,
    /// The column is NOT NULL.
    pub not_null: Option<bool>,
    /// The column has one of these types.
    pub types: Vec<String>,
    /// The column has a foreign key to a table whose name matches.
    pub references: Option<Regex>,
    /// The table has, for each of these, a column that fits.
    pub columns: Vec<ColumnCondition>,
    /// Row security is enabled.
    pub row_security: Option<bool>,
    /// Row security binds the owner too.
    pub forced: Option<bool>,
    /// The table has a policy that fits.
    pub policy: Option<PolicyCondition>,
    /// The table has a primary key.
    pub primary_key: Option<bool>,
    /// An index begins with these parts, each a column and its order: `created_at DESC`.
    pub index: Vec<Regex>,
    /// The table stands in `tenancy.exempt`.
    pub tenancy_exempt: Option<bool>,
}

/// What a column of a table has to be.
#[derive(Clone, Debug)]
pub struct ColumnCondition {
    /// Its name matches.
    pub name: Regex,
    /// It has one of these types; any if empty.
    pub types: Vec<String>,
    /// It is NOT NULL.
    pub not_null: Option<bool>,
    /// It has a foreign key to a table whose name matches.
    pub references: Option<Regex>,
}

/// What a policy of a table has to be.
#[derive(Clone, Debug, Default)]
pub struct PolicyCondition {
    /// Its name matches.
    pub name: Option<Regex>,
    /// Its command is this one, in upper case, or ALL.
    pub command: Option<String>,
    /// It is permissive.
    pub permissive: Option<bool>,
}

impl Condition {
    /// Asks everything of an object.
    pub(super) fn holds(&self, thing: &Thing<'_>, settings: &Settings) -> bool {
        self.of_names(thing) && self.of_column(thing) && self.of_relation(thing, settings)
    }

    fn of_names(&self, thing: &Thing<'_>) -> bool {
        let fits = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|p| p.is_match(text));
        fits(&self.name, thing.name())
            && fits(&self.schema, &thing.relation.key.schema)
            && fits(&self.table, &thing.relation.key.name)
    }

    fn of_column(&self, thing: &Thing<'_>) -> bool {
        let comment = match thing.column {
            Some(column) => column.comment.is_some(),
            None => thing.relation.comment.is_some(),
        };
        if self.comment.is_some_and(|wanted| wanted != comment) {
            return false;
        }
        match thing.column {
            Some(column) => column_fits(
                thing.relation,
                column,
                &self.types,
                self.not_null,
                self.references.as_ref(),
            ),
            None => self.types.is_empty() && self.not_null.is_none() && self.references.is_none(),
        }
    }

    fn of_relation(&self, thing: &Thing<'_>, settings: &Settings) -> bool {
        let relation = thing.relation;
        let is = |wanted: Option<bool>, actual: bool| wanted.is_none_or(|wanted| wanted == actual);
        is(self.row_security, relation.row_security)
            && is(self.forced, relation.forced)
            && is(self.primary_key, relation.primary_key().is_some())
            && is(self.tenancy_exempt, settings.is_exempt(relation))
            && self
                .policy
                .as_ref()
                .is_none_or(|policy| policy.fits_one_of(relation))
            && self.columns.iter().all(|wanted| {
                relation.columns.iter().any(|column| {
                    wanted.name.is_match(&column.name)
                        && column_fits(
                            relation,
                            column,
                            &wanted.types,
                            wanted.not_null,
                            wanted.references.as_ref(),
                        )
                })
            })
            && (self.index.is_empty() || self.has_index(thing))
    }

    fn has_index(&self, thing: &Thing<'_>) -> bool {
        thing.schema.indexes_of(thing.relation).any(|index| {
            let parts = index.columns.iter().map(|part| {
                let name = part.column.as_deref().unwrap_or_default();
                format!("{name} {}", part.tail).trim_end().to_owned()
            });
            let parts: Vec<String> = parts.collect();
            index.condition.is_none()
                && parts.len() >= self.index.len()
                && self
                    .index
                    .iter()
                    .zip(&parts)
                    .all(|(wanted, part)| wanted.is_match(part))
        })
    }
}

impl PolicyCondition {
    fn fits_one_of(&self, relation: &Relation) -> bool {
        relation.policies.iter().any(|policy| {
            self.name.as_ref().is_none_or(|name| name.is_match(&policy.name))
                && self.permissive.is_none_or(|wanted| wanted == policy.permissive)
                && self
                    .command
                    .as_ref()
                    .is_none_or(|command| *policy.command == **command || &*policy.command == "ALL")
        })
    }
}

fn column_fits(
    relation: &Relation,
    column: &Column,
    types: &[String],
    not_null: Option<bool>,
    references: Option<&Regex>,
) -> bool {
    let type_fits = || {
        column.data_type.as_ref().is_none_or(|data_type| {
            let own = type_name(data_type);
            types.iter().any(|wanted| canonical(wanted) == own)
        })
    };
    (types.is_empty() || type_fits())
        && not_null.is_none_or(|wanted| wanted == column.not_null)
        && references.is_none_or(|pattern| refers(relation, column, pattern))
}

/// Says whether a foreign key of the column, alone or with others, refers to a table whose name matches.
fn refers(relation: &Relation, column: &Column, pattern: &Regex) -> bool {
    relation
        .constraints
        .iter()
        .any(|constraint| match &constraint.kind {
            TableConstraintKind::ForeignKey { columns, table, .. } => {
                columns.contains(&column.name)
                    && (pattern.is_match(&table.name) || pattern.is_match(&table.to_string()))
            }
            _ => false,
        })
}

/// Returns a type as the model names it, with brackets for arrays, without the numbers in parentheses.
pub fn type_name(data_type: &ColumnType) -> String {
    format!(
        "{}{}",
        data_type.name,
        "[]".repeat(usize::from(data_type.dimensions))
    )
}

/// Other words for types that SQL has, and pg_type's (manual, table 8.1).
const ALIASES: &[(&str, &str)] = &[
    ("bigint", "int8"),
    ("bigserial", "int8"),
    ("boolean", "bool"),
    ("char", "bpchar"),
    ("character", "bpchar"),
    ("character varying", "varchar"),
    ("decimal", "numeric"),
    ("double precision", "float8"),
    ("int", "int4"),
    ("integer", "int4"),
    ("real", "float4"),
    ("serial", "int4"),
    ("smallint", "int2"),
    ("time with time zone", "timetz"),
    ("time without time zone", "time"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamp without time zone", "timestamp"),
];

fn canonical(written: &str) -> String {
    let lower = written.trim().to_ascii_lowercase();
    let base = lower.trim_end_matches("[]");
    let brackets = &lower[base.len()..];
    let name = ALIASES
        .iter()
        .find(|(alias, _)| *alias == base)
        .map_or(base, |(_, name)| name);
    format!("{name}{brackets}")
}
