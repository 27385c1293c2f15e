//! A schema from a catalog: a snapshot, or what a server holds.
//!
//! Each object is written as the statement that would make it, from the definitions that the server deparsed, and that
//! statement is read and replayed like any other. So a rule sees the same whether a table came from a snapshot or from
//! a migration.

use std::fmt::Write;
use std::ops::Bound;
use std::sync::Arc;

use super::replay::{Log, Place, replay};
use super::{Grants, Key, Origin, Routine, Schema};
use crate::catalog::{Catalog, Object, ObjectId, Value};
use crate::model::{quote_identifier, quote_literal};
use crate::sql::WrittenName;
use crate::sql::act::{self, Act, ObjectKind};

impl Schema {
    /// Makes the schema that a catalog describes. What belongs to one of the `migrating` roles belongs to the role that
    /// migrates. Everything in the schemas of the catalog is known; a snapshot of some schemas knows nothing of others,
    /// so the schema is complete only where the caller says that it is.
    pub fn from_catalog(catalog: &Catalog, migrating: &[String], complete: bool) -> Schema {
        let mut build = Build {
            catalog,
            migrating,
            schema: if complete {
                Schema::empty()
            } else {
                Schema::unknown()
            },
        };
        build.schemas_and_types();
        build.routines();
        build.tables();
        build.constraints();
        build.indexes("table");
        build.views();
        build.indexes("materialized view");
        build.on_relations();
        build.ownership();
        build.schema
    }
}

struct Build<'a> {
    catalog: &'a Catalog,
    migrating: &'a [String],
    schema: Schema,
}

const PLACE: Place = Place {
    origin: Origin::Before,
    conditional: false,
    in_body: false,
};

impl<'a> Build<'a> {
    fn run(&mut self, sql: &str) {
        for act in act::read(sql) {
            self.replay(&act);
        }
    }

    fn replay(&mut self, act: &Act) {
        replay(&mut self.schema, act, PLACE, &mut Log::default());
    }

    fn of_kind(&self, kind: &'a str) -> Vec<(&'a ObjectId, &'a Object)> {
        self.catalog.of_kind(kind).collect()
    }

    /// The children of an object, in their places.
    fn children(&self, of: &ObjectId, kind: &'a str) -> Vec<(&'a ObjectId, &'a Object)> {
        // They come right behind their parent, with their own children between them.
        let mut found: Vec<_> = self
            .catalog
            .objects
            .range((Bound::Excluded(of), Bound::Unbounded))
            .take_while(|(id, _)| is_below(id, of))
            .filter(|(id, _)| id.kind.name == kind && id.parent.as_deref() == Some(of))
            .collect();
        found.sort_by_key(|(_, object)| object.position);
        found
    }

    fn schemas_and_types(&mut self) {
        for (id, _) in self.of_kind("schema") {
            self.schema.put_schema(Arc::from(&*id.name), Origin::Before);
        }
        for (id, _) in self.of_kind("extension") {
            self.schema
                .put_other(ObjectKind::Extension, &id.name, Origin::Before);
        }
        for (id, _) in self.of_kind("role") {
            self.schema.put_other(ObjectKind::Role, &id.name, Origin::Before);
        }
        for (id, object) in self.of_kind("enum type") {
            let labels: Vec<String> = texts(object, "labels").map(quote_literal).collect();
            self.run(&format!(
                "CREATE TYPE {} AS ENUM ({})",
                sql_name(id),
                labels.join(", ")
            ));
        }
        for kind in ["range type", "base type"] {
            for (id, _) in self.of_kind(kind) {
                self.run(&format!("CREATE TYPE {}", sql_name(id)));
            }
        }
        for (id, object) in self.of_kind("domain") {
            let mut sql = format!("CREATE DOMAIN {} AS {}", sql_name(id), text(object, "type"));
            if let Some(default) = optional(object, "default") {
                let _ = write!(sql, " DEFAULT {default}");
            }
            if is(object, "not null") {
                sql.push_str(" NOT NULL");
            }
            self.run(&sql);
            for (child, constraint) in self.children(id, "domain constraint") {
                self.run(&format!(
                    "ALTER DOMAIN {} ADD CONSTRAINT {} {}{}",
                    sql_name(id),
                    quote_identifier(&child.name),
                    text(constraint, "definition"),
                    not_valid(constraint)
                ));
            }
        }
        for (id, _) in self.of_kind("composite type") {
            let attributes: Vec<String> = self
                .children(id, "column")
                .iter()
                .map(|(column, object)| {
                    format!("{} {}", quote_identifier(&column.name), text(object, "type"))
                })
                .collect();
            self.run(&format!(
                "CREATE TYPE {} AS ({})",
                sql_name(id),
                attributes.join(", ")
            ));
        }
        for (id, _) in self.of_kind("sequence") {
            self.run(&format!("CREATE SEQUENCE {}", sql_name(id)));
        }
    }

