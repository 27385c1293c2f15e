//! From files to revisions.

use rayon::prelude::*;

use super::comment::{self, Comment};
use super::discover::{Source, discover};
use super::header::{self, Header, Problem};
use super::{Layout, LoadError, Loaded, file, reader};
use crate::graph::rules::{self, Rule};
use crate::model::{Finding, Location, Revision, RevisionId};

/// Files that one thread takes at a time; fewer files than this are not worth starting threads.
const BATCH: usize = 128;

/// Loads all revisions. Mistakes in single files are findings; an error means that there is nothing to look at.
pub fn load(layout: &Layout) -> Result<Loaded, LoadError> {
    let (sources, mut findings) = discover(layout)?;
    let one = |source: Source| read(layout, source);
    let read: Vec<(Option<Revision>, Vec<Finding>)> = match sources.len() {
        ..=BATCH => sources.into_iter().map(one).collect(),
        _ => sources.into_par_iter().with_min_len(BATCH).map(one).collect(),
    };
    let mut revisions = Vec::with_capacity(read.len());
    for (revision, found) in read {
        revisions.extend(revision);
        findings.extend(found);
    }
    Ok(Loaded { revisions, findings })
}

fn read(layout: &Layout, source: Source) -> (Option<Revision>, Vec<Finding>) {
    let counts = layout
        .branches
        .as_ref()
        .is_none_or(|branches| branches.contains(&source.branch));
    let text = match file::read_beginning(&layout.root, &source.path) {
        Ok(text) => text,
        Err(error) => return (None, vec![error.finding()]),
    };
    let reading = Reading {
        text: &text,
        source: &source,
    };
    let yaml = match comment::find(&text) {
        Comment::Header { yaml, .. } => yaml,
        _ if !counts => return (None, vec![reading.outside(layout, &Header::default())]),
        other => return (None, vec![reading.without_header(&other)]),
    };
    let (header, problems) = reader::read(&text, yaml);
    if !counts {
        return (None, vec![reading.outside(layout, &header)]);
    }
    let mut findings: Vec<Finding> = problems
        .into_iter()
        .map(|problem| reading.problem(problem))
        .collect();
    findings.extend(reading.file_name(&header));
    (revision(header, source), findings)
}

fn revision(header: Header, source: Source) -> Option<Revision> {
    let id = header.id?.value;
    let slug =
        slug(&source.stem, &id).unwrap_or_else(|| source.stem.split_once('_').map_or("", |(_, slug)| slug));
    let values = |ids: Vec<header::Spanned<RevisionId>>| ids.into_iter().map(|id| id.value).collect();
    Some(Revision {
        parents: values(header.parents),
        depends_on: values(header.depends_on),
        labels: header.labels.into_iter().map(|label| label.value).collect(),
        message: header.message.unwrap_or_else(|| slug.replace('_', " ")),
        transaction: header.transaction.unwrap_or(true),
        allow: header.allow,
        approval: header.approval,
        slug: slug.to_owned(),
        branch: source.branch,
        path: source.path,
        down: source.down,
        verify: source.verify,
        id,
    })
}

/// Returns what follows the id in a file name, if the name begins with it.
fn slug<'s>(stem: &'s str, id: &RevisionId) -> Option<&'s str> {
    let rest = stem.strip_prefix(id.as_str())?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix('_')
    }
}

struct Reading<'a> {
    text: &'a str,
    source: &'a Source,
}

