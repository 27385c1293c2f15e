use clap::Args;
use serde_json::{Value, json};

use crate::cli::{CommandError, Context, Verb};
use crate::lint::house::HouseRule;
use crate::lint::pages;
use crate::lint::registry::{self, Known, Names};
use crate::report::{Report, Table, page};

/// Show the page of a rule, or list all rules
///
/// A page says what the rule finds, why that hurts (which lock, who waits, how long), what to do instead, and when to
/// allow it.
#[derive(Args)]
pub struct Explain {
    /// The name of the rule; all are listed if absent
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

impl Verb for Explain {
    const NAME: &'static str = "explain";
    const EXAMPLE: &'static str = "zerodrift explain unused-suppression";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let house = match context.project() {
            Ok(project) => project.house_rules()?,
            // Without a project there are the built-in rules.
            Err(_) if context.config.is_none() => Vec::new(),
            Err(error) => return Err(error),
        };
        match self.rule {
            Some(name) => one(&name, &house, context),
            None => Ok(all(&house)),
        }
    }
}

fn one(name: &str, house: &[HouseRule], context: &Context) -> Result<Report, CommandError> {
    let own = house.iter().find(|rule| rule.rule.name == name);
    let known = registry::find(name).cloned().or_else(|| own.map(known));
    let Some(known) = known else {
        let names = Names::with(house.iter().map(|rule| rule.rule.name));
        return Err(CommandError::usage_with_hint(
            format!("rule \"{name}\" does not exist"),
            names.hint(name),
        ));
    };
    let page = pages::of(name);
    let mut report = Report::new(Explain::NAME);
    report.data = data(&known);
    report.data["page"] = json!(page);
    report.text = match (page, own) {
        (Some(text), _) => page::render(text, context.color),
        (None, Some(rule)) => own_page(rule),
        (None, None) => format!("{}\n\n{}\n", known.name, known.summary),
    };
    report.text.push_str(&format!(
        "\nlevel: {}, category: {}\n",
        known.level, known.category
    ));
    Ok(report)
}

/// The project's own rules have no page; what is written of them is shown.
fn own_page(rule: &HouseRule) -> String {
    let mut text = format!("{}\n\n{}\n", rule.rule.name, rule.rule.summary);
    if let Some(hint) = &rule.hint {
        text.push_str(&format!("\nDo this instead\n\n{hint}\n"));
    }
    if !rule.exempt.is_empty() {
        text.push_str("\nLet off\n\n");
    }
    for exempt in &rule.exempt {
        text.push_str(&format!("  {}: {}\n", exempt.object, exempt.because));
    }
    text
}

fn all(house: &[HouseRule]) -> Report {
    let mut rules: Vec<Known> = registry::known().to_vec();
    rules.extend(house.iter().map(known));
    rules.sort_by_key(|rule| rule.name);
    let mut report = Report::new(Explain::NAME);
    report.tables.push(Table {
        columns: ["rule", "level", "category", "finds"].map(str::to_owned).to_vec(),
        rows: rules
            .iter()
            .map(|rule| {
                vec![
                    rule.name.to_owned(),
                    rule.level.to_string(),
                    rule.category.to_owned(),
                    rule.summary.to_owned(),
                ]
            })
            .collect(),
    });
    report.data = json!({"rules": rules.iter().map(data).collect::<Vec<_>>()});
    report
}

fn known(rule: &HouseRule) -> Known {
    Known {
        name: rule.rule.name,
        level: rule.rule.level,
        category: rule.rule.category.as_str(),
        summary: rule.rule.summary,
    }
}

fn data(rule: &Known) -> Value {
    json!({
        "name": rule.name,
        "level": rule.level,
        "category": rule.category,
        "summary": rule.summary,
    })
}
