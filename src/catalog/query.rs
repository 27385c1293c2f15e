//! Puts the query of a kind together from its table.

use crate::model::quote_literal;

use super::canon::Scope;
use super::deparse::{Aside, Deparse, Deparsed};
use super::facet::{Facet, Literal, Shape};
use super::kind::{AttributeColumns, Home, Kind};

/// The query that reads all objects of a kind on one major version.
///
/// Every column is text, so that any protocol brings it alike; [`super::Decoder`] knows what each one is by its place.
#[derive(Debug)]
pub struct Query {
    /// The kind.
    pub kind: &'static Kind,
    /// The catalog whose rows the objects are made of: how large it is says how much the query may bring.
    pub driver: &'static str,
    /// The SQL text: one SELECT.
    pub sql: String,
    pub(super) columns: Vec<Column>,
}

impl Query {
    /// Says whether its rows are columns of relations, which definitions name.
    pub fn brings_columns(&self) -> bool {
        self.columns
            .iter()
            .any(|column| matches!(column, Column::Attribute))
    }

    /// Says whether its rows hold definitions that name columns: those must have been read before.
    pub fn names_columns(&self) -> bool {
        let definition = |column: &Column| matches!(column, Column::Deparsed(..) | Column::Aside(_));
        !self.brings_columns() && self.columns.iter().any(definition)
    }

    /// Says whether its rows complete columns: whoever read those has to read these.
    pub fn completes_columns(&self) -> bool {
        matches!(self.columns[..], [Column::Aside(_)])
    }
}

/// What a column of a query is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Schema,
    ParentKind,
    ParentName,
    Name,
    Signature,
    AclOwner,
    /// The number that says where it stands among its siblings.
    Position,
    /// Relation, number, type and collation of a column.
    Attribute,
    Facet(&'static Facet),
    /// An oid, trees or whether there are any, and parts.
    Deparsed(&'static Facet, &'static Deparsed, Trees),
    /// Whether there is a definition; it comes with the rows of another query.
    Reserved(&'static Facet),
    /// Those rows.
    Aside(Trees),
}

/// What stands for the expressions of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trees {
    /// Their node trees.
    Raw,
    /// Whether there are any.
    Counted,
}

impl Column {
    /// Returns how many columns of the result it takes.
    pub(super) fn width(self) -> usize {
        match self {
            Column::Attribute | Column::Aside(_) => 4,
            Column::Deparsed(_, deparsed, Trees::Raw) => 1 + deparsed.trees.len() + deparsed.parts.len(),
            Column::Deparsed(_, deparsed, Trees::Counted) => 2 + deparsed.parts.len(),
            _ => 1,
        }
    }
}

/// Shared catalogs keep comments and labels in tables of their own (manual, chapter 53, "pg_shdescription").
const SHARED: &[&str] = &[
    "pg_authid",
    "pg_database",
    "pg_tablespace",
    "pg_parameter_acl",
    "pg_subscription",
];

