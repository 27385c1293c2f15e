//! `html`: one self-contained file, without scripts and without anything that is fetched.

use super::text::excerpt;
use super::{Rendering, reported, slashes};
use crate::model::{Finding, Level};
use crate::report::{Report, Table};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
h1{font-size:1.4rem}h2{font-size:1.05rem;font-family:ui-monospace,monospace;border-bottom:1px solid #d0d7de;padding-bottom:.3rem;margin-top:2rem}\
article{margin:1rem 0;padding:.6rem 1rem;border-left:4px solid #57606a;background:#f6f8fa}\
article.error{border-color:#cf222e}article.warning{border-color:#bf8700}article.info{border-color:#0969da}\
pre{overflow-x:auto;background:#fff;border:1px solid #d0d7de;padding:.5rem}\
p{margin:.3rem 0;white-space:pre-wrap}.rule{font-family:ui-monospace,monospace;font-size:.85rem}\
table{border-collapse:collapse}td,th{border:1px solid #d0d7de;padding:.2rem .5rem;text-align:left}";

/// Writes the page.
pub fn render(report: &Report, rendering: &Rendering) -> String {
    let findings: Vec<&Finding> = reported(report).collect();
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let mut body = format!(
        "<h1>zerodrift {}</h1>\n<p>{} errors, {} warnings, {} notes of advice</p>\n",
        escape(report.command),
        count(Level::Error),
        count(Level::Warning),
        count(Level::Info)
    );
    if !report.text.is_empty() {
        body.push_str(&format!("<pre>{}</pre>\n", escape(&report.text)));
    }
    let mut file = None;
    for finding in &findings {
        let here = finding.location.as_ref().map(|place| slashes(&place.file));
        if here != file {
            if let Some(name) = &here {
                body.push_str(&format!("<h2>{}</h2>\n", escape(name)));
            }
            file = here;
        }
        body.push_str(&article(finding, rendering));
    }
    report
        .tables
        .iter()
        .for_each(|table| body.push_str(&table_html(table)));
    if !report.conclusion.is_empty() {
        body.push_str(&format!("<p>{}</p>\n", escape(&report.conclusion)));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>zerodrift {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(report.command)
    )
}

fn article(finding: &Finding, rendering: &Rendering) -> String {
    let mut out = format!(
        "<article class=\"{}\">\n<p><strong>{}</strong></p>\n<p class=\"rule\">{} · {}{}</p>\n",
        finding.level,
        escape(&finding.message),
        finding.level,
        escape(finding.rule),
        finding
            .location
            .as_ref()
            .map_or_else(String::new, |place| format!(
                " · line {}, column {}",
                place.line, place.column
            ))
    );
    let excerpt = finding
        .location
        .as_ref()
        .and_then(|place| excerpt(rendering.sources.get(&place.file)?, place));
    if let Some(excerpt) = excerpt {
        out.push_str(&format!("<pre>{}</pre>\n", escape(&excerpt)));
    }
    for text in [&finding.detail, &finding.hint].into_iter().flatten() {
        out.push_str(&format!("<p>{}</p>\n", escape(text)));
    }
    out + "</article>\n"
}

fn table_html(table: &Table) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    let cells = |cells: &[String], tag: &str| -> String {
        let cells = cells
            .iter()
            .map(|cell| format!("<{tag}>{}</{tag}>", escape(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = table.rows.iter().map(|row| cells(row, "td")).collect();
    format!("<table>\n{}{rows}</table>\n", cells(&table.columns, "th"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
