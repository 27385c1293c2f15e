//! A page of Markdown for the terminal: headings, lists, code.

use anstyle::Style;

/// Writes a page as people read it. Code keeps its lines, indented; marks of emphasis and code in text go.
pub fn render(markdown: &str, color: bool) -> String {
    let bold = |text: &str| match color {
        true => format!("{style}{text}{style:#}", style = Style::new().bold()),
        false => text.to_owned(),
    };
    let dim = |text: &str| match color {
        true => format!("{style}{text}{style:#}", style = Style::new().dimmed()),
        false => text.to_owned(),
    };
    let mut out = String::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            in_code = !in_code;
            // "sql fires" says what the case is for.
            if let Some((_, word)) = info.split_once(' ').filter(|_| in_code) {
                out.push_str(&format!("  {}\n", dim(&format!("({})", word.trim()))));
            }
            continue;
        }
        if in_code {
            out.push_str(format!("    {line}").trim_end());
        } else if let Some(heading) = line.strip_prefix('#') {
            out.push_str(&bold(heading.trim_start_matches('#').trim()));
        } else {
            out.push_str(&plain(line));
        }
        out.push('\n');
    }
    out
}

/// Takes the marks out of a line of text. An underscore is part of names and stays.
fn plain(line: &str) -> String {
    line.replace("**", "").replace('`', "\"").replace("\"\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn code_is_indented_and_marks_go() {
        let page = "# a-rule\n\n**Finds** `x`.\n\n```sql fires\nSELECT 1;\n\n```\n";
        assert_eq!(
            render(page, false),
            "a-rule\n\nFinds \"x\".\n\n  (fires)\n    SELECT 1;\n\n"
        );
    }
}
