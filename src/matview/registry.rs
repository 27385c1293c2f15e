//! The registry of materialized views and its check, both ways.

use crate::model::{Finding, Level, QualifiedName, RoleName};
use crate::pg::{PgError, Session};

/// The closed set of materialized views that a project declares.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The views in the order of the configuration.
    pub entries: Vec<Entry>,
    /// The schemas that the registry speaks for; empty means every schema.
    pub schemas: Vec<String>,
}

/// A declared view.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Schema and name.
    pub name: QualifiedName,
    /// The role that has to own it.
    pub owner: Option<RoleName>,
}

/// A materialized view as the catalog holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Schema and name.
    pub name: QualifiedName,
    /// The owner.
    pub owner: String,
    /// Whether a unique index serves REFRESH … CONCURRENTLY.
    pub concurrently: bool,
    /// Relations that the view reads and that its owner may not SELECT.
    pub denied: Vec<String>,
}

/// A unique index serves CONCURRENTLY if it is valid, has neither predicate nor expressions and covers all rows
/// (manual, REFRESH MATERIALIZED VIEW, major 15). A view reads the relations that its rewrite rule depends on.
const VIEWS: &str = "
SELECT n.nspname,
       c.relname,
       pg_catalog.pg_get_userbyid(c.relowner),
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
                  AND i.indpred IS NULL AND i.indexprs IS NULL)::text,
       COALESCE((SELECT pg_catalog.string_agg(s.source, ',' ORDER BY s.source)
                   FROM (SELECT DISTINCT pg_catalog.quote_ident(sn.nspname) || '.' || pg_catalog.quote_ident(sc.relname) AS source
                           FROM pg_catalog.pg_rewrite r
                           JOIN pg_catalog.pg_depend d
                             ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid
                           JOIN pg_catalog.pg_class sc ON sc.oid = d.refobjid
                           JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
                          WHERE r.ev_class = c.oid
                            AND NOT pg_catalog.has_any_column_privilege(c.relowner, sc.oid, 'SELECT')) s), '')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname";

/// Reads the materialized views of a database and compares them with the registry.
pub fn check(session: &mut Session, registry: &Registry) -> Result<Vec<Finding>, PgError> {
    let views: Vec<Source> = session.text_rows(VIEWS)?.into_iter().map(view).collect();
    Ok(compare(registry, &views))
}

