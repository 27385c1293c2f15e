//! Files with rules of the project: what is written, then what it means.

use std::path::{Path, PathBuf};

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConfigError, keys, rules_json_schema};
use crate::lint::house::{self, Exemption, HouseRule};
use crate::lint::registry;
use crate::lint::rule::{self, Category, Check};
use crate::model::{Level, Location};

/// A file with rules.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct HouseFile {
    /// The rules.
    rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Rule {
    /// Its name, for what it finds: lower-case letters, digits and dashes.
    name: String,
    /// The level of its findings; `warning` if absent.
    level: Option<Level>,
    /// What it finds, in one line.
    summary: String,
    /// What it looks at.
    on: On,
    /// Which of them: all conditions have to hold.
    #[serde(rename = "where", default)]
    select: Condition,
    /// What has to hold for them.
    require: Option<Condition>,
    /// What must not hold for them.
    forbid: Option<Condition>,
    /// The message, one line; `{object}`, `{name}`, `{table}`, `{schema}` and `{type}` are filled in.
    message: String,
    /// What to do instead.
    hint: Option<String>,
    /// Objects that are let off.
    #[serde(default)]
    exempt: Vec<Exempt>,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum On {
    /// Columns of tables.
    Column,
    /// Indexes.
    Index,
    /// Materialized views.
    MaterializedView,
    /// The text of statements.
    Statement,
    /// Tables, partitioned and foreign ones included.
    Table,
    /// Views.
    View,
}

/// Questions that all have to be answered with yes. Patterns are regular expressions that match anywhere in the text.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Condition {
    /// The object's own name matches.
    name: Option<String>,
    /// The name of its schema matches.
    schema: Option<String>,
    /// The name of its table matches.
    table: Option<String>,
    /// The text of the statement, without comments, matches.
    text: Option<String>,
    /// It has a comment.
    comment: Option<bool>,
    /// The column is NOT NULL.
    not_null: Option<bool>,
    /// The column has one of these types.
    types: Vec<String>,
    /// The column has a foreign key to a table whose name matches.
    references: Option<String>,
    /// For each of these the table has a column that fits.
    columns: Vec<Column>,
    /// Row security is enabled.
    row_security: Option<bool>,
    /// Row security binds the owner too.
    forced: Option<bool>,
    /// The table has a policy that fits.
    policy: Option<Policy>,
    /// The table has a primary key.
    primary_key: Option<bool>,
    /// An index begins with these parts; each is a pattern for a whole part, as `tenant_id` or `.*_at DESC`.
    index: Vec<String>,
    /// The table stands in `tenancy.exempt`.
    tenancy_exempt: Option<bool>,
}

/// What a column of a table has to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Column {
    /// Its name matches.
    name: String,
    /// It has one of these types.
    #[serde(default)]
    types: Vec<String>,
    /// It is NOT NULL.
    not_null: Option<bool>,
    /// It has a foreign key to a table whose name matches.
    references: Option<String>,
}

/// What a policy of a table has to be.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Policy {
    /// Its name matches.
    name: Option<String>,
    /// Its command is this one, or ALL.
    command: Option<String>,
    /// It is permissive.
    permissive: Option<bool>,
}

/// An object that a rule lets off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Exempt {
    /// The object, with or without its schema; a column as `table.column`.
    object: String,
    /// Why.
    because: String,
}

