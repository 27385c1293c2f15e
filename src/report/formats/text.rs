//! `text`: for people.

use anstyle::{AnsiColor, Style};

use super::{Pieces, Rendering, Source};
use crate::diff::{Sign, emphasis};
use crate::model::{Finding, Level, Location};
use crate::report::drawings::{obeyed, visible};
use crate::report::{Counts, Report, Table};

/// What a person wants to see: the command's own text, findings with excerpts, tables, a summary.
pub(super) const PIECES: Pieces = Pieces {
    head,
    findings: |findings, rendering| {
        let shown: Vec<&Finding> = findings
            .iter()
            .filter(|finding| is_shown(finding.level, rendering))
            .collect();
        findings_text(&shown, rendering)
    },
    between: "\n",
    tail,
};

fn head(text: &str, rendering: &Rendering) -> String {
    match (rendering.quiet, text.is_empty() || text.ends_with('\n')) {
        (true, _) => String::new(),
        (false, true) => text.to_owned(),
        (false, false) => format!("{text}\n"),
    }
}

fn tail(report: &Report, counts: Counts, rendering: &Rendering, mut written: bool) -> String {
    let mut out = String::new();
    if rendering.quiet {
        return out;
    }
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        if written {
            out.push('\n');
        }
        written = true;
        out.push_str(&table_text(table));
    }
    if !report.conclusion.is_empty() {
        out.push_str(&format!("\n{}\n", report.conclusion));
    }
    if let Some(summary) = summary(counts, rendering) {
        out.push_str(&format!("\n{summary}\n"));
    }
    out
}

fn is_shown(level: Level, rendering: &Rendering) -> bool {
    level >= Level::Warning || (level == Level::Info && rendering.verbose)
}

/// Writes findings; those of one group stand together under its name.
fn findings_text(shown: &[&Finding], rendering: &Rendering) -> String {
    let mut blocks = Vec::new();
    for group in shown.chunk_by(|one, next| one.group == next.group) {
        let Some(name) = group.first().and_then(|finding| finding.group.as_deref()) else {
            blocks.extend(group.iter().map(|finding| finding_text(finding, rendering)));
            continue;
        };
        let heading = Style::new().bold().underline();
        let name = painted(heading, &safe(name), rendering);
        let mut block = format!("{name}{}\n", counted(group));
        for finding in group {
            for line in finding_text(finding, rendering).lines() {
                block.push_str(&format!("  {line}\n"));
            }
        }
        blocks.push(block);
    }
    blocks.join("\n")
}

/// Says how many findings a group has of each level, where it has more than one.
fn counted(group: &[&Finding]) -> String {
    if group.len() < 2 {
        return String::new();
    }
    let levels = [Level::Error, Level::Warning, Level::Info];
    let counts = levels.map(|level| {
        let number = group.iter().filter(|finding| finding.level == level).count();
        (number > 0).then(|| plural(number, level.as_str()))
    });
    format!(
        " ({})",
        counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    )
}

fn plural(number: usize, word: &str) -> String {
    let ending = if number == 1 || word == "info" { "" } else { "s" };
    format!("{number} {word}{ending}")
}