    fn routines(&mut self) {
        for kind in ["function", "procedure"] {
            for (id, object) in self.of_kind(kind) {
                let sql = routine(id, object, kind);
                self.run(&sql);
            }
        }
        for (id, _) in self.of_kind("aggregate") {
            let key = self.schema.creation_key(&written(id), false);
            self.schema
                .put_routine(Routine::aggregate(key, Vec::new(), Origin::Before));
        }
    }

    /// Tables, parents before their partitions and children.
    fn tables(&mut self) {
        let mut waiting: Vec<_> = self.of_kind("table");
        waiting.extend(self.of_kind("foreign table"));
        while !waiting.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|(_, object)| {
                texts(object, "inherits")
                    .chain(optional(object, "partition of"))
                    .all(|parent| self.is_there(parent))
            });
            // A parent outside of the catalog never comes.
            let next = if ready.is_empty() { waiting } else { ready };
            for (id, object) in &next {
                let sql = self.table(id, object);
                self.run(&sql);
            }
            waiting = rest
                .into_iter()
                .filter(|(id, _)| !next.iter().any(|(done, _)| done == id))
                .collect();
        }
        for (id, object) in self.of_kind("sequence") {
            if let Some(owner) = optional(object, "owned by") {
                self.run(&format!("ALTER SEQUENCE {} OWNED BY {owner}", sql_name(id)));
            }
        }
    }

    fn is_there(&self, parent: &str) -> bool {
        WrittenName::parse(parent).is_none_or(|name| self.schema.relation(&name).known().is_some())
    }

    fn table(&self, id: &ObjectId, object: &Object) -> String {
        let mut sql = String::from("CREATE ");
        if optional(object, "persistence") == Some("unlogged") {
            sql.push_str("UNLOGGED ");
        }
        if id.kind.name == "foreign table" {
            sql.push_str("FOREIGN ");
        }
        let _ = write!(sql, "TABLE {}", sql_name(id));
        let columns: Vec<String> = self
            .children(id, "column")
            .iter()
            .map(|(column, object)| column_definition(column, object))
            .collect();
        // A partition's columns are its parent's; the statement that makes it need not say them.
        match (
            optional(object, "partition of"),
            optional(object, "partition bound"),
        ) {
            (Some(parent), Some(bound)) => {
                let _ = write!(sql, " PARTITION OF {parent} {bound}");
            }
            _ => {
                let _ = write!(sql, " ({})", columns.join(", "));
                let parents: Vec<&str> = texts(object, "inherits").collect();
                if !parents.is_empty() {
                    let _ = write!(sql, " INHERITS ({})", parents.join(", "));
                }
            }
        }
        if let Some(key) = optional(object, "partition key") {
            let _ = write!(sql, " PARTITION BY {key}");
        }
        if id.kind.name == "foreign table" {
            let _ = write!(sql, " SERVER {}", quote_identifier(text(object, "server")));
        }
        sql
    }

    /// Keys first, for foreign keys refer to them.
    fn constraints(&mut self) {
        let mut all = self.of_kind("constraint");
        all.sort_by_key(|(_, object)| text(object, "definition").starts_with("FOREIGN KEY"));
        for (id, object) in all {
            let Some(table) = &id.parent else { continue };
            let has_it = self
                .schema
                .relation_at(&key(table))
                .is_some_and(|relation| relation.constraint(&id.name).is_some());
            if has_it {
                continue;
            }
            let mut definition = text(object, "definition").to_owned();
            if is(object, "no inherit") && !definition.contains("NO INHERIT") {
                definition.push_str(" NO INHERIT");
            }
            if is(object, "deferrable") && !definition.contains("DEFERRABLE") {
                definition.push_str(" DEFERRABLE");
                if is(object, "initially deferred") {
                    definition.push_str(" INITIALLY DEFERRED");
                }
            }
            definition.push_str(not_valid(object));
            self.run(&format!(
                "ALTER TABLE {} ADD CONSTRAINT {} {definition}",
                sql_name(table),
                quote_identifier(&id.name)
            ));
        }
    }

    fn indexes(&mut self, of: &str) {
        for (id, object) in self.of_kind("index") {
            let Some(table) = id.parent.as_ref().filter(|parent| parent.kind.name == of) else {
                continue;
            };
            self.run(text(object, "definition"));
            if object.facets.get("valid") == Some(&Value::Bool(false)) {
                let index = Key::new(key(table).schema, &*id.name);
                self.schema.change_index(&index, |index| index.valid = false);
            }
        }
    }

    /// Views and materialized views, those first that read nothing that is still to come.
    fn views(&mut self) {
        let mut waiting: Vec<Act> = Vec::new();
        for (kind, words) in [("view", "VIEW"), ("materialized view", "MATERIALIZED VIEW")] {
            for (id, object) in self.of_kind(kind) {
                let definition = text(object, "definition").trim_end().trim_end_matches(';');
                let no_data = match object.facets.get("populated") {
                    Some(Value::Bool(false)) => " WITH NO DATA",
                    _ => "",
                };
                let options = options(
                    object,
                    if kind == "view" {
                        "options"
                    } else {
                        "storage parameters"
                    },
                );
                waiting.extend(act::read(&format!(
                    "CREATE {words} {}{options} AS {definition}{no_data}",
                    sql_name(id)
                )));
            }
        }
        while !waiting.is_empty() {
            let (ready, rest): (Vec<Act>, Vec<Act>) = waiting.into_iter().partition(|act| {
                act.uses
                    .reads
                    .iter()
                    .all(|(name, _)| self.schema.relation(name).known().is_some())
            });
            let (next, later) = if ready.is_empty() {
                (rest, Vec::new())
            } else {
                (ready, rest)
            };
            next.iter().for_each(|act| self.replay(act));
            waiting = later;
        }
    }

    /// Triggers, rules, policies, flags, comments.
    fn on_relations(&mut self) {
        for (kind, word) in [("trigger", "TRIGGER"), ("rule", "RULE")] {
            for (id, object) in self.of_kind(kind) {
                self.run(text(object, "definition"));
                let state = match optional(object, "enabled") {
                    Some("disabled") => "DISABLE",
                    Some("replica") => "ENABLE REPLICA",
                    Some("always") => "ENABLE ALWAYS",
                    _ => continue,
                };
                if let Some(table) = &id.parent {
                    let name = quote_identifier(&id.name);
                    self.run(&format!("ALTER TABLE {} {state} {word} {name}", sql_name(table)));
                }
            }
        }
        for (id, object) in self.of_kind("policy") {
            let sql = policy(id, object);
            self.run(&sql);
        }
        for kind in ["table", "foreign table"] {
            for (id, object) in self.of_kind(kind) {
                let flags = (is(object, "row security"), is(object, "force row security"));
                let parameters = pairs(object, "storage parameters");
                self.schema.change_relation(&key(id), |relation| {
                    (relation.row_security, relation.forced) = flags;
                    relation.options.extend(parameters);
                    // Nobody says what a snapshot's tables hold.
                    relation.may_have_rows = true;
                });
                for (column, object) in self.children(id, "column") {
                    if let Some(comment) = optional(object, "comment") {
                        self.schema.change_relation(&key(id), |relation| {
                            if let Some(found) = relation.column_mut(&column.name) {
                                found.comment = Some(comment.into());
                            }
                        });
                    }
                }
            }
        }
    }

    fn ownership(&mut self) {
        for kind in ["table", "foreign table", "view", "materialized view"] {
            for (id, object) in self.of_kind(kind) {
                let (owner, grants) = (self.owner(object), grants(object));
                let comment = optional(object, "comment").map(Box::from);
                self.schema.change_relation(&key(id), |relation| {
                    relation.owner = owner;
                    relation.grants = grants;
                    relation.comment = comment;
                });
            }
        }
        for (id, object) in self.of_kind("sequence") {
            let (owner, grants) = (self.owner(object), grants(object));
            self.schema.change_sequence(&key(id), |sequence| {
                sequence.owner = owner;
                sequence.grants = grants;
            });
        }
        for kind in ["function", "procedure"] {
            for (id, object) in self.of_kind(kind) {
                let (owner, grants) = (self.owner(object), grants(object));
                let arguments = arguments_of(&routine(id, object, kind));
                self.schema
                    .change_routines(&key(id), arguments.as_deref(), |routine| {
                        routine.owner.clone_from(&owner);
                        routine.grants.clone_from(&grants);
                    });
            }
        }
    }

    fn owner(&self, object: &Object) -> Option<Arc<str>> {
        let owner = optional(object, "owner")?;
        (!self.migrating.iter().any(|role| role == owner)).then(|| owner.into())
    }
}

