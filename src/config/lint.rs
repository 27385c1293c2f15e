//! What the linter wants to know of a project.

use std::path::PathBuf;

use super::written::{OneOrMany, RolePolicy};
use super::{ConfigError, Project, house_rules};
use crate::lint::context::Settings;
use crate::lint::glob;
use crate::lint::house::HouseRule;
use crate::lint::registry::Names;
use crate::lint::settle::{Accepted, Policy};

impl Project {
    /// Returns what rules want to know.
    pub fn lint_settings(&self) -> Settings {
        let written = &self.written;
        let mut settings = Settings::default();
        let mut servers = self.servers();
        servers.sort_unstable();
        servers.dedup();
        if !servers.is_empty() {
            settings.servers = servers;
        }
        settings.bypasses_row_security = written.roles.policy == RolePolicy::P1A;
        settings.migration_roles = self.migration_roles().into_iter().map(|role| role.0).collect();
        settings.runtime_roles = written.roles.runtime.iter().map(|role| role.0.clone()).collect();
        settings.tenant_column = written.tenancy.column.clone();
        settings.tenant_setting = written.tenancy.setting.clone();
        settings.exempt = written.tenancy.exempt.clone();
        if let Some(path) = &written.apply.search_path {
            settings.search_path = path
                .split(',')
                .map(|schema| crate::sql::name::fold(schema.trim()).into())
                .collect();
        }
        settings
    }

    /// Reads the project's own rules.
    pub fn house_rules(&self) -> Result<Vec<HouseRule>, ConfigError> {
        match &self.written.lint.rules {
            Some(patterns) => house_rules::read(&self.root, patterns, false),
            None => house_rules::read(&self.root, &["lints/*.yaml".to_owned()], true),
        }
    }

    /// Returns what the project says about findings; every rule that it names has to exist.
    pub fn lint_policy(&self, house: &[HouseRule]) -> Result<Policy, ConfigError> {
        let lint = &self.written.lint;
        let names = Names::with(house.iter().map(|rule| rule.rule.name));
        let text = std::fs::read_to_string(&self.file).map_err(|cause| ConfigError::Unreadable {
            path: self.file.clone(),
            cause,
        })?;
        let in_paths = lint.paths.iter().flat_map(|(_, path)| path.levels.keys());
        let accepted = lint.accept.iter().flat_map(|accept| rules_of(&accept.rule));
        let named = lint.levels.keys().chain(in_paths).cloned().chain(accepted);
        for name in named {
            if !names.has(&name) {
                return Err(self.unknown_rule(&text, &name, &names));
            }
        }
        for accept in &lint.accept {
            if accept.because.trim().is_empty() {
                let message = format!("revision \"{}\" accepts a rule without a reason", accept.revision);
                return Err(self.invalid(&text, &accept.revision, message));
            }
        }
        let paths = lint.paths.iter().map(|(pattern, path)| {
            let regex = glob::compile(pattern).map_err(|message| self.invalid(&text, pattern, message))?;
            Ok((regex, path.levels.clone()))
        });
        Ok(Policy {
            levels: lint.levels.clone(),
            paths: paths.collect::<Result<_, ConfigError>>()?,
            accept: self.accepted(),
            names,
        })
    }

    /// Returns the file of accepted findings, relative to the root.
    pub fn lint_baseline(&self) -> Option<PathBuf> {
        self.written.lint.baseline.as_ref().map(PathBuf::from)
    }

    fn accepted(&self) -> Vec<Accepted> {
        let entries = self.written.lint.accept.iter();
        entries
            .flat_map(|accept| {
                rules_of(&accept.rule).into_iter().map(|rule| Accepted {
                    revision: accept.revision.clone(),
                    rule,
                    because: accept.because.clone(),
                })
            })
            .collect()
    }

    fn unknown_rule(&self, text: &str, name: &str, names: &Names) -> ConfigError {
        let message = format!("lint rule \"{name}\" does not exist");
        match self.invalid(text, name, message) {
            ConfigError::Invalid {
                message, location, ..
            } => ConfigError::Invalid {
                message,
                hint: Some(names.hint(name)),
                location,
            },
            other => other,
        }
    }
}

fn rules_of(written: &OneOrMany<String>) -> Vec<String> {
    written.values()
}
