//! The pages of the rules: complete, in one form, and every case on them true.
//!
//! A case is a block of SQL under "Cases" that is marked `sql fires` or `sql silent`. `-- case: KEY=VALUE …` in it says
//! how it is run, `-- before:` begins what exists before, `-- migration:` what is linted; several migrations of one
//! graph are `-- migration: b <- a`. What is found is marked at the end of the line, `-- finds: rule`, or below the
//! line, `-- ^ rule`. A case that fires has exactly the marked findings at warning or above (a mark may also stand for
//! advice); one that is silent has none of any rule.
//!
//! `dag fires` and `dag silent` are graphs: `--- id <- prerequisite, …` begins a revision, and `>>> rule object @ id` at
//! the end is a finding.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use zerodrift::lint::context::Settings;
use zerodrift::lint::registry;
use zerodrift::lint::rules;
use zerodrift::lint::run::{self, About, Input};
use zerodrift::lint::schema::Schema;
use zerodrift::lint::settle::{File, Policy};
use zerodrift::lint::{Found, pages};
use zerodrift::model::{Finding, Level, RevisionId};

/// The headings of a page, in this order.
const HEADINGS: [&str; 5] = [
    "What it finds",
    "Why it hurts",
    "Do this instead",
    "When to allow it",
    "Cases",
];

/// A block of SQL on a page.
struct Case {
    page: String,
    /// The line of the page that the block's first line stands on.
    line: usize,
    fires: bool,
    dag: bool,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every page by the name of its file, sorted.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("lints")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            files.insert(stem, std::fs::read_to_string(&path).unwrap());
        }
    }
    files
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (page, text) in files() {
        let mut open: Option<Case> = None;
        let mut in_cases = false;
        for (number, line) in text.lines().enumerate() {
            if let Some(case) = &mut open {
                if line == "```" {
                    cases.extend(open.take());
                } else {
                    case.text.push_str(line);
                    case.text.push('\n');
                }
            } else if line.starts_with("## ") {
                in_cases = line == "## Cases";
            } else if in_cases && line.starts_with("```") {
                let (dag, fires) = match line {
                    "```sql fires" => (false, true),
                    "```sql silent" => (false, false),
                    "```dag fires" => (true, true),
                    "```dag silent" => (true, false),
                    other => panic!("{page}:{}: \"{other}\" is no case", number + 1),
                };
                open = Some(Case {
                    page: page.clone(),
                    line: number + 2,
                    fires,
                    dag,
                    text: String::new(),
                });
            }
        }
        assert!(open.is_none(), "{page}: the last block does not end");
    }
    cases
}

/// A case taken apart.
struct Parts {
    settings: Settings,
    transactional: bool,
    has_down: bool,
    approval: Option<String>,
    before: Option<String>,
    /// Id, prerequisites and text; the id is empty where there is only one. Other lines of the block are blank.
    migrations: Vec<(String, Vec<String>, String)>,
    /// Line of the block and rule.
    marks: Vec<(usize, String)>,
}

enum Part {
    Before,
    Migration(usize),
}