fn is_below(id: &ObjectId, of: &ObjectId) -> bool {
    id.parent
        .as_deref()
        .is_some_and(|parent| parent == of || is_below(parent, of))
}

fn arguments_of(sql: &str) -> Option<Vec<act::TypeName>> {
    act::read(sql).into_iter().find_map(|act| match act.action {
        act::Action::CreateRoutine(routine) => Some(routine.arguments),
        _ => None,
    })
}

fn written(id: &ObjectId) -> WrittenName {
    WrittenName {
        schema: id.schema().map(str::to_owned),
        name: id.root().name.to_string(),
    }
}

fn sql_name(id: &ObjectId) -> String {
    written(id).quoted()
}

fn key(id: &ObjectId) -> Key {
    Key::new(id.schema().unwrap_or("public"), &*id.root().name)
}

fn optional<'a>(object: &'a Object, facet: &str) -> Option<&'a str> {
    object.facets.get(facet).and_then(Value::as_text)
}

fn text<'a>(object: &'a Object, facet: &str) -> &'a str {
    optional(object, facet).unwrap_or_default()
}

fn is(object: &Object, facet: &str) -> bool {
    object.facets.get(facet) == Some(&Value::Bool(true))
}

fn texts<'a>(object: &'a Object, facet: &str) -> impl Iterator<Item = &'a str> {
    let items = match object.facets.get(facet) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Value::as_text)
}

