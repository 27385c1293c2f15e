//! Types as written, by the names that pg_type has.

use super::names::{Reader, name_of};
use crate::sql::WrittenName;
use crate::sql::act::TypeName;
use crate::sql::parse::{Node, SyntaxKind as K};

/// Key words of the grammar that name types, and what pg_type calls them (gram.y, `Numeric` and its neighbours).
const KEY_WORDS: [(&str, &str); 11] = [
    ("bigint", "int8"),
    ("boolean", "bool"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("float", "float8"),
    ("int", "int4"),
    ("integer", "int4"),
    ("json", "json"),
    ("numeric", "numeric"),
    ("real", "float4"),
    ("smallint", "int2"),
];

/// The names that stand for an integer column with a sequence.
const SERIALS: [(&str, &str); 3] = [
    ("serial2", "smallserial"),
    ("serial4", "serial"),
    ("serial8", "bigserial"),
];

/// Says whether a node is a type.
pub(super) fn is_type(kind: K) -> bool {
    matches!(
        kind,
        K::ARRAY_TYPE
            | K::PATH_TYPE
            | K::PERCENT_TYPE
            | K::VARCHAR_TYPE
            | K::CHARACTER_TYPE
            | K::BIT_TYPE
            | K::BIT_VARYING_TYPE
            | K::DOUBLE_TYPE
            | K::TIME_TYPE
            | K::TIMESTAMP_TYPE
            | K::INTERVAL_TYPE
    )
}

/// Returns the first child that is a type.
pub(super) fn type_in(node: Node<'_>) -> Option<Node<'_>> {
    node.nodes().find(|child| is_type(child.kind()))
}

/// Reads a type.
pub(super) fn read(reader: &mut Reader<'_>, node: Node<'_>) -> TypeName {
    let span = reader.span(node);
    let (mut core, mut dimensions) = (node, 0_u8);
    while core.kind() == K::ARRAY_TYPE {
        let bounds = core.children_of(K::ARRAY_BOUND).count().max(1);
        dimensions = dimensions.saturating_add(u8::try_from(bounds).unwrap_or(u8::MAX));
        match type_in(core) {
            Some(inner) => core = inner,
            None => break,
        }
    }
    let mut modifiers = Vec::new();
    numbers(core, &mut modifiers);
    let mut name = plain(reader, core, &mut modifiers);
    if name.schema.as_deref() == Some("pg_catalog") {
        name.schema = None;
    }
    TypeName {
        name,
        modifiers,
        dimensions,
        set_of: core.has(K::SETOF_KW) || node.has(K::SETOF_KW),
        span,
    }
}

fn plain(reader: &mut Reader<'_>, core: Node<'_>, modifiers: &mut Vec<i32>) -> WrittenName {
    let of = |name: &str| WrittenName {
        schema: None,
        name: name.to_owned(),
    };
    let zoned = core.has(K::WITH_TIMEZONE);
    match core.kind() {
        K::VARCHAR_TYPE => of("varchar"),
        K::CHARACTER_TYPE => of("bpchar"),
        K::BIT_TYPE => of("bit"),
        K::BIT_VARYING_TYPE => of("varbit"),
        K::DOUBLE_TYPE => of("float8"),
        K::TIME_TYPE if zoned => of("timetz"),
        K::TIME_TYPE => of("time"),
        K::TIMESTAMP_TYPE if zoned => of("timestamptz"),
        K::TIMESTAMP_TYPE => of("timestamp"),
        K::INTERVAL_TYPE => of("interval"),
        _ => named(reader, core, modifiers),
    }
}

fn named(reader: &mut Reader<'_>, core: Node<'_>, modifiers: &mut Vec<i32>) -> WrittenName {
    let Some(path) = core.child(K::PATH_REF) else {
        return WrittenName::default();
    };
    if core.kind() == K::PERCENT_TYPE {
        return of_column(reader, path);
    }
    let mut name = name_of(path);
    let quoted = path.text().starts_with('"');
    if name.schema.is_none() && !quoted {
        if let Some((_, real)) = KEY_WORDS.iter().find(|(word, _)| *word == name.name) {
            // FLOAT(1) to FLOAT(24) are single precision (manual, section 8.1.3).
            let single = name.name == "float" && modifiers.first().is_some_and(|bits| *bits < 25);
            if name.name == "float" {
                modifiers.clear();
            }
            name.name = if single {
                "float4".to_owned()
            } else {
                (*real).to_owned()
            };
            return name;
        }
        if let Some((_, real)) = SERIALS.iter().find(|(word, _)| *word == name.name) {
            name.name = (*real).to_owned();
        }
        if matches!(name.name.as_str(), "serial" | "bigserial" | "smallserial") {
            return name;
        }
    }
    let span = reader.span(path);
    reader.types(&name, span);
    name
}

/// `table.column%TYPE`: the type of a column, known by that name only.
fn of_column(reader: &mut Reader<'_>, path: Node<'_>) -> WrittenName {
    let (relation, column) = super::objects::column_path(path);
    if relation.name.is_empty() {
        return WrittenName::default();
    }
    let span = reader.span(path);
    reader.types(&relation, span);
    WrittenName {
        schema: None,
        name: format!("{relation}.{column}%TYPE"),
    }
}

fn numbers(core: Node<'_>, modifiers: &mut Vec<i32>) {
    let within = core.child(K::ARG_LIST).unwrap_or(core);
    for child in within.nodes() {
        let literal = match child.kind() {
            K::ARG => child.nodes().next(),
            K::LITERAL => Some(child),
            _ => None,
        };
        modifiers.extend(literal.and_then(|literal| literal.text().parse::<i32>().ok()));
    }
}
