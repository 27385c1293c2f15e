//! What a facet is: one property of a kind, with its SQL, its shape, its default and its weight.

use crate::model::Level;

use super::acl::AclClass;
use super::deparse::Deparsed;
use super::value::Value;

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
    /// How its text is found without deparsing it for each object.
    pub deparsed: Option<&'static Deparsed>,
    /// Whether each major version of the server brings a value of its own, so that two majors say nothing.
    pub of_major: bool,
}

/// How the text of a facet's column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `true` or `false`.
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
    /// An array of `name=digest`, where the name may hold any sign.
    Digests,
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
    /// Equal digests of what must not be seen: kept in memory, never written or shown, and compared only where both
    /// sides were read from a server.
    Hidden,
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
            deparsed: None,
            of_major: false,
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

    /// Definitions by name, each compared as SQL, from an array of `name=definition`.
    pub const fn sql_options(name: &'static str, sql: &'static str) -> Self {
        let mut facet = Self::new(name, sql, Shape::Options(OptionKeys::All));
        facet.compare = Compare::Sql;
        facet
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

    /// Digests of members by name.
    pub const fn digests(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, Shape::Digests)
    }

    /// Digests of secrets, from an array of `name=digest`.
    pub const fn secrets(sql: &'static str) -> Self {
        let mut facet = Self::new("secrets", sql, Shape::Digests).level(Level::Warning);
        facet.compare = Compare::Hidden;
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

    /// Is found with few questions; `sql` gives the same text for each object by itself.
    pub const fn deparsed(mut self, deparsed: &'static Deparsed) -> Self {
        self.deparsed = Some(deparsed);
        self
    }

    /// Belongs to the server's major version.
    pub const fn of_major(mut self) -> Self {
        self.of_major = true;
        self
    }

    /// Leaves its level to the configuration.
    pub const fn free(mut self) -> Self {
        self.fixed = false;
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

    /// Says whether values stay in memory: no file, report or fingerprint has them.
    pub fn is_hidden(&self) -> bool {
        self.compare == Compare::Hidden
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
