//! The line comments that tell the runner something: `--: backfill …`, `--: end`, `--: batched …`, timeouts.

use std::ops::Range;
use std::time::Duration;

use super::name::WrittenName;
use crate::model::parse_duration;

/// One directive of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Begins a guarded backfill.
    Backfill(Backfill),
    /// Ends it.
    End,
    /// Makes the backfill run in batches.
    Batched(Batched),
    /// Sets `lock_timeout` for the next statement.
    LockTimeout(Duration),
    /// Sets `statement_timeout` for the next statement.
    StatementTimeout(Duration),
}

/// The head of a guarded backfill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// The table whose rows are changed.
    pub table: WrittenName,
    /// Tables and views that are read; none means what the parser finds.
    pub reads: Option<Vec<WrittenName>>,
    /// Triggers of `table` that are disabled meanwhile.
    pub triggers: Vec<String>,
    /// How many rows must be touched.
    pub expect: Option<Expect>,
    /// What is done about row security, if it is written.
    pub row_security: Option<RowSecurity>,
}

/// How many rows a backfill must touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Every row of the table.
    All,
    /// Every row that the statement's own WHERE selects.
    Matching,
    /// At least one, or the table is empty.
    Some,
    /// Exactly so many.
    Exactly(u64),
    /// Any number, 0 included; nothing is warned about.
    Any,
}

/// What a backfill does about row security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSecurity {
    /// Disables it and restores it in the same transaction.
    Toggle,
    /// Changes no flag and relies on the role.
    Bypass,
}

/// The head of a batched backfill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batched {
    /// The key columns, in order.
    pub key: Vec<String>,
    /// Rows of a batch, or of the first one where there is a target.
    pub size: u64,
    /// How long a batch may hold its locks: the size follows. None for batches of a fixed size.
    pub target: Option<Duration>,
    /// Time between two batches.
    pub pause: Duration,
}

/// A mistake in a directive, with the bytes of the comment that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// Where, in bytes of the comment.
    pub range: Range<usize>,
}

const DIRECTIVES: &str = "one of backfill, end, batched, lock-timeout, statement-timeout";
/// What a duration looks like, for messages.
const DURATION: &str = "a number and one of us, ms, s, min, h, d, for example 500ms or 2s; 0 means none";
const BACKFILL_KEYS: [&str; 5] = ["table", "reads", "triggers", "expect", "rls"];
const BATCHED_KEYS: [&str; 4] = ["key", "size", "target", "pause"];
/// Rows of the first batch where nothing is written.
const FIRST_SIZE: u64 = 1000;
/// How long a batch may hold its locks where neither a size nor a target is written.
const TARGET: Duration = Duration::from_millis(250);

/// Reads one comment, `--:` included.
pub fn parse(comment: &str) -> Result<Directive, Mistake> {
    let words = words(comment)?;
    let Some((first, rest)) = words.split_first() else {
        return Err(mistake(0..comment.len(), "directive is empty", DIRECTIVES));
    };
    match first.text {
        "backfill" => {
            backfill(&Pairs::read("backfill", first, rest, &BACKFILL_KEYS)?).map(Directive::Backfill)
        }
        "batched" => batched(&Pairs::read("batched", first, rest, &BATCHED_KEYS)?).map(Directive::Batched),
        "end" => match rest.first() {
            None => Ok(Directive::End),
            Some(word) => Err(mistake(
                word.range.clone(),
                format!("\"end\" takes no \"{}\"", word.text),
                "the end of the line",
            )),
        },
        "lock-timeout" => timeout(first, rest).map(Directive::LockTimeout),
        "statement-timeout" => timeout(first, rest).map(Directive::StatementTimeout),
        other => Err(mistake(
            first.range.clone(),
            format!("directive \"{other}\" does not exist"),
            DIRECTIVES,
        )),
    }
}

struct Word<'a> {
    text: &'a str,
    range: Range<usize>,
}

fn mistake(range: Range<usize>, message: impl Into<String>, expected: impl Into<String>) -> Mistake {
    Mistake {
        message: message.into(),
        expected: expected.into(),
        range,
    }
}

/// Splits at white space outside double quotes.
fn words(comment: &str) -> Result<Vec<Word<'_>>, Mistake> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quoted = None;
    let offset = "--:".len();
    let body = comment.get(offset..).unwrap_or("");
    for (at, c) in body.char_indices().chain([(body.len(), ' ')]) {
        let at = at + offset;
        if c == '"' {
            quoted = if quoted.is_some() { None } else { Some(at) };
        }
        let ends = c.is_whitespace() && quoted.is_none();
        match (start, ends) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                words.push(Word {
                    text: &comment[from..at],
                    range: from..at,
                });
                start = None;
            }
            _ => {}
        }
    }
    match quoted {
        Some(at) => Err(mistake(
            at..comment.len(),
            "quoted name is not closed",
            "a closing \"",
        )),
        None => Ok(words),
    }
}

