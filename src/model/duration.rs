//! Durations as people write them.

use std::time::Duration;

/// Units: PostgreSQL's own (manual, section 20.1.1) and `m` for minutes. No `us`: a timeout below 1 ms would be rounded
/// to 0, which means none.
const UNITS: &[(&str, f64)] = &[
    ("ms", 1e-3),
    ("s", 1.0),
    ("min", 60.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86400.0),
];

/// Parses `500ms`, `2s`, `5min`, `5m`, `1.5h`, `1d`. A unit is required, because a bare number means milliseconds to
/// PostgreSQL and seconds to most people.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let digits = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let (number, unit) = (&trimmed[..digits], trimmed[digits..].trim());
    let problem = || {
        format!("\"{text}\" is not a duration; write a number and a unit, for example 500ms, 2s, 5min or 1h")
    };
    let factor = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor)
        .ok_or_else(problem)?;
    let number: f64 = number.parse().map_err(|_| problem())?;
    Duration::try_from_secs_f64(number * factor).map_err(|_| problem())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("500ms", Some(500)),
            ("2s", Some(2_000)),
            ("5min", Some(300_000)),
            ("5m", Some(300_000)),
            ("1.5 h", Some(5_400_000)),
            ("5", None),
            ("500us", None),
            ("s", None),
            ("", None),
            ("-1s", None),
            ("1.2.3s", None),
            ("5 fortnights", None),
        ] {
            assert_eq!(
                parse_duration(text).ok().map(|d| d.as_millis()),
                expected,
                "{text}"
            );
        }
    }
}
