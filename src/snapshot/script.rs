//! A catalog as SQL text, for readers that know SQL and no catalog.
//!
//! What shapes tables and what guards them is written: columns, constraints, indexes, views, functions, triggers, row
//! security, policies, owners, grants. It is read by the linter, never run: storage, statistics and whatever else does
//! not matter there is left out.

use crate::catalog::{Catalog, Object, ObjectId, Value};
use crate::model::{quote_identifier, quote_literal};

/// Writes the objects in an order in which almost everything comes after what it needs.
pub fn script(catalog: &Catalog) -> String {
    let mut script = Script {
        catalog,
        text: String::new(),
    };
    script.each("schema", |id, _| {
        format!("CREATE SCHEMA IF NOT EXISTS {};", quote_identifier(&id.name))
    });
    script.each("extension", |id, _| {
        format!("CREATE EXTENSION IF NOT EXISTS {};", quote_identifier(&id.name))
    });
    script.each("enum type", enum_type);
    script.each("domain", domain);
    script.each("sequence", |id, _| format!("CREATE SEQUENCE {};", qualified(id)));
    script.tables();
    script.each("function", |id, object| routine("FUNCTION", id, object));
    script.each("procedure", |id, object| routine("PROCEDURE", id, object));
    for keys_first in [true, false] {
        script.each("constraint", |id, object| constraint(id, object, keys_first));
    }
    script.views();
    script.each("index", |_, object| ended(text(object, "definition")));
    script.each("trigger", trigger);
    script.each("table", row_security);
    script.each("policy", policy);
    for (kind, word) in [
        ("table", "TABLE"),
        ("view", "VIEW"),
        ("materialized view", "MATERIALIZED VIEW"),
        ("sequence", "SEQUENCE"),
    ] {
        script.each(kind, |id, object| owned(word, &qualified(id), object));
    }
    script.each("column", |id, object| match &id.parent {
        Some(table) => comment(
            "COLUMN",
            &format!("{}.{}", qualified(table), quote_identifier(&id.name)),
            object,
        ),
        None => String::new(),
    });
    script.text
}

struct Script<'a> {
    catalog: &'a Catalog,
    text: String,
}

impl Script<'_> {
    fn each(&mut self, kind: &str, write: impl Fn(&ObjectId, &Object) -> String) {
        for (id, object) in self.catalog.of_kind(kind) {
            let written = write(id, object);
            if !written.is_empty() {
                self.text.push_str(&written);
                self.text.push('\n');
            }
        }
    }

    /// Partitioned tables and parents first: whoever names a parent comes after everything that does not.
    fn tables(&mut self) {
        for has_parent in [false, true] {
            let tables: Vec<(&ObjectId, &Object)> = self.catalog.of_kind("table").collect();
            for (id, object) in tables {
                let parent =
                    object.facets.get("partition of").is_some() || object.facets.get("inherits").is_some();
                if parent == has_parent {
                    let written = self.table(id, object);
                    self.text.push_str(&written);
                }
            }
        }
    }

    fn table(&self, id: &ObjectId, object: &Object) -> String {
        let name = qualified(id);
        let head = match text(object, "persistence") {
            "unlogged" => "CREATE UNLOGGED TABLE",
            _ => "CREATE TABLE",
        };
        let parent = text(object, "partition of");
        if !parent.is_empty() {
            let bound = text(object, "partition bound");
            return format!(
                "{head} {name} PARTITION OF {parent} {bound}{};\n",
                partition_key(object)
            );
        }
        let mut columns: Vec<(u32, String)> = self
            .catalog
            .of_kind("column")
            .filter(|(column, _)| column.parent.as_deref() == Some(id))
            .map(|(column, object)| {
                (
                    object.position.unwrap_or(u32::MAX),
                    column_definition(column, object),
                )
            })
            .collect();
        columns.sort();
        let columns: Vec<String> = columns.into_iter().map(|(_, column)| column).collect();
        let inherits = match object.facets.get("inherits") {
            Some(Value::List(parents)) => {
                let parents: Vec<&str> = parents.iter().filter_map(Value::as_text).collect();
                format!(" INHERITS ({})", parents.join(", "))
            }
            _ => String::new(),
        };
        format!(
            "{head} {name} ({}){inherits}{};\n",
            columns.join(", "),
            partition_key(object)
        )
    }

    /// Views after those that their definitions name.
    fn views(&mut self) {
        let views = self.catalog.of_kind("view").map(|found| ("VIEW", found));
        let materialized = self.catalog.of_kind("materialized view");
        let materialized = materialized.map(|found| ("MATERIALIZED VIEW", found));
        let mut open: Vec<(&str, (&ObjectId, &Object))> = views.chain(materialized).collect();
        while !open.is_empty() {
            let names: Vec<String> = open.iter().map(|(_, (id, _))| id.qualified_name()).collect();
            let waits = |at: usize, object: &Object| {
                let definition = text(object, "definition");
                names
                    .iter()
                    .enumerate()
                    .any(|(other, name)| other != at && definition.contains(name.as_str()))
            };
            let ready: Vec<usize> = (0..open.len()).filter(|at| !waits(*at, open[*at].1.1)).collect();
            // Two that name each other, if only in a comment, come in the order of their names.
            let ready = if ready.is_empty() { vec![0] } else { ready };
            for at in ready.into_iter().rev() {
                let (word, (id, object)) = open.remove(at);
                let definition = text(object, "definition").trim().trim_end_matches(';');
                let data = match object.facets.get("populated") {
                    Some(Value::Bool(false)) => " WITH NO DATA",
                    _ => "",
                };
                let options = options(object, "options");
                let name = qualified(id);
                self.text
                    .push_str(&format!("CREATE {word} {name}{options} AS {definition}{data};\n"));
            }
        }
    }
}

