//! Domains: what stands below them and whether they constrain.

use crate::lint::schema::{ColumnType, Key, Relation, Schema, Type, TypeKind};
use crate::sql::act::Expr;

/// Finds the type that a column's type names.
fn of<'a>(schema: &'a Schema, named: &ColumnType) -> Option<&'a Type> {
    let key = match named.name.split_once('.') {
        Some((schema, name)) => Key::new(schema, name),
        None => return None,
    };
    schema.type_at(&key).map(|found| &**found)
}

/// Says whether a type of the project is not known: it may be a domain.
pub(super) fn is_unknown(schema: &Schema, named: &ColumnType) -> bool {
    match named.name.contains('.') {
        true => of(schema, named).is_none(),
        false => !crate::lint::schema::is_builtin_type(&named.name),
    }
}

/// Returns what stands below a domain; nothing for any other type, and for arrays of domains.
pub(super) fn base(schema: &Schema, named: &ColumnType) -> Option<ColumnType> {
    if named.dimensions > 0 {
        return None;
    }
    match &of(schema, named)?.kind {
        TypeKind::Domain { base, .. } => Some(base.clone()),
        _ => None,
    }
}

/// Returns what stands below all domains.
pub(super) fn innermost(schema: &Schema, named: &ColumnType) -> ColumnType {
    let mut found = named.clone();
    while let Some(below) = base(schema, &found) {
        found = below;
    }
    found
}

/// Says whether a value must be checked to belong to a domain, or to one below it (`DomainHasConstraints`).
pub(super) fn is_constrained(schema: &Schema, named: &ColumnType) -> bool {
    let mut found = named.clone();
    loop {
        if let Some(TypeKind::Domain { not_null, checks, .. }) = of(schema, &found).map(|found| &found.kind)
            && found.dimensions == 0
            && (*not_null || !checks.is_empty())
        {
            return true;
        }
        match base(schema, &found) {
            Some(below) => found = below,
            None => return false,
        }
    }
}

/// Returns the default that a column gets from its domain.
pub(super) fn default<'a>(schema: &'a Schema, named: &ColumnType) -> Option<&'a Expr> {
    let mut found = named.clone();
    loop {
        if found.dimensions > 0 {
            return None;
        }
        match of(schema, &found).map(|found| &found.kind) {
            Some(TypeKind::Domain {
                default: Some(default),
                ..
            }) => return Some(default),
            Some(TypeKind::Domain { base, .. }) => found = base.clone(),
            _ => return None,
        }
    }
}

/// Walks the tables with a column of a type, domains over it included.
pub(super) fn users<'a>(schema: &'a Schema, key: &Key) -> Vec<&'a Relation> {
    let name = key.to_string();
    let uses = |named: &ColumnType| {
        let mut found = named.clone();
        loop {
            if *found.name == *name {
                return true;
            }
            // An array of the domain is checked too.
            found.dimensions = 0;
            match base(schema, &found) {
                Some(below) => found = below,
                None => return false,
            }
        }
    };
    schema
        .relations()
        .map(|relation| &**relation)
        .filter(|relation| {
            relation
                .columns
                .iter()
                .any(|column| column.data_type.as_ref().is_some_and(uses))
        })
        .collect()
}