fn view(row: Vec<Option<String>>) -> Source {
    let mut fields = row.into_iter().map(Option::unwrap_or_default);
    let mut next = || fields.next().unwrap_or_default();
    Source {
        name: QualifiedName::new(next(), next()),
        owner: next(),
        concurrently: next() == "true",
        denied: next()
            .split(',')
            .filter(|source| !source.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

/// Compares the registry with the views of a database, both ways: names, owners, sources and unique indexes.
pub fn compare(registry: &Registry, views: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let in_scope =
        |name: &QualifiedName| registry.schemas.is_empty() || registry.schemas.contains(&name.schema);
    let declared = |name: &QualifiedName| registry.entries.iter().find(|entry| entry.name == *name);
    let unlisted: Vec<&Source> = views
        .iter()
        .filter(|view| in_scope(&view.name) && declared(&view.name).is_none())
        .collect();
    let absent: Vec<&Entry> = registry
        .entries
        .iter()
        .filter(|entry| !views.iter().any(|view| view.name == entry.name))
        .collect();
    let balance = format!(
        "The registry declares {}, the database holds {}.",
        registry.entries.len(),
        views.iter().filter(|view| in_scope(&view.name)).count()
    );
    for view in unlisted {
        findings.push(
            Finding::new(
                "matview-missing-from-registry",
                Level::Error,
                format!("materialized view \"{}\" is in the database but missing from the registry", view.name),
            )
            .object(view.name.to_string())
            .detail(balance.clone())
            .hint("Declare it under \"matviews\" in zerodrift.yaml with its schedule, or drop it in a revision."),
        );
    }
    for entry in absent {
        findings.push(
            Finding::new(
                "matview-missing-from-database",
                Level::Error,
                format!("materialized view \"{}\" is declared in the registry but missing from the database", entry.name),
            )
            .object(entry.name.to_string())
            .detail(balance.clone())
            .hint(
                "Bring it back in a revision. Removing it from the registry would make both sides equal and the \
                 contract broken.",
            ),
        );
    }
    for view in views {
        if let Some(entry) = declared(&view.name) {
            findings.extend(wrong_owner(entry, view));
            findings.extend(unusable(view));
        }
    }
    findings
}

fn wrong_owner(entry: &Entry, view: &Source) -> Option<Finding> {
    let expected = entry.owner.as_ref().filter(|owner| owner.0 != view.owner)?;
    Some(
        Finding::new(
            "matview-owner",
            Level::Error,
            format!("owner of materialized view \"{}\" is \"{}\", expected \"{expected}\"", view.name, view.owner),
        )
        .object(view.name.to_string())
        .detail(format!(
            "Only its owner may refresh a materialized view: \"{expected}\" gets 42501 \"must be owner of materialized view\"."
        ))
        .hint(format!("ALTER MATERIALIZED VIEW {} OWNER TO {};", view.name.quoted(), expected.quoted())),
    )
}

fn unusable(view: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !view.denied.is_empty() {
        findings.push(
            Finding::new(
                "matview-source-denied",
                Level::Error,
                format!(
                    "owner \"{}\" of materialized view \"{}\" may not SELECT {}",
                    view.owner,
                    view.name,
                    view.denied.join(", ")
                ),
            )
            .object(view.name.to_string())
            .detail("A refresh runs with the rights of the owner, whoever asks for it, and fails with 42501.")
            .hint(format!(
                "GRANT SELECT ON {} TO {};",
                view.denied.join(", "),
                RoleName(view.owner.clone()).quoted()
            )),
        );
    }
    if !view.concurrently {
        findings.push(
            Finding::new(
                "matview-without-unique-index",
                Level::Error,
                format!(
                    "materialized view \"{}\" has no unique index that serves REFRESH CONCURRENTLY",
                    view.name
                ),
            )
            .object(view.name.to_string())
            .hint("Create a unique index on plain columns, without WHERE, that covers all rows."),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, owner: &str) -> Source {
        Source {
            name: QualifiedName::new("public", name),
            owner: owner.to_owned(),
            concurrently: true,
            denied: Vec::new(),
        }
    }

    fn registry(names: &[&str]) -> Registry {
        let entry = |name: &&str| Entry {
            name: QualifiedName::new("public", *name),
            owner: Some(RoleName("app_user".to_owned())),
        };
        Registry {
            entries: names.iter().map(entry).collect(),
            schemas: vec!["public".to_owned()],
        }
    }

    #[test]
    fn equal_counts_with_different_names_are_found_both_ways() {
        let findings = compare(
            &registry(&["a", "b"]),
            &[source("a", "app_user"), source("c", "app_user")],
        );
        let rules: Vec<_> = findings
            .iter()
            .map(|finding| (finding.rule, finding.object.as_deref()))
            .collect();
        assert_eq!(
            rules,
            [
                ("matview-missing-from-registry", Some("public.c")),
                ("matview-missing-from-database", Some("public.b"))
            ]
        );
    }

    #[test]
    fn owner_is_compared_per_view() {
        let findings = compare(
            &registry(&["a", "b"]),
            &[source("a", "postgres"), source("b", "app_user")],
        );
        let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            messages,
            ["owner of materialized view \"public.a\" is \"postgres\", expected \"app_user\""]
        );
    }

    #[test]
    fn views_of_other_schemas_are_not_the_registry_s() {
        let mut foreign = source("x", "postgres");
        foreign.name.schema = "reporting".to_owned();
        assert!(compare(&registry(&[]), &[foreign]).is_empty());
    }
}