/// A name as SQL, with its schema.
fn qualified(id: &ObjectId) -> String {
    match id.schema() {
        Some(schema) => format!("{}.{}", quote_identifier(schema), quote_identifier(&id.name)),
        None => quote_identifier(&id.name),
    }
}

fn text<'o>(object: &'o Object, facet: &str) -> &'o str {
    object
        .facets
        .get(facet)
        .and_then(Value::as_text)
        .unwrap_or_default()
}

fn is(object: &Object, facet: &str) -> bool {
    object.facets.get(facet) == Some(&Value::Bool(true))
}

fn ended(definition: &str) -> String {
    match definition.trim().trim_end_matches(';') {
        "" => String::new(),
        definition => format!("{definition};"),
    }
}

fn options(object: &Object, facet: &str) -> String {
    let Some(Value::Map(entries)) = object.facets.get(facet) else {
        return String::new();
    };
    let entries: Vec<String> = entries
        .iter()
        .map(|(name, value)| format!("{name} = {}", quote_literal(value.as_text().unwrap_or("true"))))
        .collect();
    format!(" WITH ({})", entries.join(", "))
}

fn partition_key(object: &Object) -> String {
    match text(object, "partition key") {
        "" => String::new(),
        key => format!(" PARTITION BY {key}"),
    }
}

fn column_definition(id: &ObjectId, object: &Object) -> String {
    let mut written = format!("{} {}", quote_identifier(&id.name), text(object, "type"));
    match text(object, "collation") {
        "" => {}
        collation => written.push_str(&format!(" COLLATE {collation}")),
    }
    if is(object, "not null") {
        written.push_str(" NOT NULL");
    }
    match (text(object, "default"), text(object, "generation expression")) {
        ("", "") => {}
        ("", expression) => {
            let how = text(object, "generated").to_ascii_uppercase();
            written.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {how}"));
        }
        (default, _) => written.push_str(&format!(" DEFAULT {default}")),
    }
    match text(object, "identity") {
        "" => {}
        how => written.push_str(&format!(" GENERATED {} AS IDENTITY", how.to_ascii_uppercase())),
    }
    written
}

fn enum_type(id: &ObjectId, object: &Object) -> String {
    let labels = match object.facets.get("labels") {
        Some(Value::List(labels)) => labels
            .iter()
            .filter_map(Value::as_text)
            .map(quote_literal)
            .collect(),
        _ => Vec::new(),
    };
    format!("CREATE TYPE {} AS ENUM ({});", qualified(id), labels.join(", "))
}

fn domain(id: &ObjectId, object: &Object) -> String {
    let default = match text(object, "default") {
        "" => String::new(),
        default => format!(" DEFAULT {default}"),
    };
    let not_null = if is(object, "not null") { " NOT NULL" } else { "" };
    format!(
        "CREATE DOMAIN {} AS {}{default}{not_null};",
        qualified(id),
        text(object, "type")
    )
}

fn routine(word: &str, id: &ObjectId, object: &Object) -> String {
    let returns = match text(object, "returns") {
        "" => String::new(),
        returns => format!(" RETURNS {returns}"),
    };
    let definer = if is(object, "security definer") {
        " SECURITY DEFINER"
    } else {
        ""
    };
    let settings = match object.facets.get("settings") {
        Some(Value::Map(settings)) => settings
            .iter()
            .map(|(name, value)| {
                format!(
                    " SET {name} = {}",
                    quote_literal(value.as_text().unwrap_or_default())
                )
            })
            .collect(),
        _ => String::new(),
    };
    let body = match text(object, "SQL body") {
        "" => format!(" AS {}", quote_literal(text(object, "body"))),
        body => format!(" {body}"),
    };
    format!(
        "CREATE {word} {}({}){returns} LANGUAGE {} {}{definer}{settings}{body};",
        qualified(id),
        text(object, "arguments"),
        quote_identifier(text(object, "language")),
        text(object, "volatility").to_ascii_uppercase(),
    )
}

