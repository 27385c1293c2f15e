//! Projects on disk: the reference project with one defect laid over it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What a fixture's `overlay.yaml` says.
#[derive(serde::Deserialize)]
struct Overlay {
    base: PathBuf,
    #[serde(default)]
    remove: Vec<PathBuf>,
}

/// Copies the files of the reference project that tests need, changed as `tests/fixtures/<name>` says.
pub fn fixture(name: &str) -> TempDir {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let text = fs::read_to_string(folder.join("overlay.yaml")).unwrap();
    let overlay: Overlay = serde_yaml::from_str(&text).unwrap();
    let base = folder.join(overlay.base);
    let mut files = BTreeMap::new();
    for part in ["zerodrift.yaml", "migrations", "seeds", "schema"] {
        collect(&base, &base.join(part), &mut files);
    }
    for path in overlay.remove {
        assert!(
            files.remove(&path).is_some(),
            "{name} removes {}, which does not exist",
            path.display()
        );
    }
    collect(&folder, &folder, &mut files);
    files.remove(Path::new("overlay.yaml"));
    let project = tempfile::tempdir().unwrap();
    for (path, source) in files {
        let target = project.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(source, target).unwrap();
    }
    project
}

fn collect(root: &Path, part: &Path, files: &mut BTreeMap<PathBuf, PathBuf>) {
    for entry in walkdir::WalkDir::new(part).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() {
            files.insert(
                entry.path().strip_prefix(root).unwrap().to_path_buf(),
                entry.into_path(),
            );
        }
    }
}
