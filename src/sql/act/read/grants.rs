//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use super::names::{Reader, name_of, word, words_of};
use super::objects::role;
use crate::sql::act::Action;
use crate::sql::act::object::{Grant, ObjectKind as O, Privilege};
use crate::sql::parse::{Node, SyntaxKind as K};

/// What stands behind ON, and what sort of object it names.
const NAMED: [(K, O); 17] = [
    (K::PRIVILEGE_DATABASE, O::Database),
    (K::PRIVILEGE_DEFAULT, O::Table),
    (K::PRIVILEGE_DOMAIN, O::Domain),
    (K::PRIVILEGE_FOREIGN_DATA_WRAPPER, O::ForeignDataWrapper),
    (K::PRIVILEGE_FOREIGN_SERVER, O::Server),
    (K::PRIVILEGE_FUNCTION, O::Function),
    (K::PRIVILEGE_LANGUAGE, O::Language),
    (K::PRIVILEGE_LARGE_OBJECT, O::LargeObject),
    (K::PRIVILEGE_PARAMETER, O::Parameter),
    (K::PRIVILEGE_PROCEDURE, O::Procedure),
    (K::PRIVILEGE_PROPERTY_GRAPH, O::Table),
    (K::PRIVILEGE_ROUTINE, O::Routine),
    (K::PRIVILEGE_SCHEMA, O::Schema),
    (K::PRIVILEGE_SEQUENCE, O::Sequence),
    (K::PRIVILEGE_TABLE, O::Table),
    (K::PRIVILEGE_TABLESPACE, O::Tablespace),
    (K::PRIVILEGE_TYPE, O::Type),
];

/// `ALL … IN SCHEMA`, and the words of ALTER DEFAULT PRIVILEGES.
const ALL_OF: [(K, O); 12] = [
    (K::PRIVILEGE_ALL_FUNCTIONS_IN_SCHEMA, O::Function),
    (K::PRIVILEGE_ALL_PROCEDURES_IN_SCHEMA, O::Procedure),
    (K::PRIVILEGE_ALL_ROUTINES_IN_SCHEMA, O::Routine),
    (K::PRIVILEGE_ALL_SEQUENCES_IN_SCHEMA, O::Sequence),
    (K::PRIVILEGE_ALL_TABLES_IN_SCHEMA, O::Table),
    (K::PRIVILEGE_TARGET_FUNCTIONS, O::Function),
    (K::PRIVILEGE_TARGET_LARGE_OBJECTS, O::LargeObject),
    (K::PRIVILEGE_TARGET_ROUTINES, O::Routine),
    (K::PRIVILEGE_TARGET_SCHEMAS, O::Schema),
    (K::PRIVILEGE_TARGET_SEQUENCES, O::Sequence),
    (K::PRIVILEGE_TARGET_TABLES, O::Table),
    (K::PRIVILEGE_TARGET_TYPES, O::Type),
];

