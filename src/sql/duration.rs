//! Durations as people write them in directives and options.

use std::time::Duration;

/// The units of PostgreSQL's own settings (manual, section 20.1.1), in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// What a duration looks like, for messages.
pub const EXPECTED: &str =
    "a whole number and one of ms, s, min, h, d, for example 500ms or 2s; 0 means none";

/// Reads `500ms`, `2s`, `5min`, `1h`, `1d` or `0`.
pub fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (_, factor) = UNITS.iter().find(|(unit, _)| *unit == &text[digits..])?;
    let millis = text[..digits].parse::<u64>().ok()?.checked_mul(*factor)?;
    // The server keeps timeouts as 32-bit milliseconds.
    (millis <= i32::MAX as u64).then(|| Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_server() {
        assert_eq!(parse("2s"), Some(Duration::from_secs(2)));
        assert_eq!(parse("5min"), Some(Duration::from_secs(300)));
        assert_eq!(parse("0"), Some(Duration::ZERO));
        for wrong in ["", "2", "s", "2 s", "-1s", "99999d", "1.5s"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