/// The words behind a constraint that was not validated or is not enforced.
fn not_valid(object: &Object) -> &'static str {
    let no = |facet: &str| object.facets.get(facet) == Some(&Value::Bool(false));
    let said = |words: &str| text(object, "definition").contains(words);
    if no("enforced") {
        if said("NOT ENFORCED") { "" } else { " NOT ENFORCED" }
    } else if no("validated") && !said("NOT VALID") {
        " NOT VALID"
    } else {
        ""
    }
}

fn column_definition(id: &ObjectId, object: &Object) -> String {
    let mut sql = format!("{} {}", quote_identifier(&id.name), text(object, "type"));
    if let Some(collation) = optional(object, "collation") {
        let _ = write!(sql, " COLLATE {collation}");
    }
    if let Some(default) = optional(object, "default") {
        let _ = write!(sql, " DEFAULT {default}");
    }
    if let Some(expr) = optional(object, "generation expression") {
        let kind = match optional(object, "generated") {
            Some("virtual") => "VIRTUAL",
            _ => "STORED",
        };
        let _ = write!(sql, " GENERATED ALWAYS AS ({expr}) {kind}");
    }
    match optional(object, "identity") {
        Some("always") => sql.push_str(" GENERATED ALWAYS AS IDENTITY"),
        Some(_) => sql.push_str(" GENERATED BY DEFAULT AS IDENTITY"),
        None => {}
    }
    if is(object, "not null") {
        sql.push_str(" NOT NULL");
    }
    sql
}