/// Returns the query of a kind for a major version, or `None` where that version has no such objects.
///
/// Members of extensions belong to their extension, and system schemas to the server: neither is read. Rows come in
/// any order: objects are sorted by name anyway, and sorting a hundred thousand wide rows costs the server more than
/// finding them.
pub fn kind_query(kind: &'static Kind, major: u32, scope: &Scope) -> Option<Query> {
    if kind.since > major || kind.from.is_empty() || !scope.reaches(kind) {
        return None;
    }
    let mut query = Select::default();
    let identity = &kind.identity;
    identity
        .schema
        .iter()
        .for_each(|schema| query.column(Column::Schema, schema));
    for parent in identity.parents {
        query.column(Column::ParentKind, parent.kind);
        query.column(Column::ParentName, parent.name);
    }
    query.column(Column::Name, identity.name);
    identity
        .signature
        .iter()
        .for_each(|signature| query.column(Column::Signature, signature));
    if let Some(owner) = kind.acl_owner {
        query.column(Column::AclOwner, &owner_of_acl(kind, owner));
    }
    if let Some(attribute) = kind.attribute.as_ref().filter(|_| scope.deparse != Deparse::Each) {
        query.attribute(attribute);
    }
    for facet in kind.facets.iter().filter(|facet| facet.since <= major) {
        match (facet.deparsed, scope.deparse) {
            (Some(deparsed), Deparse::OncePerTree) => query.deparsed(facet, deparsed, Trees::Raw, major),
            (Some(deparsed), Deparse::EachTree) => query.deparsed(facet, deparsed, Trees::Counted, major),
            _ => query.column(Column::Facet(facet), &unlike_default(facet, major)),
        }
    }
    if kind.ordered {
        query.column(Column::Position, kind.sub);
    }
    let sql = format!(
        "SELECT {}\nFROM {}{}{}\nWHERE {}",
        query.expressions.join(",\n       "),
        kind.from,
        aside(kind)
            .filter(|_| scope.deparse == Deparse::Each)
            .map_or("", |aside| aside.join),
        joins(kind),
        conditions(kind, scope).join("\n  AND "),
    );
    Some(Query {
        kind,
        driver: driver(kind),
        sql,
        columns: query.columns,
    })
}

/// Returns the expression of a facet, NULL where it has its default, as most have: what is not sent need not be made text.
fn unlike_default(facet: &Facet, major: u32) -> String {
    let sql = facet.sql_for(major);
    match facet.default {
        Literal::Bool(default) => {
            let (not, other) = if default { ("NOT ", "false") } else { ("", "true") };
            format!("CASE WHEN {not}({sql}) THEN '{other}' END")
        }
        Literal::Int(default) => format!("NULLIF({sql}, {default})"),
        Literal::Text(_) | Literal::Null => sql.to_owned(),
    }
}

/// Returns the query for the definitions of a kind that come with rows of their own.
pub fn aside_query(kind: &'static Kind, major: u32, scope: &Scope) -> Option<Query> {
    let trees = match scope.deparse {
        Deparse::OncePerTree => Trees::Raw,
        Deparse::EachTree => Trees::Counted,
        Deparse::Each => return None,
    };
    if kind.since > major || !scope.reaches(kind) {
        return None;
    }
    let aside = aside(kind)?;
    Some(Query {
        kind,
        driver: aside.catalog,
        sql: match trees {
            Trees::Raw => aside.trees.to_owned(),
            Trees::Counted => aside.texts.to_owned(),
        },
        columns: vec![Column::Aside(trees)],
    })
}

