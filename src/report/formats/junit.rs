//! `junit`: test results, one suite a file, one case a finding.

use super::{Rendering, reported, slashes};
use crate::model::{Finding, Level};
use crate::report::Report;

/// Writes the suites in the order of the findings. Findings that reach the threshold are failures.
pub fn render(report: &Report, rendering: &Rendering) -> String {
    let mut suites: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in reported(report) {
        let file = finding
            .location
            .as_ref()
            .map_or_else(|| report.command.to_owned(), |place| slashes(&place.file));
        match suites.iter_mut().find(|(name, _)| *name == file) {
            Some((_, cases)) => cases.push(finding),
            None => suites.push((file, vec![finding])),
        }
    }
    let fails = |finding: &Finding| rendering.fail_on.reached_by(finding.level);
    // A run without findings is one test that passed; some readers take an empty file for a broken one.
    if suites.is_empty() {
        suites.push((report.command.to_owned(), Vec::new()));
    }
    let count = |cases: &[&Finding]| {
        (
            cases.len().max(1),
            cases.iter().filter(|case| fails(case)).count(),
        )
    };
    let (mut tests, mut failures) = (0, 0);
    let mut body = String::new();
    for (name, cases) in &suites {
        let (of_suite, failed) = count(cases);
        tests += of_suite;
        failures += failed;
        body.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{of_suite}\" failures=\"{failed}\" errors=\"0\">\n",
            escape(name)
        ));
        if cases.is_empty() {
            body.push_str(&format!(
                "    <testcase name=\"clean\" classname=\"{}\"/>\n",
                escape(name)
            ));
        }
        cases
            .iter()
            .for_each(|case| body.push_str(&testcase(case, name, fails(case))));
        body.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"zerodrift {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n{body}</testsuites>\n",
        report.command
    )
}

fn testcase(finding: &Finding, file: &str, fails: bool) -> String {
    let place = finding.location.as_ref();
    let line = place.map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
    let mut text = vec![format!(
        "{file}{line}: {}[{}]: {}",
        finding.level, finding.rule, finding.message
    )];
    text.extend(finding.detail.clone());
    text.extend(finding.hint.clone());
    let text = escape(&text.join("\n"));
    let inside = match fails {
        true => format!(
            "<failure type=\"{}\" message=\"{}\">{text}</failure>",
            escape(finding.rule),
            escape(&finding.message)
        ),
        false => format!("<system-out>{text}</system-out>"),
    };
    let level = match finding.level {
        Level::Off => "",
        level => level.as_str(),
    };
    format!(
        "    <testcase name=\"{}\" classname=\"{}\" status=\"{level}\">{inside}</testcase>\n",
        escape(&format!("{}{line}", finding.rule)),
        escape(file)
    )
}

/// Escapes text for XML 1.0 and takes out what it cannot hold at all (section 2.2).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