/// Reads the rules of the files that `patterns` name, in the order of their paths.
pub(super) fn read(root: &Path, patterns: &[String], optional: bool) -> Result<Vec<HouseRule>, ConfigError> {
    let mut rules: Vec<HouseRule> = Vec::new();
    for file in files(root, patterns, optional)? {
        let text = std::fs::read_to_string(root.join(&file)).map_err(|cause| ConfigError::Unreadable {
            path: file.clone(),
            cause,
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let reading = Reading { file: &file, text };
        for rule in reading.parse()?.rules {
            let rule = reading.rule(rule, &rules)?;
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// A file while it is read.
struct Reading<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Reading<'_> {
    fn parse(&self) -> Result<HouseFile, ConfigError> {
        let schema = serde_json::from_str(&rules_json_schema()).expect("the generated schema is JSON");
        keys::check(self.text, &schema).map_err(|error| {
            let (line, column, length) = error.place;
            ConfigError::Invalid {
                message: error.message,
                hint: error.hint,
                location: Location {
                    end_column: column + length,
                    ..Location::point(self.file, line, column)
                },
            }
        })?;
        let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        if self.text.lines().all(blank) {
            return Ok(HouseFile::default());
        }
        serde_yaml::from_str(self.text).map_err(|error| {
            let (line, column) = error
                .location()
                .map_or((1, 1), |place| (place.line(), place.column()));
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message);
            ConfigError::Invalid {
                message: format!("cannot read the rules: {message}"),
                hint: None,
                location: Location::point(self.file, line, column),
            }
        })
    }

    fn rule(&self, rule: Rule, earlier: &[HouseRule]) -> Result<HouseRule, ConfigError> {
        let name = rule.name;
        let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(part) {
            let message = format!("rule name \"{name}\" is not made of lower-case letters, digits and \"-\"");
            return Err(self.wrong(&name, message, None));
        }
        if registry::find(&name).is_some() || earlier.iter().any(|other| other.rule.name == name) {
            let hint = "Suppressions and levels name rules, so each name stands for one.";
            return Err(self.wrong(&name, format!("rule \"{name}\" exists already"), Some(hint)));
        }
        if let Some(exempt) = rule.exempt.iter().find(|exempt| exempt.because.trim().is_empty()) {
            let message = format!("rule \"{name}\" lets off \"{}\" without a reason", exempt.object);
            return Err(self.wrong(&exempt.object, message, None));
        }
        let of_text = |condition: &Condition| condition.text.is_some();
        let conditions = [Some(&rule.select), rule.require.as_ref(), rule.forbid.as_ref()];
        let asks_for_text = conditions.into_iter().flatten().any(of_text);
        if asks_for_text != (rule.on == On::Statement) {
            let message = match rule.on {
                On::Statement => format!("rule \"{name}\" looks at statements and asks for no \"text\""),
                _ => format!("rule \"{name}\" asks for \"text\", which only statements have"),
            };
            return Err(self.wrong(
                &name,
                message,
                Some("\"on: statement\" and \"text\" belong together."),
            ));
        }
        Ok(HouseRule {
            // A configuration is read once in a run, and findings carry the rule to its end.
            rule: Box::leak(Box::new(rule::Rule {
                name: Box::leak(name.into_boxed_str()),
                level: rule.level.unwrap_or(Level::Warning),
                category: Category::House,
                summary: Box::leak(rule.summary.into_boxed_str()),
                check: Check::Engine,
            })),
            subject: match rule.on {
                On::Column => house::Subject::Column,
                On::Index => house::Subject::Index,
                On::MaterializedView => house::Subject::MaterializedView,
                On::Statement => house::Subject::Statement,
                On::Table => house::Subject::Table,
                On::View => house::Subject::View,
            },
            select: self.condition(rule.select)?,
            require: rule
                .require
                .map(|condition| self.condition(condition))
                .transpose()?,
            forbid: rule
                .forbid
                .map(|condition| self.condition(condition))
                .transpose()?,
            message: rule.message,
            hint: rule.hint,
            exempt: rule
                .exempt
                .into_iter()
                .map(|exempt| Exemption {
                    object: exempt.object,
                    because: exempt.because,
                })
                .collect(),
        })
    }

    fn condition(&self, written: Condition) -> Result<house::Condition, ConfigError> {
        Ok(house::Condition {
            name: self.optional(written.name)?,
            schema: self.optional(written.schema)?,
            table: self.optional(written.table)?,
            text: self.optional(written.text)?,
            comment: written.comment,
            not_null: written.not_null,
            types: written.types,
            references: self.optional(written.references)?,
            columns: written
                .columns
                .into_iter()
                .map(|column| self.column(column))
                .collect::<Result<_, _>>()?,
            row_security: written.row_security,
            forced: written.forced,
            policy: written.policy.map(|policy| self.policy(policy)).transpose()?,
            primary_key: written.primary_key,
            index: written
                .index
                .iter()
                .map(|part| self.pattern(part, &format!("^(?:{part})$")))
                .collect::<Result<_, _>>()?,
            tenancy_exempt: written.tenancy_exempt,
        })
    }

    fn column(&self, written: Column) -> Result<house::ColumnCondition, ConfigError> {
        Ok(house::ColumnCondition {
            name: self.pattern(&written.name, &written.name)?,
            types: written.types,
            not_null: written.not_null,
            references: self.optional(written.references)?,
        })
    }

    fn policy(&self, written: Policy) -> Result<house::PolicyCondition, ConfigError> {
        Ok(house::PolicyCondition {
            name: self.optional(written.name)?,
            command: written.command.map(|command| command.to_ascii_uppercase()),
            permissive: written.permissive,
        })
    }

    fn optional(&self, written: Option<String>) -> Result<Option<Regex>, ConfigError> {
        written
            .map(|pattern| self.pattern(&pattern, &pattern))
            .transpose()
    }

    fn pattern(&self, written: &str, meant: &str) -> Result<Regex, ConfigError> {
        Regex::new(meant).map_err(|error| {
            let reason = error.to_string();
            let reason = reason
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            self.wrong(
                written,
                format!("\"{written}\" is not a regular expression: {reason}"),
                Some("The syntax is that of https://docs.rs/regex; write patterns in single quotes."),
            )
        })
    }

    /// An error about a value, placed where the value first stands.
    fn wrong(&self, value: &str, message: String, hint: Option<&str>) -> ConfigError {
        let at = self.text.find(value).unwrap_or(0);
        let end = (at + value.len()).min(self.text.len());
        ConfigError::Invalid {
            message,
            hint: hint.map(str::to_owned),
            location: Location::of_bytes(self.file, self.text, at..end),
        }
    }
}

/// Returns the files that patterns name, relative to the root, each once.
fn files(root: &Path, patterns: &[String], optional: bool) -> Result<Vec<PathBuf>, ConfigError> {
    let mut found = Vec::new();
    for pattern in patterns {
        if !pattern.contains(['*', '?', '{']) {
            found.push(PathBuf::from(pattern));
            continue;
        }
        let invalid = |message: String| ConfigError::Invalid {
            message,
            hint: None,
            location: Location::file(super::FILE_NAME),
        };
        let regex = crate::lint::glob::compile(pattern).map_err(invalid)?;
        let fixed = pattern.split(['*', '?', '{']).next().unwrap_or_default();
        let folder = PathBuf::from(fixed.rsplit_once('/').map_or("", |(folder, _)| folder));
        let before = found.len();
        walk(root, &folder, &mut |path| {
            if regex.is_match(&path.display().to_string().replace('\\', "/")) {
                found.push(path);
            }
        });
        if found.len() == before && !optional {
            return Err(invalid(format!(
                "pattern \"{pattern}\" of lint.rules matches no file"
            )));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Visits the files below a folder; one that does not exist has none.
fn walk(root: &Path, folder: &Path, visit: &mut dyn FnMut(PathBuf)) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(root, &path, visit),
            Ok(_) => visit(path),
            Err(_) => {}
        }
    }
}