fn painted(style: Style, text: &str, rendering: &Rendering) -> String {
    if rendering.color {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

fn finding_text(finding: &Finding, rendering: &Rendering) -> String {
    let paint = |style: Style, text: &str| painted(style, text, rendering);
    let level = paint(
        style_of(finding.level),
        &format!("{}[{}]", finding.level, finding.rule),
    );
    let mut out = format!(
        "{level}: {}\n",
        paint(Style::new().bold(), &safe(&finding.message))
    );
    if let Some(place) = &finding.location {
        out.push_str(&format!("  --> {}\n", safe(&place.to_string())));
        if let Some(excerpt) = rendering
            .sources
            .get(&place.file)
            .and_then(|source| excerpt(source, place))
        {
            out.push_str(&excerpt);
        }
    }
    for (word, text) in [("detail", &finding.detail), ("hint", &finding.hint)] {
        if let Some(text) = text {
            out.push_str(&format!(
                "  {}: {}\n",
                paint(Style::new().bold(), word),
                continued(text, rendering)
            ));
        }
    }
    out
}

/// Shows what a terminal would obey: names and bodies come from a database that somebody else may have filled.
fn safe(line: &str) -> String {
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}

/// Writes a text of several lines below its first; differences in it are coloured where colours are wanted.
fn continued(text: &str, rendering: &Rendering) -> String {
    if !rendering.color {
        let lines: Vec<String> = text.split('\n').map(safe).collect();
        return lines.join("\n    ");
    }
    let lines = emphasis(text).into_iter().map(|line| {
        let (plain, marked) = styles_of(line.sign);
        let pieces = line.pieces.iter().filter(|(_, piece)| !piece.is_empty());
        let pieces = pieces.map(|(is_marked, piece)| {
            let style = if *is_marked { marked } else { plain };
            painted(style, &safe(piece), rendering)
        });
        pieces.collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n    ")
}

/// Returns how a line of a difference looks, and the words in it that differ.
fn styles_of(sign: Sign) -> (Style, Style) {
    let plain = match sign {
        Sign::Plain => return (Style::new(), Style::new()),
        Sign::Head => return (Style::new().dimmed(), Style::new().dimmed()),
        Sign::Removed => Style::new().fg_color(Some(AnsiColor::Red.into())),
        Sign::Added => Style::new().fg_color(Some(AnsiColor::Green.into())),
    };
    (plain, plain.bold().invert())
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
pub(super) fn excerpt(source: &Source, place: &Location) -> Option<String> {
    const WIDTH: usize = 110;
    if place.line == place.end_line
        && place.column == place.end_column
        && place.column == 1
        && place.line == 1
    {
        return None;
    }
    // One character for one, so that carets stay below what they mean.
    let shown = |c: char| match c {
        '\t' => ' ',
        c if obeyed(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    let line: String = source.line(place.line)?.chars().map(shown).collect();
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

fn summary(counts: Counts, rendering: &Rendering) -> Option<String> {
    let [errors, warnings, advice] =
        [Level::Error, Level::Warning, Level::Info].map(|level| counts.of(level));
    if errors + warnings + advice == 0 {
        return None;
    }
    // Advice that stands above is counted too.
    let rest = match (advice, is_shown(Level::Info, rendering)) {
        (0, _) => String::new(),
        (_, true) => format!(", {}", plural(advice, "info")),
        (_, false) => format!("; {} hidden, -v shows advice", plural(advice, "finding")),
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
        let shown = excerpt(&Source::new(text.to_owned()), &place).expect("the line exists");
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[2].chars().position(|c| c == '^').expect("a caret");
        assert_eq!(lines[1].chars().nth(at), Some('b'));
        assert_eq!(lines[2].matches('^').count(), 1);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_written() {
        let place = Location::point("a\n\u{1b}[31m.sql", 1, 8);
        let mut finding = Finding::new("rule", Level::Error, "message\u{1b}").at(place.clone());
        finding.hint = Some("hint \u{202e}".to_owned());
        let source = Source::new("SELECT \0\u{1b}[2J;\n".to_owned());
        let rendering = Rendering {
            sources: [(place.file, source)].into(),
            ..Rendering::default()
        };
        let text = finding_text(&finding, &rendering);
        let obeyed: Vec<char> = text.chars().filter(|c| obeyed(*c) && *c != '\n').collect();
        assert_eq!(obeyed, [], "{text}");
        assert!(
            text.contains("--> a\\u{a}\\u{1b}[31m.sql:1:8\n") && text.contains("SELECT \u{fffd}\u{fffd}[2J;"),
            "{text}"
        );
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
        let shown = excerpt(&Source::new(text.clone()), &place).expect("the line exists");
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[2].chars().position(|c| c == '^').expect("a caret");
        assert_eq!(lines[1].chars().nth(at), Some('x'));
        assert!(lines[1].chars().count() < 140);
    }
}
