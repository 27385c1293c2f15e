//! What a kind of object is: where it lives, how it is called, which facets it has.

use crate::model::Level;

use super::acl::AclClass;
use super::value::Value;

/// A kind of object, as one file in `kinds/` describes it.
///
/// The query of a kind is put together from this table for each major version ([`super::kind_query`]): identity
/// columns, then one column per facet that exists there.
#[derive(Debug)]
pub struct Kind {
    /// The name in messages and files: `materialized view`.
    pub name: &'static str,
    /// The key that holds children of this kind in their parent's file: `policies`.
    pub plural: &'static str,
    /// Where objects of this kind live.
    pub home: Home,
    /// How the name is written.
    pub shown: Shown,
    /// The first major version that has this kind.
    pub since: u32,
    /// Whether the order of siblings is part of the schema.
    pub ordered: bool,
    /// The catalog that the object's own row is in: comments, labels and extension membership hang on it.
    pub catalog: &'static str,
    /// SQL: the oid of that row.
    pub oid: &'static str,
    /// SQL: the sub-object number of comments and labels, `0` but for columns.
    pub sub: &'static str,
    /// SQL: the columns that make the identity.
    pub identity: Identity,
    /// SQL: tables and joins, without the key word FROM.
    pub from: &'static str,
    /// SQL: which rows, without the key word WHERE.
    pub filter: &'static str,
    /// SQL: each (catalog, oid) whose extension membership excludes the row.
    pub members: &'static [(&'static str, &'static str)],
    /// SQL: the name of the role whose implied privileges are left out of `privileges`.
    pub acl_owner: Option<&'static str>,
    /// The facets, in the order that files show them.
    pub facets: &'static [Facet],
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

impl Kind {
    /// What most kinds have in common; add to it with struct update.
    pub(super) const COMMON: Kind = Kind {
        name: "",
        plural: "",
        home: Home::Schema,
        shown: Shown::Qualified,
        since: 0,
        ordered: false,
        catalog: "",
        oid: "",
        sub: "0",
        identity: Identity::named(""),
        from: "",
        filter: "true",
        members: &[],
        acl_owner: None,
        facets: &[],
    };

    /// Returns the facet of a name.
    pub fn facet(&'static self, name: &str) -> Option<&'static Facet> {
        self.facets.iter().find(|facet| facet.name == name)
    }

    /// Returns the name as a folder is called: `materialized_view`.
    pub fn folder(&self) -> String {
        self.name.replace(' ', "_")
    }

    /// Says whether objects of this kind belong to a parent.
    pub fn is_child(&self) -> bool {
        self.home == Home::Child
    }
}

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// In a schema.
    Schema,
    /// In the database, outside schemas.
    Database,
    /// In the cluster.
    Cluster,
    /// In another object, which the query names.
    Child,
}

/// How a name is written for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// `public.t`, `public.f(integer)`.
    Qualified,
    /// A child written after its parent: `public.t.c`.
    Dotted,
    /// A child written before its parent: `p on table public.t`.
    On,
    /// A child that has a name of its own in the schema: `public.t_pkey`.
    InSchema,
    /// `public.o using btree`.
    Using,
    /// `app for schema public`.
    For,
    /// The name is already a phrase: `(text AS citext)`.
    Verbatim,
}

/// SQL expressions that make an identity.
#[derive(Debug)]
pub struct Identity {
    /// The schema of the top-level object.
    pub schema: Option<&'static str>,
    /// The chain of parents, the top-level object first.
    pub parents: &'static [ParentColumns],
    /// The name.
    pub name: &'static str,
    /// What else tells it from others of the same name.
    pub signature: Option<&'static str>,
    /// Whether the name is that of a role and follows the canonical migration role.
    pub name_is_role: bool,
}

impl Identity {
    /// An identity of a name alone; add to it with struct update.
    pub const fn named(name: &'static str) -> Self {
        Identity {
            schema: None,
            parents: &[],
            name,
            signature: None,
            name_is_role: false,
        }
    }
}

/// SQL expressions for one parent: the name of its kind and its own name.
#[derive(Debug)]
pub struct ParentColumns {
    /// The name of its kind, as in [`Kind::name`].
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// One property of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Facet {
    /// The name in messages and files: `row security`.
    pub name: &'static str,
    /// SQL: its value, or NULL for the default.
    pub sql: &'static str,
    /// SQL for servers before a major version: (first major that no longer wants it, expression), ascending.
    pub older: &'static [(u32, &'static str)],
    /// The first major version that has it.
    pub since: u32,
    /// How its text is read.
    pub shape: Shape,
    /// What is left out.
    pub default: Literal,
    /// How two values are compared.
    pub compare: Compare,
    /// How much a difference matters.
    pub level: Level,
    /// Whether configuration may not lower the level.
    pub fixed: bool,
}

/// How the text of a facet's column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `t` or `f`.
    Bool,
    /// A whole number.
    Int,
    /// Text as it is.
    Text,
    /// The name of a role.
    Role,
    /// An array of role names, where order has no meaning.
    Roles,
    /// An array whose order has a meaning.
    List,
    /// An array whose order has no meaning.
    Set,
    /// An array of `key=value` with the keys that are known.
    Options(OptionKeys),
    /// An array of `aclitem` as text, against the default of a class of objects.
    Acl(AclClass),
}

