//! What a kind of object is: where it lives, how it is called, which facets it has.

use super::facet::Facet;

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
    /// Whether objects of this kind are read only where the configuration asks for them; otherwise they are counted.
    pub on_request: bool,
    /// SQL that counts the objects with what every role may read, for those who may not read them.
    pub count: Option<&'static str>,
    /// What brings such an object by itself, so that it is not told twice.
    pub implied_by: Option<ImpliedBy>,
    /// Whether an object says something only where both sides have it: what the other side is not known to have.
    pub both_sided: bool,
    /// What initdb makes otherwise from some major on.
    pub initial: &'static [Initial],
    /// What tells the columns of relations, for those kinds that are made of columns; they are read first.
    pub attribute: Option<AttributeColumns>,
    /// The facets, in the order that files show them.
    pub facets: &'static [Facet],
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.name == other.name
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
        on_request: false,
        count: None,
        implied_by: None,
        both_sided: false,
        initial: &[],
        attribute: None,
        facets: &[],
    };

    /// Returns the facet of a name.
    pub fn facet(&'static self, name: &str) -> Option<&'static Facet> {
        self.facets.iter().find(|facet| facet.name == name)
    }

    /// Returns the name as a folder is called: `materialized_view`.
    pub fn folder(&self) -> String {
        self.name.replace([' ', '-'], "_")
    }

    /// Says whether objects of this kind belong to a parent.
    pub fn is_child(&self) -> bool {
        self.home == Home::Child
    }
}

/// What brings an object by itself: SET NOT NULL makes a constraint with a name of the server's choice.
#[derive(Debug)]
pub struct ImpliedBy {
    /// The kind of the sibling that brings it, which the facet of the same name names; the parent where there is none.
    pub sibling: Option<&'static str>,
    /// The facet there whose change brings it.
    pub facet: &'static str,
    /// How a name of the server's choice ends.
    pub suffix: &'static str,
    /// The facets that such an object may have and still be nothing of its own.
    pub beside: &'static [&'static str],
}

/// A value that initdb gives to an object of its own, and that changed with a major version.
#[derive(Debug)]
pub struct Initial {
    /// The object.
    pub name: &'static str,
    /// The facet.
    pub facet: &'static str,
    /// The first major version of the later value.
    pub major: u32,
    /// The value before, as messages show it.
    pub before: &'static str,
    /// The value since.
    pub since: &'static str,
}

/// SQL expressions for what definitions know a column by.
#[derive(Debug)]
pub struct AttributeColumns {
    /// The oid of its relation.
    pub relation: &'static str,
    /// Its number there.
    pub number: &'static str,
    /// The oid of its type.
    pub datatype: &'static str,
    /// The oid of its collation.
    pub collation: &'static str,
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
