//! What `lint` writes: edits that mend findings, and the baseline of accepted ones.

use std::path::{Path, PathBuf};

use super::linting::Linted;
use super::selection::Selection;
use super::{CommandError, Context};
use crate::lint::baseline::Baseline;
use crate::load;
use crate::report::edit;

/// Shows the edits as a difference and applies them where that is wanted. Returns what people are told.
///
/// The findings that an applied edit mends are taken out.
pub fn mend(linted: &mut Linted, selection: &Selection, write: bool) -> Result<String, CommandError> {
    let mut said = String::new();
    let mut written: Vec<PathBuf> = Vec::new();
    for (shown, edits) in &linted.edits {
        let Some(path) = path_of(selection, shown) else {
            let text = linted.texts.get(shown).map_or("", String::as_str);
            said.push_str(&edit::unified(shown, text, &edit::edited(text, edits)));
            continue;
        };
        let before = load::read_sql(Path::new(""), &path)?.text;
        let after = edit::edited(&before, edits);
        said.push_str(&edit::unified(shown, &before, &after));
        if write {
            replace(&path, &after)?;
            written.push(shown.clone());
        }
    }
    if linted.edits.is_empty() {
        said.push_str("Nothing that was found can be mended by an edit.\n");
    }
    for file in &written {
        said.push_str(&format!("wrote {}\n", file.display()));
    }
    linted.findings.retain(|finding| {
        let place = finding.location.as_ref().filter(|_| finding.fix.is_some());
        place.is_none_or(|place| !written.contains(&place.file))
    });
    Ok(said)
}

/// Returns where a file is that findings call by this name; nothing for standard input.
fn path_of(selection: &Selection, shown: &Path) -> Option<PathBuf> {
    if let Some(loose) = selection.loose.iter().find(|loose| loose.shown == shown) {
        return Some(loose.path.clone());
    }
    let workspace = selection.workspace.as_ref().filter(|_| selection.graph)?;
    let path = workspace.project.root.join(shown);
    path.is_file().then_some(path)
}

/// Writes a text in the place of a file's; a byte order mark stays.
fn replace(path: &Path, text: &str) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::usage(format!("could not write \"{}\": {error}", path.display()))
    };
    let before = std::fs::read(path).map_err(failed)?;
    let mark: &[u8] = if before.starts_with(b"\xef\xbb\xbf") {
        &before[..3]
    } else {
        b""
    };
    std::fs::write(path, [mark, text.as_bytes()].concat()).map_err(failed)
}

/// Says whether findings of the past are accepted.
pub fn has_baseline(selection: &Selection, context: &Context, file: Option<&Path>) -> bool {
    baseline_file(selection, context, file).is_some()
}

/// Takes out what the baseline accepts, and says what it accepts for nothing.
pub fn accept(
    linted: &mut Linted,
    selection: &Selection,
    context: &Context,
    file: Option<&Path>,
) -> Result<(), CommandError> {
    let Some((path, shown)) = baseline_file(selection, context, file) else {
        return Ok(());
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        CommandError::usage_with_hint(
            format!("could not read baseline \"{}\": {error}", shown.display()),
            "\"zerodrift lint --update-baseline\" writes it.",
        )
    })?;
    let mut baseline = Baseline::read(&text).map_err(|reason| {
        CommandError::usage_with_hint(
            format!("\"{}\" is no baseline: {reason}", shown.display()),
            "\"zerodrift lint --update-baseline\" writes it anew.",
        )
    })?;
    baseline.accept(&mut linted.findings);
    linted
        .findings
        .retain(|finding| finding.level != crate::model::Level::Off);
    let looked_at = |path: &str| !selection.is_partial() || linted.files.contains(Path::new(path));
    let left = baseline.left(&shown, looked_at);
    linted.findings.extend(left);
    Ok(())
}

/// Writes what was found as the new baseline. Returns what people are told.
pub fn write_baseline(
    linted: &mut Linted,
    selection: &Selection,
    context: &Context,
    file: Option<&Path>,
) -> Result<String, CommandError> {
    let Some((path, shown)) = baseline_file(selection, context, file) else {
        return Err(CommandError::usage_with_hint(
            "no file is named for the baseline",
            "Name it with --baseline FILE, or under \"lint: {baseline: FILE}\" in zerodrift.yaml.",
        ));
    };
    if selection.is_partial() {
        return Err(CommandError::usage_with_hint(
            "--update-baseline with a part of the project would forget what the other files have",
            "Leave out PATH and --since.",
        ));
    }
    let baseline = Baseline::of(&linted.findings);
    std::fs::write(&path, baseline.write()).map_err(|error| {
        CommandError::usage(format!(
            "could not write baseline \"{}\": {error}",
            shown.display()
        ))
    })?;
    linted
        .findings
        .retain(|finding| finding.level < crate::model::Level::Warning);
    Ok(format!(
        "wrote {}: {} accepted finding{}\n",
        shown.display(),
        baseline.len(),
        if baseline.len() == 1 { "" } else { "s" }
    ))
}

/// Where the baseline is, and how it is shown: an option is relative to the working directory, a key to the project.
fn baseline_file(
    selection: &Selection,
    context: &Context,
    file: Option<&Path>,
) -> Option<(PathBuf, PathBuf)> {
    if let Some(file) = file {
        return Some((context.directory.join(file), file.to_path_buf()));
    }
    let project = &selection.workspace.as_ref()?.project;
    let file = project.lint_baseline()?;
    Some((project.root.join(&file), file))
}
