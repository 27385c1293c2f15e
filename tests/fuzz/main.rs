//! Broken text, endlessly: whatever a file holds, reading and linting it ends, soon, and without a panic.
//!
//! The seeds are the SQL files and the pages of the linter in this repository. Each input is a seed, or two of them
//! joined, with some bytes, tokens or lines changed. It runs for a few seconds; `ZERODRIFT_FUZZ_SECONDS=600` runs it
//! for ten minutes, `ZERODRIFT_FUZZ_SEED` repeats a run. An input that fails is left in the folder for temporary files.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zerodrift::lint::context::Settings;
use zerodrift::lint::run::{self, About, Input};
use zerodrift::lint::schema::Schema;
use zerodrift::load::sql_from;
use zerodrift::sql::act::read;
use zerodrift::sql::parse::tokens;
use zerodrift::sql::split::split;
use zerodrift::sql::{Script, mask, normal, psql};

/// How long one input may take, in a build without optimisation on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(20);

/// Inputs are cut to this many bytes, so that many are tried.
const LARGEST: usize = 6_000;

#[test]
fn any_text_is_read_and_linted() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let limit = Duration::from_secs(number("ZERODRIFT_FUZZ_SECONDS").unwrap_or(5));
    let first = number("ZERODRIFT_FUZZ_SEED").unwrap_or(1);
    let seeds = seeds();
    assert!(seeds.len() > 100, "{} seeds", seeds.len());
    let begun = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let tried: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|worker| {
                let seeds = &seeds;
                scope.spawn(move || {
                    let mut tried = 0;
                    while begun.elapsed() < limit {
                        let number = first + worker + tried * workers;
                        try_one(number, input(&mut Random::new(number), seeds));
                        tried += 1;
                    }
                    tried
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("{tried} inputs in {:.0?}", begun.elapsed());
    assert!(tried > 0);
}

/// Reads and lints one input; says which it was where that fails.
fn try_one(number: u64, input: Vec<u8>) {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| exercise(&input)));
    let took = begun.elapsed();
    if outcome.is_err() || took > LONGEST {
        let file = std::env::temp_dir().join(format!("zerodrift-fuzz-{number}.sql"));
        std::fs::write(&file, &input).unwrap();
        panic!(
            "input {number} failed after {took:?}; it is in {}",
            file.display()
        );
    }
}

/// Everything that reads text: header, directives, splitter, parser, psql's commands, masks; then the model and the rules.
fn exercise(input: &[u8]) {
    let path = Path::new("fuzz.sql");
    let Ok(file) = sql_from(input.to_vec(), path) else {
        return;
    };
    let text = &*file.text;
    let covered: usize = tokens(text).map(|token| token.range.len()).sum();
    assert_eq!(covered, text.len(), "tokens cover the text");
    for range in split(text).statements {
        assert!(text.get(range).is_some(), "statements lie on characters");
    }
    let _ = Script::read(path, text);
    let _ = psql::parts(text);
    assert_eq!(mask::in_place(text).chars().count(), text.chars().count());
    let _ = mask::secrets(text);
    let _ = normal::fingerprint(text);
    for act in read(text) {
        let place = act.span.start as usize..act.span.end as usize;
        assert!(text.get(place).is_some(), "acts lie on characters");
    }
    let about = About {
        transactional: file.transaction.unwrap_or(true),
        ..About::default()
    };
    let migration = run::migration(0, path, text, about.clone());
    let settings = Settings::default();
    for found in run::alone(&migration, &Schema::unknown(), &settings) {
        let place = found.problem.span.start as usize..found.problem.span.end as usize;
        assert!(
            text.get(place).is_some(),
            "{} lies on characters",
            found.rule.name
        );
    }
    // Twice the same, one after the other: everything exists already, and what was dropped is gone.
    let again = run::migration(1, path, text, about);
    run::together(&Input {
        migrations: vec![migration, again],
        prerequisites: vec![Vec::new(), vec![0]],
        base: Schema::empty(),
        reported: vec![true, true],
        settings,
    });
}

