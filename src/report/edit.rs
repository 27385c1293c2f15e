//! Edits of a text, and how they are shown.

use std::ops::Range;
use std::path::Path;

use similar::TextDiff;

/// Replaces places of a text. Of edits that overlap the first one counts.
pub fn edited(text: &str, edits: &[(Range<u32>, String)]) -> String {
    let mut sorted: Vec<&(Range<u32>, String)> = edits.iter().collect();
    sorted.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for (range, replacement) in sorted {
        let (start, stop) = (range.start as usize, range.end as usize);
        let Some(kept) = text.get(end..start) else {
            continue;
        };
        if text.get(start..stop).is_none() {
            continue;
        }
        out.push_str(kept);
        out.push_str(replacement);
        end = stop;
    }
    out.push_str(&text[end..]);
    out
}

/// Shows the difference between two states of a file as `patch` reads it.
pub fn unified(path: &Path, before: &str, after: &str) -> String {
    let path = path.display();
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_applied_from_front_to_back() {
        let edits = [
            (13..13, " CONCURRENTLY".to_owned()),
            (0..6, "Create".to_owned()),
            (3..9, "overlaps".to_owned()),
        ];
        assert_eq!(
            edited("CREATE INDEX  i;", &edits),
            "Create INDEX  CONCURRENTLY i;"
        );
        assert_eq!(edited("ä", &[(1..2, "x".to_owned())]), "ä");
    }

    #[test]
    fn the_difference_names_the_file() {
        let shown = unified(Path::new("m.sql"), "a\nb\n", "a\nc\n");
        assert_eq!(shown, "--- a/m.sql\n+++ b/m.sql\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }
}