impl Reading<'_> {
    fn problem(&self, problem: Problem) -> Finding {
        let location = Location::of_bytes(&self.source.path, self.text, problem.range);
        let finding = problem.rule.finding(problem.message).at(location);
        Finding {
            detail: problem.detail,
            hint: problem.hint,
            ..finding
        }
    }

    fn file_name(&self, header: &Header) -> Option<Finding> {
        let id = header.id.as_ref()?;
        if slug(&self.source.stem, &id.value).is_some() {
            return None;
        }
        let stem = &self.source.stem;
        let rest = stem.split_once('_').map_or("", |(_, rest)| rest);
        let wanted = if rest.is_empty() {
            format!("{}.sql", id.value)
        } else {
            format!("{}_{rest}.sql", id.value)
        };
        let found = rules::FILE_NAME_MISMATCH
            .finding(format!("file \"{stem}.sql\" declares revision \"{}\"", id.value))
            .object(id.value.as_str())
            .detail("A file is named after its revision: the id, or the id, \"_\" and a few words.")
            .hint(format!("Rename the file to {wanted}, or correct the header."));
        Some(found.at(Location::of_bytes(&self.source.path, self.text, id.range.clone())))
    }

    /// What is wrong with a file that has no header where one must be.
    fn without_header(&self, comment: &Comment) -> Finding {
        let name = self.source.path.file_name().unwrap_or_default().to_string_lossy();
        let place =
            |range: &std::ops::Range<usize>| Location::of_bytes(&self.source.path, self.text, range.clone());
        let made = |rule: &Rule, message: String, place: Location| rule.finding(message).at(place);
        match comment {
            Comment::Open { mark } => made(
                &rules::HEADER_NOT_CLOSED,
                format!("header of file \"{name}\" does not end"),
                place(mark),
            )
            .detail("It begins here and no \"---*/\" follows, so the whole file is a comment.")
            .hint("Write \"---*/\" behind the last key."),
            Comment::EndsEarly { mark } => made(
                &rules::HEADER_NOT_CLOSED,
                format!("header of file \"{name}\" ends with \"*/\" instead of \"---*/\""),
                place(mark),
            )
            .detail("PostgreSQL ends the comment here; what follows would run as SQL.")
            .hint("Write \"---*/\" behind the last key, and \"*\\/\" inside of a text in double quotes."),
            Comment::Nested { mark } => made(
                &rules::HEADER_NOT_CLOSED,
                format!("header of file \"{name}\" contains \"/*\""),
                place(mark),
            )
            .detail(
                "PostgreSQL's comments nest, so \"---*/\" would end this inner comment and not the header.",
            )
            .hint("Leave it out, or write \"/\\x2A\" inside of a text in double quotes."),
            Comment::Later { mark } => made(
                &rules::HEADER_IN_LATER_COMMENT,
                format!("header of file \"{name}\" is not the first thing in it"),
                place(mark),
            )
            .detail("Only white space may stand before it.")
            .hint("Move the header to the top of the file."),
            Comment::Missing | Comment::Header { .. } => self.missing(&name),
        }
    }

    fn missing(&self, name: &str) -> Finding {
        let what = if self.text.trim().is_empty() {
            "is empty"
        } else {
            "has no header"
        };
        let (id, _) = self
            .source
            .stem
            .split_once('_')
            .unwrap_or((&self.source.stem, ""));
        rules::HEADER_MISSING
            .finding(format!("file \"{name}\" {what}"))
            .detail("Every .sql file below the migrations is a revision and says so in its first comment.")
            .hint(format!(
                "Begin the file with \"/*--- {{revision: {id}, parents: [...]}} ---*/\", or move it out of the folder."
            ))
            .at(Location::file(&self.source.path))
    }

    /// A file in a folder that the configuration does not list is reported and left alone.
    fn outside(&self, layout: &Layout, header: &Header) -> Finding {
        let folder = match self.source.branch.as_str() {
            "" => format!("\"{}\" itself", layout.migrations.display()),
            branch => format!("folder \"{branch}\""),
        };
        let id = header.id.as_ref();
        let what = match id {
            Some(id) => format!("revision \"{}\"", id.value),
            None => format!("file \"{}.sql\"", self.source.stem),
        };
        let mut detail = "It is never applied, and nothing may follow it.".to_owned();
        let early = id.and_then(|id| header.parents.iter().find(|parent| id.value < parent.value));
        if let (Some(id), Some(parent)) = (id, early) {
            detail.push_str(&format!(
                " Its id \"{}\" sorts before its parent's, \"{}\", although it follows it.",
                id.value, parent.value
            ));
        }
        let hint = match self.source.branch.as_str() {
            "" => "Move the file into one of the branch folders.".to_owned(),
            branch => format!("Add \"{branch}\" to branches in zerodrift.yaml, or remove the folder."),
        };
        let place = match id {
            Some(id) => Location::of_bytes(&self.source.path, self.text, id.range.clone()),
            None => Location::file(&self.source.path),
        };
        rules::REVISION_OUTSIDE_BRANCHES
            .finding(format!(
                "{what} lies in {folder}, which is not among the configured branches"
            ))
            .object(id.map_or(self.source.stem.as_str(), |id| id.value.as_str()))
            .detail(detail)
            .hint(hint)
            .at(place)
    }
}