impl Parts {
    fn empty() -> Parts {
        Parts {
            settings: Settings::default(),
            transactional: true,
            has_down: false,
            approval: None,
            before: None,
            migrations: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn of(case: &Case) -> Parts {
        let mut parts = Parts::empty();
        let sections = case.text.lines().any(|line| line.starts_with("-- migration:"));
        if !sections {
            parts.migrations.push((String::new(), Vec::new(), String::new()));
        }
        let mut part = (!sections).then_some(Part::Migration(0));
        let mut marked = 0;
        for (at, line) in case.text.lines().enumerate() {
            let mut shown = "";
            if let Some(options) = line.strip_prefix("-- case:") {
                parts.options(case, options);
            } else if line.trim_end() == "-- before:" {
                part = Some(Part::Before);
            } else if let Some(head) = line.strip_prefix("-- migration:") {
                let (id, after) = head.split_once("<-").unwrap_or((head, ""));
                let after = after.split(',').map(str::trim).filter(|id| !id.is_empty());
                parts.migrations.push((
                    id.trim().to_owned(),
                    after.map(str::to_owned).collect(),
                    "\n".repeat(at),
                ));
                part = Some(Part::Migration(parts.migrations.len() - 1));
            } else if let Some(rules) = line.trim_start().strip_prefix("-- ^ ") {
                parts.mark(marked, rules);
            } else {
                marked = at;
                shown = line;
                for word in [" -- finds: ", " -- ^ "] {
                    if let Some((sql, rules)) = line.split_once(word) {
                        parts.mark(at, rules);
                        shown = sql;
                    }
                }
            }
            parts.put(&part, shown);
        }
        parts
    }

    /// Adds a line to the part that it belongs to, and an empty one to all others, so that lines keep their numbers.
    fn put(&mut self, part: &Option<Part>, line: &str) {
        let migration = match part {
            Some(Part::Migration(at)) => Some(*at),
            _ => None,
        };
        for (at, (.., text)) in self.migrations.iter_mut().enumerate() {
            if Some(at) == migration {
                text.push_str(line);
            }
            text.push('\n');
        }
        if matches!(part, Some(Part::Before)) {
            let before = self.before.get_or_insert_default();
            before.push_str(line);
            before.push('\n');
        }
    }

    fn mark(&mut self, line: usize, rules: &str) {
        let rules = rules.split([',', ' ']).filter(|rule| !rule.is_empty());
        self.marks.extend(rules.map(|rule| (line, rule.to_owned())));
    }

    fn options(&mut self, case: &Case, written: &str) {
        for option in written.split_whitespace() {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let list = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
            let settings = &mut self.settings;
            match (key, value) {
                ("transaction", "none") => self.transactional = false,
                ("transaction", "single") => self.transactional = true,
                ("server", majors) => {
                    settings.servers = majors.split(',').map(|major| major.parse().unwrap()).collect();
                }
                ("role-policy", "owner") => settings.bypasses_row_security = false,
                ("role-policy", "p1-a") => settings.bypasses_row_security = true,
                ("tenancy", value) => {
                    let (column, setting) = value.split_once(':').unwrap_or((value, ""));
                    settings.tenant_column = Some(column.to_owned());
                    settings.tenant_setting = (!setting.is_empty()).then(|| setting.to_owned());
                }
                ("exempt", _) => settings.exempt = list(),
                ("runtime", _) => settings.runtime_roles = list(),
                ("migration-roles", _) => settings.migration_roles = list(),
                ("lock-timeout" | "runner-lock-timeout", "none") => settings.runner_sets_lock_timeout = false,
                ("down", "yes") => self.has_down = true,
                ("approval", value) => self.approval = Some(value.to_owned()),
                _ => panic!("{}:{}: option \"{option}\" is not known", case.page, case.line),
            }
        }
    }

    fn about(&self, id: &str, prerequisites: usize) -> About {
        About {
            revision: (!id.is_empty()).then(|| RevisionId::new(id).unwrap()),
            transactional: self.transactional,
            approval: self.approval.clone(),
            has_down: self.has_down,
            is_merge: prerequisites > 1,
        }
    }

    /// What is found, with the migration that it is found in.
    fn found(&self) -> Vec<(&str, Finding)> {
        let read = self.migrations.iter().enumerate().map(|(at, (id, after, text))| {
            run::migration(
                at as u32,
                Path::new("case.sql"),
                text,
                self.about(id, after.len()),
            )
        });
        let migrations: Vec<_> = read.collect();
        let before = self.before.as_deref().unwrap_or_default();
        let found: Vec<Found> = match &self.migrations[..] {
            [(id, ..)] if id.is_empty() => run::alone(
                &migrations[0],
                &run::schema_of(before, &Schema::unknown()),
                &self.settings,
            ),
            _ => run::together(&Input {
                migrations: migrations.clone(),
                prerequisites: self.prerequisites(),
                base: run::schema_of(before, &Schema::empty()),
                reported: vec![true; migrations.len()],
                settings: self.settings.clone(),
            }),
        };
        let mut findings = Vec::new();
        for migration in &migrations {
            let statements: Vec<_> = migration.acts.iter().map(|act| act.span.clone()).collect();
            let file = File {
                number: migration.number,
                path: &migration.path,
                source: &migration.source,
                statements: &statements,
                revision: migration.revision.as_ref(),
                allow: &[],
                found_in_graph: &[],
            };
            let own = found.iter().filter(|found| found.migration == migration.number);
            let settled = Policy::default().settle(&file, own.cloned().collect());
            let id = self.migrations[migration.number as usize].0.as_str();
            findings.extend(settled.findings.into_iter().map(|finding| (id, finding)));
        }
        findings
    }

    fn prerequisites(&self) -> Vec<Vec<u32>> {
        let place = |id: &String| {
            self.migrations
                .iter()
                .position(|(other, ..)| other == id)
                .unwrap() as u32
        };
        self.migrations
            .iter()
            .map(|(_, after, _)| after.iter().map(place).collect())
            .collect()
    }

    /// The line, from 0, on which the statement begins that a line belongs to.
    fn first_line(&self, line: usize) -> usize {
        let mut first = line;
        for (.., text) in &self.migrations {
            for range in zerodrift::sql::split::split(text).statements {
                let number = |at: usize| text[..at].matches('\n').count();
                if (number(range.start)..=number(range.end)).contains(&line) {
                    first = number(range.start);
                }
            }
        }
        first
    }
}

/// What is wrong with a graph; nothing if it is true.
fn wrong_dag(case: &Case) -> Option<String> {
    let mut parts = Parts::empty();
    let mut expected: Vec<String> = Vec::new();
    for line in case.text.lines() {
        if let Some(head) = line.strip_prefix("--- ") {
            let (id, after) = head.split_once("<-").unwrap();
            let after = after.split(',').map(str::trim).filter(|id| !id.is_empty());
            let after = after.map(str::to_owned).collect();
            parts
                .migrations
                .push((id.trim().to_owned(), after, String::new()));
        } else if let Some(finding) = line.strip_prefix(">>> ") {
            expected.push(finding.to_owned());
        } else if let Some((.., text)) = parts.migrations.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    if case.fires == expected.is_empty() {
        return Some("a graph that fires has expectations, a silent one has none".to_owned());
    }
    let mut wrong = String::new();
    for (id, finding) in parts.found() {
        let found = format!("{} {} @ {id}", finding.rule, finding.object.unwrap_or_default());
        match expected.iter().position(|expected| *expected == found) {
            Some(at) => drop(expected.remove(at)),
            None if finding.level >= Level::Warning => {
                writeln!(wrong, "  not expected: {found}: {}", finding.message).unwrap();
            }
            None => {}
        }
    }
    for expected in expected {
        writeln!(wrong, "  not found: {expected}").unwrap();
    }
    (!wrong.is_empty()).then_some(wrong)
}

/// What is wrong with a case; nothing if it is true.
fn wrong(case: &Case) -> Option<String> {
    if case.dag {
        return wrong_dag(case);
    }
    let parts = Parts::of(case);
    if case.fires == parts.marks.is_empty() {
        return Some("a case that fires has marks, a silent one has none".to_owned());
    }
    let mut open = parts.marks.clone();
    let mut wrong = String::new();
    let mut findings: Vec<Finding> = parts.found().into_iter().map(|(_, finding)| finding).collect();
    // Advice may be marked; what is worse has to be, so it is asked first.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in findings {
        let line = finding.location.as_ref().map_or(0, |place| place.line - 1);
        let lines = [line, parts.first_line(line)];
        let at = open
            .iter()
            .position(|(marked, rule)| lines.contains(marked) && rule == finding.rule);
        match at {
            Some(at) => {
                open.remove(at);
            }
            None if finding.level >= Level::Warning => {
                writeln!(
                    wrong,
                    "  not marked: line {}: {}[{}]: {}",
                    case.line + line,
                    finding.level,
                    finding.rule,
                    finding.message
                )
                .unwrap();
            }
            None => {}
        }
    }
    for (line, rule) in open {
        writeln!(wrong, "  not found: line {}: {rule}", case.line + line).unwrap();
    }
    (!wrong.is_empty()).then_some(wrong)
}

#[test]
fn every_case_is_true() {
    let cases = cases();
    let mut wrongs = String::new();
    for case in &cases {
        if let Some(wrong) = wrong(case) {
            writeln!(wrongs, "lints/{}.md:{}:\n{wrong}", case.page, case.line).unwrap();
        }
    }
    let silent = cases.iter().filter(|case| !case.fires).count();
    let counted = format!("{} cases, {silent} of them silent\n", cases.len());
    std::io::Write::write_all(&mut std::io::stdout(), counted.as_bytes()).unwrap();
    assert!(wrongs.is_empty(), "cases that are not true:\n{wrongs}");
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let files = files();
    let listed: Vec<&str> = rules::ALL.iter().map(|rule| rule.name).collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(listed, sorted, "the rules are not sorted");
    let without: Vec<&&str> = listed.iter().filter(|name| !files.contains_key(**name)).collect();
    assert!(without.is_empty(), "rules without a page: {without:?}");
    let strangers: Vec<&String> = files
        .keys()
        .filter(|name| registry::find(name).is_none())
        .collect();
    assert!(strangers.is_empty(), "pages without a rule: {strangers:?}");
}

#[test]
fn every_page_has_its_headings_and_three_cases() {
    let cases = cases();
    let mut wrongs = String::new();
    for (page, text) in files() {
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        if headings != HEADINGS {
            writeln!(wrongs, "{page}: the headings are {headings:?}").unwrap();
        }
        if text.lines().next() != Some(&format!("# {page}")) {
            writeln!(wrongs, "{page}: the first line is not \"# {page}\"").unwrap();
        }
        let of_page: Vec<&Case> = cases.iter().filter(|case| case.page == page).collect();
        let fires = of_page.iter().filter(|case| case.fires).count();
        // Advice is silent by what silent means, so its cases need not fire.
        let advice = registry::find(&page).is_some_and(|rule| rule.level == Level::Info);
        let silent = of_page.len() - fires;
        if of_page.len() < 3 || silent < 2 || (fires < 1 && !advice) {
            writeln!(
                wrongs,
                "{page}: {fires} cases fire and {silent} are silent; 1 and 2 are the least"
            )
            .unwrap();
        }
        let own = of_page.iter().any(|case| case.fires && case.text.contains(&page));
        if !own && !advice {
            writeln!(wrongs, "{page}: no case finds the rule itself").unwrap();
        }
    }
    assert!(wrongs.is_empty(), "{wrongs}");
}

/// The embedded list, as it has to be.
fn embedded() -> String {
    let source = std::fs::read_to_string(root().join("src/lint/pages.rs")).unwrap();
    let (head, rest) = source.split_once("= &[").unwrap();
    let (_, tail) = rest.split_once("];").unwrap();
    let mut list = String::new();
    for name in files().keys() {
        writeln!(list, "    (\"{name}\", include_str!(\"../../lints/{name}.md\")),").unwrap();
    }
    format!("{head}= &[\n{list}];{tail}")
}

/// The table of rules, as it has to be.
fn table() -> String {
    let cases = cases();
    let mut out = String::from(
        "# Rules\n\nGenerated: `ZERODRIFT_BLESS=1 cargo test --test integration lint_pages`. `zerodrift explain RULE` shows a page.\n\n\
         | rule | level | category | cases (silent) | finds |\n|---|---|---|---|---|\n",
    );
    let pages = files();
    for rule in registry::known() {
        let of_rule: Vec<&Case> = cases.iter().filter(|case| case.page == rule.name).collect();
        let silent = of_rule.iter().filter(|case| !case.fires).count();
        let name = match pages.contains_key(rule.name) {
            true => format!("[{0}](../lints/{0}.md)", rule.name),
            false => rule.name.to_owned(),
        };
        let count = match of_rule.len() {
            0 => String::new(),
            all => format!("{all} ({silent})"),
        };
        let summary = rule.summary.replace('|', "\\|");
        writeln!(
            out,
            "| {name} | {} | {} | {count} | {summary} |",
            rule.level, rule.category
        )
        .unwrap();
    }
    let silent = cases.iter().filter(|case| !case.fires).count();
    writeln!(
        out,
        "\n{} rules over SQL, {} in all; {} cases, {silent} of them silent.",
        rules::ALL.len(),
        registry::known().len(),
        cases.len()
    )
    .unwrap();
    out
}

#[test]
fn what_is_generated_from_the_pages_is_current() {
    for (file, wanted) in [("src/lint/pages.rs", embedded()), ("docs/rules.md", table())] {
        let file = root().join(file);
        if std::env::var_os("ZERODRIFT_BLESS").is_some() {
            std::fs::write(&file, &wanted).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == wanted,
            "{} is old; run: ZERODRIFT_BLESS=1 cargo test --test integration lint_pages",
            file.display()
        );
    }
    if std::env::var_os("ZERODRIFT_BLESS").is_none() {
        for name in files().keys() {
            assert!(pages::of(name).is_some(), "{name} is not embedded");
        }
    }
}