fn timeout(first: &Word<'_>, rest: &[Word<'_>]) -> Result<Duration, Mistake> {
    match rest {
        [value] => duration(value.text).ok_or_else(|| {
            mistake(
                value.range.clone(),
                format!("\"{}\" is not a duration", value.text),
                DURATION,
            )
        }),
        [] => Err(mistake(
            first.range.clone(),
            format!("\"{}\" has no value", first.text),
            DURATION,
        )),
        [_, extra, ..] => Err(mistake(
            extra.range.clone(),
            format!("\"{}\" takes one value", first.text),
            "the end of the line",
        )),
    }
}

/// The `key=value` words of a directive.
struct Pairs<'a> {
    directive: Range<usize>,
    name: &'static str,
    pairs: Vec<(&'a str, Word<'a>)>,
}

impl<'a> Pairs<'a> {
    fn read(
        name: &'static str,
        first: &Word<'a>,
        rest: &[Word<'a>],
        known: &[&str],
    ) -> Result<Self, Mistake> {
        let mut pairs: Vec<(&'a str, Word<'a>)> = Vec::new();
        for word in rest {
            let Some((key, value)) = word.text.split_once('=') else {
                let message = format!("\"{}\" is not of the form key=value", word.text);
                return Err(mistake(
                    word.range.clone(),
                    message,
                    format!("one of {}, each with = and a value", known.join(", ")),
                ));
            };
            let key_range = word.range.start..word.range.start + key.len();
            if !known.contains(&key) {
                let message = format!("\"{name}\" has no key \"{key}\"");
                return Err(mistake(
                    key_range,
                    message,
                    format!("one of {}", known.join(", ")),
                ));
            }
            if pairs.iter().any(|(earlier, _)| *earlier == key) {
                return Err(mistake(
                    key_range,
                    format!("key \"{key}\" is written twice"),
                    "each key once",
                ));
            }
            let start = key_range.end + 1;
            if value.is_empty() {
                return Err(mistake(
                    key_range,
                    format!("key \"{key}\" has no value"),
                    "a value right after =",
                ));
            }
            pairs.push((
                key,
                Word {
                    text: value,
                    range: start..word.range.end,
                },
            ));
        }
        Ok(Pairs {
            directive: first.range.clone(),
            name,
            pairs,
        })
    }

    fn get(&self, key: &str) -> Option<&Word<'a>> {
        self.pairs
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, word)| word)
    }

    fn need(&self, key: &str) -> Result<&Word<'a>, Mistake> {
        self.get(key).ok_or_else(|| {
            mistake(
                self.directive.clone(),
                format!("\"{}\" has no {key}=", self.name),
                format!("{key}=<value>"),
            )
        })
    }
}

/// Splits a value at commas outside double quotes.
fn list<'a>(word: &Word<'a>) -> Vec<Word<'a>> {
    let mut quoted = false;
    let mut from = 0;
    let mut parts = Vec::new();
    for (at, c) in word.text.char_indices().chain([(word.text.len(), ',')]) {
        quoted ^= c == '"';
        if c == ',' && !quoted {
            parts.push(Word {
                text: &word.text[from..at],
                range: word.range.start + from..word.range.start + at,
            });
            from = at + 1;
        }
    }
    parts
}

fn relation(word: &Word<'_>) -> Result<WrittenName, Mistake> {
    WrittenName::parse(word.text).ok_or_else(|| {
        mistake(
            word.range.clone(),
            format!("\"{}\" is not the name of a relation", word.text),
            "name or schema.name, each part plain or in double quotes",
        )
    })
}

fn plain_name(word: &Word<'_>) -> Result<String, Mistake> {
    match WrittenName::parse(word.text) {
        Some(WrittenName { schema: None, name }) => Ok(name),
        _ => Err(mistake(
            word.range.clone(),
            format!("\"{}\" is not a name", word.text),
            "a name without schema, plain or in double quotes",
        )),
    }
}

fn backfill(pairs: &Pairs<'_>) -> Result<Backfill, Mistake> {
    let table = relation(pairs.need("table")?)?;
    let reads = pairs
        .get("reads")
        .map(|word| list(word).iter().map(relation).collect())
        .transpose()?;
    let triggers = pairs
        .get("triggers")
        .map(|word| list(word).iter().map(plain_name).collect())
        .transpose()?;
    let expect = pairs.get("expect").map(expectation).transpose()?;
    let row_security = pairs.get("rls").map(row_security).transpose()?;
    Ok(Backfill {
        table,
        reads,
        triggers: triggers.unwrap_or_default(),
        expect,
        row_security,
    })
}

fn expectation(word: &Word<'_>) -> Result<Expect, Mistake> {
    match word.text {
        "all" => Ok(Expect::All),
        "matching" => Ok(Expect::Matching),
        ">0" => Ok(Expect::Some),
        "any" => Ok(Expect::Any),
        number => number.parse().map(Expect::Exactly).map_err(|_| {
            mistake(
                word.range.clone(),
                format!("\"{number}\" is not an expectation"),
                "one of all, matching, >0, any, or a number of rows",
            )
        }),
    }
}

fn row_security(word: &Word<'_>) -> Result<RowSecurity, Mistake> {
    match word.text {
        "toggle" => Ok(RowSecurity::Toggle),
        "bypass" => Ok(RowSecurity::Bypass),
        other => Err(mistake(
            word.range.clone(),
            format!("\"{other}\" is not a way to treat row security"),
            "toggle or bypass",
        )),
    }
}

