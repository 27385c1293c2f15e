//! What the configuration means: paths and values, resolved in one place.

use std::path::{Path, PathBuf};

use super::written::Config;
use super::{ConfigError, FILE_NAME, json_schema, keys};
use crate::graph;
use crate::load::Layout;
use crate::model::{Location, parse_duration};

/// A project on disk.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of the configuration file; every path in it is relative to this.
    pub root: PathBuf,
    /// The configuration file.
    pub file: PathBuf,
    /// What was written.
    pub written: Config,
}

/// Finds the configuration, from `directory` upwards unless `file` names it, and reads it.
pub fn load(directory: &Path, file: Option<&Path>) -> Result<Project, ConfigError> {
    let file = match file {
        Some(file) => file.to_path_buf(),
        None => directory
            .ancestors()
            .map(|directory| directory.join(FILE_NAME))
            .find(|file| file.is_file())
            .ok_or_else(|| ConfigError::NotFound {
                directory: directory.to_path_buf(),
            })?,
    };
    let text = std::fs::read_to_string(&file).map_err(|cause| ConfigError::Unreadable {
        path: file.clone(),
        cause,
    })?;
    let written = parse(&text, &file)?;
    let root = file.parent().unwrap_or(directory).to_path_buf();
    let project = Project { root, file, written };
    project.check(&text)?;
    Ok(project)
}

fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shown = file.file_name().map_or_else(|| file.to_path_buf(), PathBuf::from);
    let schema = serde_json::from_str(&json_schema()).expect("the generated schema is JSON");
    keys::check(text, &schema).map_err(|error| {
        let (line, column, length) = error.place;
        ConfigError::Invalid {
            message: error.message,
            hint: error.hint,
            location: Location {
                end_column: column + length,
                ..Location::point(&shown, line, column)
            },
        }
    })?;
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(Config::default());
    }
    serde_yaml::from_str(text).map_err(|error| {
        let (line, column) = error
            .location()
            .map_or((1, 1), |place| (place.line(), place.column()));
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        ConfigError::Invalid {
            message: format!("cannot read the configuration: {message}"),
            hint: None,
            location: Location::point(&shown, line, column),
        }
    })
}

impl Project {
    /// Returns the folder of the migrations, relative to the root.
    pub fn migrations(&self) -> PathBuf {
        PathBuf::from(self.written.migrations.as_deref().unwrap_or("migrations"))
    }

    /// Returns the snapshot folder, relative to the root.
    pub fn snapshot(&self) -> PathBuf {
        PathBuf::from(self.written.schema.snapshot.as_deref().unwrap_or("schema"))
    }

    /// Returns where the migrations are.
    pub fn layout(&self) -> Layout {
        Layout {
            root: self.root.clone(),
            migrations: self.migrations(),
            branches: self.written.branches.clone(),
        }
    }

    /// Returns what the graph is allowed to be.
    pub fn graph_policy(&self) -> graph::Policy {
        graph::Policy {
            allow_heads: self.written.heads.allow.clone(),
        }
    }

    /// Returns the wanted major versions of the server, in the order of the file.
    pub fn servers(&self) -> Vec<u32> {
        self.written
            .server
            .as_ref()
            .map(|server| server.values())
            .unwrap_or_default()
    }

    /// Checks the values that the structs cannot check.
    fn check(&self, text: &str) -> Result<(), ConfigError> {
        let apply = &self.written.apply;
        let jobs = self
            .written
            .schedule
            .iter()
            .flat_map(|(_, job)| [&job.every, &job.expires]);
        let views = self
            .written
            .matviews
            .iter()
            .flat_map(|(_, view)| [&view.every, &view.max_staleness]);
        let apply = [
            &apply.lock_timeout,
            &apply.statement_timeout,
            &apply.wait_budget,
            &apply.retry_for,
        ];
        for duration in jobs.chain(views).chain(apply).flatten() {
            parse_duration(duration).map_err(|message| self.invalid(text, duration, message))?;
        }
        for timeout in apply.into_iter().flatten() {
            if parse_duration(timeout).is_ok_and(|duration| duration.as_millis() == 0) {
                let message =
                    format!("\"{timeout}\" would mean no limit; every wait of a migration is bounded");
                return Err(self.invalid(text, timeout, message));
            }
        }
        for major in self.servers() {
            if !(13..=18).contains(&major) {
                let message = format!("server {major} is not supported; zerodrift knows PostgreSQL 13 to 18");
                return Err(self.invalid(text, &major.to_string(), message));
            }
        }
        for ignore in &self.written.schema.ignore {
            if ignore.because.trim().is_empty() {
                let message = format!("accepted drift of \"{}\" has no reason", ignore.object);
                return Err(self.invalid(text, &ignore.object, message));
            }
            if let Some(until) = ignore.until.as_deref().filter(|until| !is_day(until)) {
                let message = format!("\"{until}\" is not a day; write YYYY-MM-DD");
                return Err(self.invalid(text, until, message));
            }
        }
        self.check_names(text)
    }

    fn check_names(&self, text: &str) -> Result<(), ConfigError> {
        let views = &self.written.matviews;
        for (name, view) in views {
            for other in &view.depends_on {
                if !views.iter().any(|(known, _)| known == other) {
                    let message = format!(
                        "materialized view \"{name}\" depends on \"{other}\", which the registry does not list"
                    );
                    return Err(self.invalid(text, other, message));
                }
            }
        }
        for (name, seed) in &self.written.seeds {
            if !self.root.join(&seed.sql).is_file() {
                let message = format!(
                    "seed \"{name}\" names file \"{}\", which does not exist",
                    seed.sql
                );
                return Err(self.invalid(text, &seed.sql, message));
            }
        }
        Ok(())
    }

    /// An error about a value, placed where the value first stands in the file.
    pub(super) fn invalid(&self, text: &str, value: &str, message: String) -> ConfigError {
        let at = text.find(value).unwrap_or(0);
        let name = self
            .file
            .file_name()
            .map_or_else(|| self.file.clone(), PathBuf::from);
        ConfigError::Invalid {
            message,
            hint: None,
            location: Location::of_bytes(&name, text, at..at + value.len()),
        }
    }
}

/// Says whether a text is a day of the calendar as YYYY-MM-DD, which sorts as text.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |place: usize, length: usize| {
        let part = parts.get(place)?;
        let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day), 3) = (number(0, 4), number(1, 2), number(2, 2), parts.len())
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_day;

    #[test]
    fn days_are_of_the_calendar() {
        for (text, expected) in [
            ("2026-12-31", true),
            ("2028-02-29", true),
            ("2026-02-29", false),
            ("2026-13-01", false),
            ("2026-1-1", false),
            ("soon", false),
            ("2026-12-31-1", false),
            ("+026-12-31", false),
        ] {
            assert_eq!(is_day(text), expected, "{text}");
        }
    }
}
