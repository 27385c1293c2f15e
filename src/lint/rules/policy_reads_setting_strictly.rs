//! `policy-reads-setting-strictly`.

use crate::lint::context::Ended;
use crate::lint::policy::changed_policies;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::settings_read;
use crate::model::Level;

/// A policy that fails where its setting was never made.
pub(super) static RULE: Rule = Rule {
    name: "policy-reads-setting-strictly",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a policy reads a setting without missing_ok, so that every query fails where it is not set",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for changed in changed_policies(ended) {
        let exprs = changed.policy.using.iter().chain(&changed.policy.with_check);
        // What the server itself has is never missing; settings of projects have a dot in their name.
        let strict = exprs
            .flat_map(settings_read)
            .find(|read| !read.missing_ok && read.name.contains('.'));
        let Some(strict) = strict else { continue };
        let name = strict.name;
        problems.push(
            Problem::new(
                changed.span,
                format!("policy \"{}\" reads the setting \"{name}\" strictly", changed.policy.name),
            )
            .object(&changed.relation.key)
            .effect(format!(
                "Where \"{name}\" was never set, every query on \"{}\" fails with 42704 for whoever the policy binds: health checks, \
                 workers, a migration that fills a view.",
                changed.relation.key
            ))
            .instead(format!("nullif(current_setting('{name}', true), '')")),
        );
    }
}