fn constraint(id: &ObjectId, object: &Object, keys: bool) -> String {
    let definition = text(object, "definition");
    let is_key = definition.starts_with("PRIMARY KEY") || definition.starts_with("UNIQUE");
    let Some(table) = id
        .parent
        .as_ref()
        .filter(|_| is_key == keys && !definition.is_empty())
    else {
        return String::new();
    };
    let mut written = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} {definition}",
        qualified(table),
        quote_identifier(&id.name)
    );
    if is(object, "deferrable") && !definition.contains("DEFERRABLE") {
        written.push_str(" DEFERRABLE");
    }
    if is(object, "initially deferred") && !definition.contains("INITIALLY DEFERRED") {
        written.push_str(" INITIALLY DEFERRED");
    }
    if object.facets.get("validated") == Some(&Value::Bool(false)) && !definition.ends_with("NOT VALID") {
        written.push_str(" NOT VALID");
    }
    written + ";"
}

fn trigger(id: &ObjectId, object: &Object) -> String {
    let mut written = ended(text(object, "definition"));
    let word = match text(object, "enabled") {
        "disabled" => "DISABLE",
        "replica" => "ENABLE REPLICA",
        "always" => "ENABLE ALWAYS",
        _ => return written,
    };
    if let Some(table) = &id.parent {
        let name = quote_identifier(&id.name);
        written.push_str(&format!(
            "\nALTER TABLE {} {word} TRIGGER {name};",
            qualified(table)
        ));
    }
    written
}

fn row_security(id: &ObjectId, object: &Object) -> String {
    let name = qualified(id);
    let mut written = Vec::new();
    if is(object, "row security") {
        written.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"));
    }
    if is(object, "force row security") {
        written.push(format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"));
    }
    written.join("\n")
}

fn policy(id: &ObjectId, object: &Object) -> String {
    let Some(table) = &id.parent else {
        return String::new();
    };
    let mut written = format!(
        "CREATE POLICY {} ON {}",
        quote_identifier(&id.name),
        qualified(table)
    );
    if object.facets.get("permissive") == Some(&Value::Bool(false)) {
        written.push_str(" AS RESTRICTIVE");
    }
    match text(object, "command") {
        "" => {}
        command => written.push_str(&format!(" FOR {}", command.to_ascii_uppercase())),
    }
    if let Some(Value::List(roles)) = object.facets.get("roles") {
        let roles: Vec<String> = roles.iter().filter_map(Value::as_text).map(role).collect();
        written.push_str(&format!(" TO {}", roles.join(", ")));
    }
    for (facet, word) in [("using", "USING"), ("check", "WITH CHECK")] {
        match text(object, facet) {
            "" => {}
            expression => written.push_str(&format!(" {word} ({expression})")),
        }
    }
    written + ";"
}

fn role(name: &str) -> String {
    match name {
        "public" => "PUBLIC".to_owned(),
        name => quote_identifier(name),
    }
}

/// Owner, privileges and comment of a relation.
fn owned(word: &str, name: &str, object: &Object) -> String {
    let mut written = Vec::new();
    match text(object, "owner") {
        "" => {}
        owner => written.push(format!(
            "ALTER {word} {name} OWNER TO {};",
            quote_identifier(owner)
        )),
    }
    if let Some(Value::Map(grantees)) = object.facets.get("privileges") {
        let on = if word == "SEQUENCE" { "SEQUENCE" } else { "TABLE" };
        for (grantee, privileges) in grantees {
            let Value::List(privileges) = privileges else {
                continue;
            };
            let names = privileges.iter().filter_map(Value::as_text);
            let names: Vec<&str> = names.filter_map(|name| name.split(' ').next()).collect();
            written.push(format!(
                "GRANT {} ON {on} {name} TO {};",
                names.join(", "),
                role(grantee)
            ));
        }
    }
    match comment(word, name, object) {
        comment if comment.is_empty() => {}
        comment => written.push(comment),
    }
    written.join("\n")
}

fn comment(word: &str, name: &str, object: &Object) -> String {
    match text(object, "comment") {
        "" => String::new(),
        comment => format!("COMMENT ON {word} {name} IS {};", quote_literal(comment)),
    }
}
