//! `text`: for people.

use anstyle::{AnsiColor, Style};

use super::Rendering;
use crate::model::{Finding, Level, Location};
use crate::report::{Report, Table};

/// Writes what a person wants to see: the command's own text, findings with excerpts, tables, a summary.
pub fn render(report: &Report, rendering: &Rendering) -> String {
    let mut out = String::new();
    if !rendering.quiet {
        out.push_str(&report.text);
        if !report.text.is_empty() && !report.text.ends_with('\n') {
            out.push('\n');
        }
    }
    let shown: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| is_shown(finding, rendering))
        .collect();
    for finding in &shown {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&finding_text(finding, rendering));
    }
    if !rendering.quiet {
        for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&table_text(table));
        }
        if !report.conclusion.is_empty() {
            out.push_str(&format!("\n{}\n", report.conclusion));
        }
        if let Some(summary) = summary(report, shown.len()) {
            out.push_str(&format!("\n{summary}\n"));
        }
    }
    out
}

fn is_shown(finding: &Finding, rendering: &Rendering) -> bool {
    finding.level >= Level::Warning || (finding.level == Level::Info && rendering.verbose)
}

fn finding_text(finding: &Finding, rendering: &Rendering) -> String {
    let paint = |style: Style, text: &str| {
        if rendering.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    };
    let level = paint(
        style_of(finding.level),
        &format!("{}[{}]", finding.level, finding.rule),
    );
    let mut out = format!("{level}: {}\n", paint(Style::new().bold(), &finding.message));
    if let Some(place) = &finding.location {
        out.push_str(&format!("  --> {place}\n"));
        if let Some(excerpt) = rendering
            .sources
            .get(&place.file)
            .and_then(|text| excerpt(text, place))
        {
            out.push_str(&excerpt);
        }
    }
    for (word, text) in [("detail", &finding.detail), ("hint", &finding.hint)] {
        if let Some(text) = text {
            out.push_str(&format!(
                "  {}: {}\n",
                paint(Style::new().bold(), word),
                text.replace('\n', "\n    ")
            ));
        }
    }
    out
}

fn style_of(level: Level) -> Style {
    let color = match level {
        Level::Error => AnsiColor::Red,
        Level::Warning => AnsiColor::Yellow,
        Level::Info | Level::Off => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(color.into()))
}

/// Shows the line of a location with carets below it. Very long lines are shown around the place only.
pub(super) fn excerpt(text: &str, place: &Location) -> Option<String> {
    const WIDTH: usize = 110;
    if place.line == place.end_line
        && place.column == place.end_column
        && place.column == 1
        && place.line == 1
    {
        return None;
    }
    let line = text
        .lines()
        .nth(place.line.checked_sub(1)?)?
        .trim_end_matches('\r')
        .replace('\t', " ");
    let length = line.chars().count();
    let column = place.column.min(length + 1);
    let end = if place.end_line == place.line {
        place.end_column
    } else {
        length + 1
    };
    let from = column.saturating_sub(WIDTH / 2).max(1).min(column);
    let shown: String = line.chars().skip(from - 1).take(WIDTH).collect();
    let carets = end.clamp(column + 1, length.max(column) + 1) - column;
    let gutter = place.line.to_string();
    let blank = " ".repeat(gutter.len());
    let (before, after) = (
        if from > 1 { "…" } else { "" },
        if from - 1 + WIDTH < length { "…" } else { "" },
    );
    let offset = column - from + before.chars().count();
    let carets = "^".repeat(carets.min(WIDTH - (column - from).min(WIDTH - 1)).max(1));
    Some(format!(
        "  {blank} |\n  {gutter} | {before}{shown}{after}\n  {blank} | {}{carets}\n",
        " ".repeat(offset)
    ))
}

fn table_text(table: &Table) -> String {
    let mut widths: Vec<usize> = table.columns.iter().map(|head| head.chars().count()).collect();
    for row in &table.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count()))));
        format!("  {}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    format!("{}{}{rows}", line(&table.columns), line(&rule))
}

fn summary(report: &Report, shown: usize) -> Option<String> {
    let count = |level: Level| {
        report
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let (errors, warnings, advice) = (count(Level::Error), count(Level::Warning), count(Level::Info));
    if errors + warnings + advice == 0 {
        return None;
    }
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let hidden = errors + warnings + advice - shown;
    let rest = if hidden > 0 {
        format!("; {} hidden, -v shows advice", plural(hidden, "finding"))
    } else {
        String::new()
    };
    Some(format!(
        "{}, {}{rest}",
        plural(errors, "error"),
        plural(warnings, "warning")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpt_points_at_the_characters() {
        let text = "first\n  parents: [ä, b]\n";
        let place = Location {
            file: "m.sql".into(),
            line: 2,
            column: 16,
            end_line: 2,
            end_column: 17,
        };
        let shown = excerpt(text, &place).expect("the line exists");
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[2].chars().position(|c| c == '^').expect("a caret");
        assert_eq!(lines[1].chars().nth(at), Some('b'));
        assert_eq!(lines[2].matches('^').count(), 1);
    }

    #[test]
    fn excerpt_of_a_long_line_shows_the_place() {
        let text = format!("{}x{}", "a".repeat(5000), "b".repeat(5000));
        let place = Location {
            file: "m.sql".into(),
            line: 1,
            column: 5001,
            end_line: 1,
            end_column: 5002,
        };
        let shown = excerpt(&text, &place).expect("the line exists");
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[2].chars().position(|c| c == '^').expect("a caret");
        assert_eq!(lines[1].chars().nth(at), Some('x'));
        assert!(lines[1].chars().count() < 140);
    }
}