/// Which keys of an option array are part of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKeys {
    /// Every key.
    All,
    /// These; others are reported as unknown and not compared.
    Only(&'static [&'static str]),
}

/// How two values of a facet are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Equal values.
    Exact,
    /// Equal as SQL expressions, queries or definitions: see `expression.rs`.
    Sql,
    /// Equal text of several lines; shown as a unified diff.
    Body,
    /// Equal as sets of privileges by grantee.
    Privileges,
}

impl Facet {
    const fn new(name: &'static str, sql: &'static str, shape: Shape) -> Self {
        Facet {
            name,
            sql,
            older: &[],
            since: 0,
            shape,
            default: Literal::Null,
            compare: Compare::Exact,
            level: Level::Error,
            fixed: false,
        }
    }

    /// Yes or no; "no" is the default.
    pub const fn bool(name: &'static str, sql: &'static str) -> Self {
        let mut facet = Self::new(name, sql, Shape::Bool);
        facet.default = Literal::Bool(false);
        facet
    }

    /// Yes or no; "yes" is the default.
    pub const fn bool_yes(name: &'static str, sql: &'static str) -> Self {
        let mut facet = Self::new(name, sql, Shape::Bool);
        facet.default = Literal::Bool(true);
        facet
    }

    /// A number.
    pub const fn int(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Int)
    }

    /// Text that is compared as it is.
    pub const fn text(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Text)
    }

    /// An expression, a query or a definition in SQL, as the server deparses it.
    pub const fn sql(name: &'static str, sql: &'static str) -> Self {
        let mut facet = Self::new(name, sql, Shape::Text);
        facet.compare = Compare::Sql;
        facet
    }

    /// Text of several lines that is compared as it is.
    pub const fn body(name: &'static str, sql: &'static str) -> Self {
        let mut facet = Self::new(name, sql, Shape::Text);
        facet.compare = Compare::Body;
        facet
    }

    /// A list whose order has a meaning.
    pub const fn list(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::List)
    }

    /// A list whose order has no meaning.
    pub const fn set(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Set)
    }

    /// Options, from an array of `key=value`.
    pub const fn options(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Options(OptionKeys::All)).level(Level::Warning)
    }

    /// Options of which only these keys are part of the schema.
    pub const fn known_options(name: &'static str, sql: &'static str, keys: &'static [&'static str]) -> Self {
        Self::new(name, sql, Shape::Options(OptionKeys::Only(keys))).level(Level::Warning)
    }

    /// Role names whose order has no meaning.
    pub const fn roles(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Roles)
    }

    /// The name of a role.
    pub const fn role(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Role)
    }

    /// Who owns the object. A difference is an error that configuration cannot lower.
    pub const fn owner(sql: &'static str) -> Self {
        Self::new("owner", sql, Shape::Role).fixed()
    }

    /// What is granted, from an ACL column. A difference is an error that configuration cannot lower.
    pub const fn privileges(sql: &'static str, class: AclClass) -> Self {
        let mut facet = Self::new("privileges", sql, Shape::Acl(class)).fixed();
        facet.compare = Compare::Privileges;
        facet
    }

    /// The comment; the engine joins `pg_description` or `pg_shdescription` for it.
    pub const fn comment() -> Self {
        let mut facet = Self::new("comment", "description.description", Shape::Text).level(Level::Warning);
        facet.compare = Compare::Body;
        facet
    }

    /// Security labels by provider; the engine joins them.
    pub const fn labels() -> Self {
        Self::new("security labels", "label.labels", Shape::Options(OptionKeys::All)).fixed()
    }

    /// Goes by another name.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Appeared in this major version.
    pub const fn since(mut self, major: u32) -> Self {
        self.since = major;
        self
    }

    /// Is read otherwise on servers before a major version.
    pub const fn older(mut self, older: &'static [(u32, &'static str)]) -> Self {
        self.older = older;
        self
    }

    /// Matters this much.
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Matters as an error, and configuration cannot lower it.
    pub const fn fixed(mut self) -> Self {
        self.level = Level::Error;
        self.fixed = true;
        self
    }

    /// Leaves out this number.
    pub const fn but(mut self, default: i64) -> Self {
        self.default = Literal::Int(default);
        self
    }

    /// Leaves out this text.
    pub const fn but_text(mut self, default: &'static str) -> Self {
        self.default = Literal::Text(default);
        self
    }

    /// Returns the SQL expression for a major version.
    pub fn sql_for(&self, major: u32) -> &'static str {
        self.older
            .iter()
            .find(|(until, _)| major < *until)
            .map_or(self.sql, |(_, sql)| sql)
    }

    /// Says whether a value is what the file leaves out.
    pub fn is_default(&self, value: &Value) -> bool {
        match (self.default, value) {
            (Literal::Bool(default), Value::Bool(value)) => default == *value,
            (Literal::Int(default), Value::Int(value)) => default == *value,
            (Literal::Text(default), Value::Text(value)) => default == &**value,
            (_, value) => value.is_empty(),
        }
    }

    /// Returns what an absent facet means.
    pub fn default_value(&self) -> Value {
        match self.default {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(value),
            Literal::Int(value) => Value::Int(value),
            Literal::Text(value) => Value::text(value),
        }
    }
}

/// A value that can stand in a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Int(i64),
    /// Text.
    Text(&'static str),
}