fn routine(id: &ObjectId, object: &Object, kind: &str) -> String {
    let mut sql = format!(
        "CREATE {} {}({})",
        kind.to_uppercase(),
        sql_name(id),
        text(object, "arguments")
    );
    if let Some(returns) = optional(object, "returns") {
        let _ = write!(sql, " RETURNS {returns}");
    }
    let _ = write!(sql, " LANGUAGE {}", quote_identifier(text(object, "language")));
    if let Some(volatility) = optional(object, "volatility") {
        let _ = write!(sql, " {}", volatility.to_uppercase());
    }
    if is(object, "security definer") {
        sql.push_str(" SECURITY DEFINER");
    }
    for (name, value) in pairs(object, "settings") {
        let _ = write!(sql, " SET {name} = {}", setting(&name, &value));
    }
    match optional(object, "SQL body") {
        Some(body) => {
            let _ = write!(sql, " {body}");
        }
        None => {
            let _ = write!(sql, " AS {}", quote_literal(text(object, "body")));
        }
    }
    sql
}

/// A list of names, as search_path holds one, is not one string.
fn setting(name: &str, value: &str) -> String {
    match name {
        "search_path" if !value.is_empty() => value.to_owned(),
        _ => quote_literal(value),
    }
}

fn policy(id: &ObjectId, object: &Object) -> String {
    let table = id.parent.as_deref().map(sql_name).unwrap_or_default();
    let mut sql = format!("CREATE POLICY {} ON {table}", quote_identifier(&id.name));
    if object.facets.get("permissive") == Some(&Value::Bool(false)) {
        sql.push_str(" AS RESTRICTIVE");
    }
    if let Some(command) = optional(object, "command") {
        let _ = write!(sql, " FOR {command}");
    }
    let roles: Vec<String> = texts(object, "roles")
        .map(|role| {
            if role == "public" {
                "PUBLIC".to_owned()
            } else {
                quote_identifier(role)
            }
        })
        .collect();
    if !roles.is_empty() {
        let _ = write!(sql, " TO {}", roles.join(", "));
    }
    if let Some(expr) = optional(object, "using") {
        let _ = write!(sql, " USING ({expr})");
    }
    if let Some(expr) = optional(object, "check") {
        let _ = write!(sql, " WITH CHECK ({expr})");
    }
    sql
}

/// The entries of a facet that is a map of texts.
fn pairs(object: &Object, facet: &str) -> Vec<(Box<str>, Box<str>)> {
    match object.facets.get(facet) {
        Some(Value::Map(entries)) => entries
            .iter()
            .map(|(name, value)| (name.clone(), Box::from(value.to_string())))
            .collect(),
        _ => Vec::new(),
    }
}

fn options(object: &Object, facet: &str) -> String {
    let written: Vec<String> = pairs(object, facet)
        .iter()
        .map(|(name, value)| format!("{name} = {}", quote_literal(value)))
        .collect();
    if written.is_empty() {
        return String::new();
    }
    format!(" WITH ({})", written.join(", "))
}

/// What was granted to whom; the words behind a privilege (`with grant option`) are left out.
fn grants(object: &Object) -> Grants {
    let mut grants = Grants::default();
    let Some(Value::Map(entries)) = object.facets.get("privileges") else {
        return grants;
    };
    for (role, value) in entries {
        let Value::List(held) = value else { continue };
        let privileges = held
            .iter()
            .filter_map(Value::as_text)
            .filter_map(|text| text.split(" with ").next()?.split(" granted ").next())
            .map(Box::from);
        let own = grants.granted.entry(Arc::from(&**role)).or_default();
        own.extend(privileges);
        if own.is_empty() {
            grants.granted.remove(&**role);
            grants.revoked_from_public |= &**role == "public";
        }
    }
    grants
}