fn aside(kind: &'static Kind) -> Option<&'static Aside> {
    let deparsed = kind.facets.iter().filter_map(|facet| facet.deparsed);
    deparsed.filter_map(|deparsed| deparsed.aside).next()
}

/// Returns the catalog that a kind's FROM begins with.
fn driver(kind: &'static Kind) -> &'static str {
    let table = kind.from.split_whitespace().next().unwrap_or_default();
    table.strip_prefix("pg_catalog.").unwrap_or(kind.catalog)
}

/// The owner is looked up only where there is an ACL to read: most columns have none.
fn owner_of_acl(kind: &Kind, owner: &str) -> String {
    let acl = kind
        .facets
        .iter()
        .find(|facet| matches!(facet.shape, Shape::Acl(_)));
    acl.map_or_else(
        || owner.to_owned(),
        |acl| format!("CASE WHEN {} IS NOT NULL THEN {owner} END", acl.sql),
    )
}

#[derive(Default)]
struct Select {
    expressions: Vec<String>,
    columns: Vec<Column>,
}

impl Select {
    fn column(&mut self, column: Column, expression: &str) {
        self.expression(expression);
        self.columns.push(column);
    }

    fn expression(&mut self, expression: &str) {
        self.expressions.push(format!("({expression})::pg_catalog.text"));
    }

    fn attribute(&mut self, attribute: &AttributeColumns) {
        self.columns.push(Column::Attribute);
        for sql in [
            attribute.relation,
            attribute.number,
            attribute.datatype,
            attribute.collation,
        ] {
            self.expression(sql);
        }
    }

    fn deparsed(&mut self, facet: &'static Facet, deparsed: &'static Deparsed, trees: Trees, major: u32) {
        if deparsed.aside.is_some() {
            self.column(Column::Reserved(facet), deparsed.oid);
            return;
        }
        self.columns.push(Column::Deparsed(facet, deparsed, trees));
        self.expression(deparsed.oid);
        match trees {
            Trees::Raw => deparsed.trees.iter().for_each(|tree| self.expression(tree)),
            Trees::Counted => self.expression(deparsed.has_tree),
        }
        for (since, sql) in deparsed.parts {
            self.expression(if *since <= major { sql } else { "NULL" });
        }
    }
}

/// Joins comments and labels where a facet wants them: one hash join for all rows, never a look-up per object.
fn joins(kind: &Kind) -> String {
    let (catalog, oid, sub) = (kind.catalog, kind.oid, kind.sub);
    let wants = |alias: &str| kind.facets.iter().any(|facet| facet.sql.starts_with(alias));
    let shared = SHARED.contains(&catalog);
    // A subscription is shared between databases, its comment is not (comment.c, `CommentObject`).
    let shared_comment = shared && catalog != "pg_subscription";
    let on = |alias: &str, shared: bool| {
        let sub = if shared {
            String::new()
        } else {
            format!(" AND {alias}.objsubid = {sub}")
        };
        format!(
            "{alias}.classoid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND {alias}.objoid = {oid}{sub}"
        )
    };
    let mut joins = String::new();
    if wants("description.") {
        let table = if shared_comment {
            "pg_shdescription"
        } else {
            "pg_description"
        };
        joins += &format!(
            "\nLEFT JOIN pg_catalog.{table} AS description ON {}",
            on("description", shared_comment)
        );
    }
    if wants("label.") {
        let (table, sub) = if shared {
            ("pg_shseclabel", "")
        } else {
            ("pg_seclabel", ", objsubid")
        };
        joins += &format!(
            "\nLEFT JOIN (SELECT classoid, objoid{sub}, pg_catalog.array_agg(provider || '=' || label) AS labels\n           \
             FROM pg_catalog.{table} GROUP BY classoid, objoid{sub}) AS label ON {}",
            on("label", shared)
        );
    }
    joins
}

fn conditions(kind: &Kind, scope: &Scope) -> Vec<String> {
    let mut conditions = vec![kind.filter.to_owned()];
    let schema = kind
        .identity
        .schema
        .or((kind.catalog == "pg_namespace").then_some(kind.identity.name));
    if let Some(schema) = schema {
        conditions.push(format!("{schema} !~ '^pg_' AND {schema} <> 'information_schema'"));
        if !scope.schemas.is_empty() {
            conditions.push(format!("{schema} IN ({})", literals(&scope.schemas)));
        }
    }
    if kind.home == Home::Cluster && kind.identity.name_is_role {
        let roles = if scope.roles.is_empty() {
            "NULL".to_owned()
        } else {
            literals(&scope.roles)
        };
        conditions.push(format!("{} IN ({roles})", kind.identity.name));
    }
    // Through the index on refclassid, because pg_depend is large and members of extensions are few.
    for (catalog, oid) in kind.members {
        conditions.push(format!(
            "{oid} NOT IN (SELECT member.objid FROM pg_catalog.pg_depend AS member\n      \
             WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.deptype = 'e'\n        \
             AND member.classid = 'pg_catalog.{catalog}'::pg_catalog.regclass)"
        ));
    }
    conditions
}

fn literals(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| quote_literal(text))
        .collect::<Vec<_>>()
        .join(", ")
}
