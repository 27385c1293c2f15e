//! The connection service file (manual, section 34.17).

use std::path::{Path, PathBuf};

use super::keyword::{self, Parameters};
use super::source::Environment;
use super::{PgError, settings};

/// Reads the section of a service: the user's file first, then the system's.
pub(super) fn read(
    name: &str,
    file: Option<&str>,
    environment: Environment<'_>,
) -> Result<Parameters, PgError> {
    let mut places: Vec<PathBuf> = match file {
        Some(file) => vec![PathBuf::from(file)],
        None => environment("HOME")
            .map(|home| Path::new(&home).join(".pg_service.conf"))
            .into_iter()
            .collect(),
    };
    let system = environment("PGSYSCONFDIR").map_or_else(|| "/etc/postgresql-common".into(), PathBuf::from);
    places.push(system.join("pg_service.conf"));
    for place in &places {
        let Ok(content) = std::fs::read_to_string(place) else {
            continue;
        };
        if let Some(found) = section(&content, name, place)? {
            return Ok(found);
        }
    }
    let looked = places
        .iter()
        .map(|place| place.display().to_string())
        .collect::<Vec<_>>()
        .join(" and ");
    Err(settings(
        format!("service \"{name}\" is not defined; looked into {looked}"),
        format!("Add a section [{name}] to one of these files, or name another file in PGSERVICEFILE."),
    ))
}

fn section(content: &str, name: &str, place: &Path) -> Result<Option<Parameters>, PgError> {
    let mut found: Option<Parameters> = None;
    for (number, line) in content.lines().enumerate() {
        let line = line.trim();
        let wrong = |what: &str| {
            settings(
                format!("cannot read {}:{}: {what}", place.display(), number + 1),
                "Write one keyword=value a line, below a line [service].",
            )
        };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            if found.is_some() {
                break;
            }
            if line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) == Some(name) {
                found = Some(Parameters::new());
            }
            continue;
        }
        let Some(found) = &mut found else { continue };
        let (key, value) = line.split_once('=').ok_or_else(|| wrong("the line has no ="))?;
        let keyword = keyword::find(key.trim()).ok_or_else(|| wrong("libpq knows no such parameter"))?;
        if keyword.name == "service" {
            return Err(wrong("a service cannot name another service"));
        }
        // As libpq: the first of two equal keywords counts.
        found
            .entry(keyword.name)
            .or_insert_with(|| value.trim().to_owned());
    }
    Ok(found)
}