/// SQL files and pages of the repository.
fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["lints", "tests", "examples"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let texts = files.iter().filter_map(|file| {
        let text = std::fs::read(file).ok()?;
        Some((file, text))
    });
    let mut seeds = Vec::new();
    for (file, text) in texts {
        if file.extension().is_some_and(|ending| ending == "md") {
            let page = String::from_utf8_lossy(&text).into_owned();
            seeds.extend(blocks(&page).map(|block| block.as_bytes().to_vec()));
        } else {
            seeds.push(text);
        }
    }
    seeds
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "sql" || ending == "md")
        {
            files.push(path);
        }
    }
}

/// The SQL blocks of a page.
fn blocks(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").skip(1).step_by(2).filter_map(|block| {
        let (kind, text) = block.split_once('\n')?;
        (kind.starts_with("sql") || kind.starts_with("dag")).then_some(text)
    })
}

/// Numbers that look like chance and are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

/// Pieces that are likely to hurt.
const PIECES: [&str; 44] = [
    "'",
    "\"",
    "$$",
    "$x$",
    "E'\\",
    "U&\"",
    "/*",
    "*/",
    "--",
    "--: ",
    "\\",
    "\\.",
    "\\i x",
    ";",
    "(",
    ")",
    "[",
    "]",
    "{",
    ":",
    "::",
    ",",
    ".",
    "\0",
    "\u{feff}",
    "é",
    "🦀",
    "\r",
    "\n",
    "BEGIN",
    "END",
    "CASE",
    "IF",
    "LOOP",
    "DO $$",
    "COPY t FROM stdin;\n",
    "/*---\n",
    "---*/\n",
    "revision: ",
    "${x}",
    "@extschema@",
    "99999999999999999999",
    "0x",
    "1e",
];

fn input(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut text = seeds[random.below(seeds.len())].clone();
    cut(&mut text, random);
    if random.below(3) == 0 {
        let mut other = seeds[random.below(seeds.len())].clone();
        cut(&mut other, random);
        let at = random.below(text.len() + 1);
        text.splice(at..at, other);
    }
    for _ in 0..=random.below(8) {
        match random.below(4) {
            0 => change_bytes(&mut text, random),
            1 | 2 => change_tokens(&mut text, random),
            _ => change_lines(&mut text, random),
        }
    }
    text.truncate(2 * LARGEST);
    text
}

/// Takes a part of a large seed.
fn cut(text: &mut Vec<u8>, random: &mut Random) {
    if text.len() > LARGEST {
        let start = random.below(text.len() - LARGEST);
        *text = text[start..start + LARGEST].to_vec();
    }
}

fn change_bytes(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len() + 1);
    match random.below(4) {
        0 if at < text.len() => text[at] = random.below(256) as u8,
        1 if at < text.len() => drop(text.remove(at)),
        2 => text.truncate(at),
        _ => drop(text.splice(at..at, random.of(&PIECES).bytes())),
    }
}

/// Drops, doubles, swaps or replaces what the lexer takes for one thing.
fn change_tokens(text: &mut Vec<u8>, random: &mut Random) {
    let readable = String::from_utf8_lossy(text).into_owned();
    let mut parts: Vec<&str> = tokens(&readable).map(|token| &readable[token.range]).collect();
    if parts.is_empty() {
        return;
    }
    let at = random.below(parts.len());
    let other = random.below(parts.len());
    match random.below(5) {
        0 => drop(parts.remove(at)),
        1 => parts.insert(at, parts[other]),
        2 => parts.swap(at, other),
        3 => parts[at] = random.of(&PIECES),
        _ => {
            let length = random.below(parts.len() - at).min(40);
            let stretch: Vec<&str> = parts[at..at + length].to_vec();
            for _ in 0..random.below(20) {
                parts.splice(at..at, stretch.iter().copied());
            }
        }
    }
    *text = parts.concat().into_bytes();
    text.truncate(2 * LARGEST);
}

fn change_lines(text: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len());
    let other = random.below(lines.len());
    match random.below(3) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[other]),
        _ => lines.swap(at, other),
    }
    *text = lines.concat();
}