impl Reader<'_> {
    /// Reads GRANT and REVOKE.
    pub(super) fn grant(&mut self, node: Node<'_>) -> Action {
        Action::Grant(Box::new(self.grant_body(node, node.kind() == K::REVOKE)))
    }

    /// Reads ALTER DEFAULT PRIVILEGES.
    pub(super) fn default_privileges(&mut self, node: Node<'_>) -> Option<Action> {
        let body = node.child_of(&[K::GRANT_DEFAULT_PRIVILEGES, K::REVOKE_DEFAULT_PRIVILEGES])?;
        let mut grant = self.grant_body(body, body.kind() == K::REVOKE_DEFAULT_PRIVILEGES);
        grant.of_roles = false;
        let roles = node
            .child(K::FOR_ROLES)
            .and_then(|clause| clause.child(K::ROLE_REF_LIST));
        grant.for_roles = roles
            .map(|list| list.nodes().map(role).collect())
            .unwrap_or_default();
        let schemas = node.child(K::IN_SCHEMAS);
        grant.schemas = schemas
            .map(|clause| words_of(clause, K::SCHEMA_REF))
            .unwrap_or_default();
        Some(Action::DefaultPrivileges(Box::new(grant)))
    }

    fn grant_body(&mut self, node: Node<'_>, revoke: bool) -> Grant {
        let mut grant = Grant {
            revoke,
            privileges: Vec::new(),
            of_roles: !node.has(K::ON_PRIVILEGE_OBJECTS_CLAUSE) && !node.has(K::ON_KW),
            objects: Vec::new(),
            schemas: Vec::new(),
            all_of: None,
            grantees: Vec::new(),
            with_option: false,
            for_roles: Vec::new(),
            cascade: node.has(K::CASCADE),
        };
        for part in node.nodes() {
            match part.kind() {
                K::ALL_PRIVILEGES => grant.privileges.push(Privilege {
                    name: "ALL".into(),
                    columns: columns(part),
                }),
                K::REVOKE_COMMAND_LIST => {
                    grant
                        .privileges
                        .extend(part.nodes().map(|command| privilege(command, grant.of_roles)));
                }
                K::ON_PRIVILEGE_OBJECTS_CLAUSE => {
                    part.nodes()
                        .for_each(|objects| self.granted_on(objects, &mut grant));
                }
                K::ROLE_REF_LIST => grant.grantees.extend(part.nodes().map(role)),
                K::GRANT_WITH_CLAUSE => grant.with_option = with_option(part),
                K::GRANT_OPTION_FOR | K::ADMIN_OPTION_FOR => grant.with_option = true,
                _ => self.granted_on(part, &mut grant),
            }
        }
        grant
    }

    fn granted_on(&mut self, node: Node<'_>, grant: &mut Grant) {
        if let Some((_, kind)) = ALL_OF.iter().find(|(all, _)| *all == node.kind()) {
            grant.all_of = Some(*kind);
            grant.schemas.extend(words_of(node, K::SCHEMA_REF));
        }
        let Some((_, kind)) = NAMED.iter().find(|(named, _)| *named == node.kind()) else {
            return;
        };
        for part in node.nodes() {
            match part.kind() {
                K::FUNCTION_SIG_LIST | K::PROCEDURE_SIG_LIST | K::ROUTINE_SIG_LIST => {
                    grant
                        .objects
                        .extend(part.nodes().map(|object| self.object(object, *kind)));
                }
                K::CONFIG_PARAMETER_REF => {
                    let mut object = self.object(part, *kind);
                    object.name = super::objects::unqualified(&super::names::as_written(part));
                    grant.objects.push(object);
                }
                _ => grant.objects.push(self.object(part, *kind)),
            }
        }
    }
}

fn columns(part: Node<'_>) -> Vec<Box<str>> {
    let list = part.child(K::COLUMN_REF_LIST);
    list.map(|list| words_of(list, K::COLUMN_NAME_REF))
        .unwrap_or_default()
}

fn privilege(command: Node<'_>, of_roles: bool) -> Privilege {
    let name = match command.child(K::ROLE_REF) {
        Some(name) if of_roles => role(name),
        Some(name) => name_of(name).name.to_ascii_uppercase().into(),
        None if of_roles => command.children().next().map(word).unwrap_or_default(),
        None => {
            let words: Vec<String> = command
                .children()
                .take_while(|part| part.is_token())
                .map(|token| token.text().to_ascii_uppercase())
                .collect();
            words.join(" ").into()
        }
    };
    Privilege {
        name,
        columns: columns(command),
    }
}

/// WITH GRANT OPTION, WITH ADMIN OPTION, WITH ADMIN TRUE.
fn with_option(clause: Node<'_>) -> bool {
    if clause.has(K::GRANT_OPTION) {
        return true;
    }
    let options = clause
        .child(K::GRANT_ROLE_OPTION_LIST)
        .into_iter()
        .flat_map(Node::nodes);
    let mut admin = options.filter(|option| {
        let name = option.nodes().next();
        name.is_some_and(|name| name.text().eq_ignore_ascii_case("admin"))
    });
    admin.any(|option| !option.has(K::FALSE_KW))
}