fn batched(pairs: &Pairs<'_>) -> Result<Batched, Mistake> {
    let key = list(pairs.need("key")?)
        .iter()
        .map(plain_name)
        .collect::<Result<_, _>>()?;
    let size = pairs.get("size").map(batch_size).transpose()?;
    let target = match pairs.get("target") {
        None => size.is_none().then_some(TARGET),
        Some(word) => match duration(word.text).filter(|target| !target.is_zero()) {
            Some(target) => Some(target),
            None => {
                return Err(mistake(
                    word.range.clone(),
                    format!("\"{}\" is not a target duration", word.text),
                    "a duration above 0, for example 250ms",
                ));
            }
        },
    };
    let pause = match pairs.get("pause") {
        None => Duration::ZERO,
        Some(word) => duration(word.text).ok_or_else(|| {
            mistake(
                word.range.clone(),
                format!("\"{}\" is not a duration", word.text),
                DURATION,
            )
        })?,
    };
    Ok(Batched {
        key,
        size: size.unwrap_or(FIRST_SIZE),
        target,
        pause,
    })
}

fn batch_size(word: &Word<'_>) -> Result<u64, Mistake> {
    word.text.parse().ok().filter(|rows| *rows > 0).ok_or_else(|| {
        mistake(
            word.range.clone(),
            format!("\"{}\" is not a batch size", word.text),
            "a number of rows from 1",
        )
    })
}

/// Reads a duration that the server can keep as a timeout: 32-bit milliseconds (manual, section 20.11).
fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    parse_duration(text)
        .ok()
        .filter(|duration| duration.as_millis() <= i32::MAX as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let full =
            "--: backfill table=public.\"Odd Name\" reads=a,s.b triggers=t1,\"T 2\" expect=>0 rls=bypass\r";
        let Ok(Directive::Backfill(backfill)) = parse(full) else {
            panic!("{:?}", parse(full))
        };
        assert_eq!(backfill.table.quoted(), "\"public\".\"Odd Name\"");
        assert_eq!(backfill.reads.map(|reads| reads.len()), Some(2));
        assert_eq!(backfill.triggers, ["t1", "T 2"]);
        assert_eq!(
            (backfill.expect, backfill.row_security),
            (Some(Expect::Some), Some(RowSecurity::Bypass))
        );
        assert_eq!(parse("--:end"), Ok(Directive::End));
        assert_eq!(
            parse("--: lock-timeout 500ms"),
            Ok(Directive::LockTimeout(Duration::from_millis(500)))
        );
        let batched = Batched {
            key: vec!["a".into(), "b".into()],
            size: 1000,
            target: None,
            pause: Duration::from_millis(10),
        };
        assert_eq!(
            parse("--: batched key=a,b size=1000 pause=10ms"),
            Ok(Directive::Batched(batched))
        );
        for (text, size, target) in [
            ("--: batched key=id", 1000, Some(250)),
            ("--: batched key=id target=1s", 1000, Some(1000)),
            ("--: batched key=id size=50 target=100ms", 50, Some(100)),
            ("--: batched key=id size=50", 50, None),
        ] {
            let Ok(Directive::Batched(read)) = parse(text) else {
                panic!("{:?}", parse(text))
            };
            let target = target.map(Duration::from_millis);
            assert_eq!((read.size, read.target), (size, target), "{text}");
        }
    }

    #[test]
    fn mistakes_say_where_and_what_was_expected() {
        let cases = [
            ("--:", "directive is empty", "--:"),
            (
                "--: backfil table=t",
                "directive \"backfil\" does not exist",
                "backfil",
            ),
            ("--: backfill", "\"backfill\" has no table=", "backfill"),
            (
                "--: backfill table=t expect=most",
                "\"most\" is not an expectation",
                "most",
            ),
            (
                "--: backfill table=t tables=u",
                "\"backfill\" has no key \"tables\"",
                "tables",
            ),
            (
                "--: backfill table=t table=u",
                "key \"table\" is written twice",
                "table",
            ),
            (
                "--: backfill table=a.b.c.d",
                "\"a.b.c.d\" is not the name of a relation",
                "a.b.c.d",
            ),
            ("--: backfill table=t triggers=a,,b", "\"\" is not a name", ""),
            ("--: backfill table=\"t", "quoted name is not closed", "\"t"),
            ("--: backfill t", "\"t\" is not of the form key=value", "t"),
            ("--: end backfill", "\"end\" takes no \"backfill\"", "backfill"),
            ("--: lock-timeout 5", "\"5\" is not a duration", "5"),
            ("--: batched key=id size=0", "\"0\" is not a batch size", "0"),
            (
                "--: batched key=id target=0",
                "\"0\" is not a target duration",
                "0",
            ),
        ];
        for (comment, message, marked) in cases {
            let mistake = parse(comment).expect_err(comment);
            assert_eq!(mistake.message, message);
            assert_eq!(&comment[mistake.range], marked, "{comment}");
            assert!(!mistake.expected.is_empty());
        }
    }
}
