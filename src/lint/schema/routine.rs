//! Functions, procedures and aggregates.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::relation::Grants;
use super::{Key, Origin};
use crate::sql::act::{Body, TypeName, Volatility};

/// A function, procedure or aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Routine {
    /// Its name.
    pub key: Key,
    /// The types of its arguments.
    pub arguments: Vec<TypeName>,
    /// PROCEDURE.
    pub is_procedure: bool,
    /// Whether it is a trigger function.
    pub is_trigger: bool,
    /// Its language in lower case.
    pub language: Box<str>,
    /// How its result depends on its arguments.
    pub volatility: Volatility,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// SET: the parameter in lower case, and its value.
    pub settings: BTreeMap<Box<str>, Box<str>>,
    /// Its body, where the language is sql or plpgsql.
    pub body: Option<Arc<Body>>,
    /// Its owner; nothing for the role that migrates.
    pub owner: Option<Arc<str>>,
    /// What was granted on it.
    pub grants: Grants,
    /// Who made it.
    pub origin: Origin,
}

impl Routine {
    /// Describes an aggregate, of which only its name and arguments are known.
    pub(super) fn aggregate(key: Key, arguments: Vec<TypeName>, origin: Origin) -> Self {
        Routine {
            key,
            arguments,
            is_procedure: false,
            is_trigger: false,
            language: "internal".into(),
            volatility: Volatility::Immutable,
            security_definer: false,
            settings: BTreeMap::new(),
            body: None,
            owner: None,
            grants: Grants::default(),
            origin,
        }
    }
}
