//! How a throw-away server is configured: fast, private, and the same on every machine.

use std::path::Path;

/// The settings and why; manual, chapter 20. Nothing of what a test could observe is weakened but durability.
const SETTINGS: &[(&str, &str)] = &[
    // Reached by its socket only.
    ("listen_addresses", ""),
    ("max_connections", "50"),
    ("superuser_reserved_connections", "3"),
    // It never outlives its client, so nothing has to survive a power cut.
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("min_wal_size", "2MB"),
    ("max_wal_size", "256MB"),
    ("checkpoint_timeout", "1h"),
    // Nothing runs that nobody asked for.
    ("autovacuum", "off"),
    ("max_logical_replication_workers", "0"),
    ("max_parallel_workers", "0"),
    ("jit", "off"),
    // Shared memory segments would stay behind in /dev/shm; files in the data folder go with it.
    ("dynamic_shared_memory_type", "mmap"),
    ("shared_buffers", "16MB"),
    // A rehearsal may touch every table in one transaction.
    ("max_locks_per_transaction", "256"),
    ("log_checkpoints", "off"),
    ("log_timezone", "UTC"),
    ("timezone", "UTC"),
    ("lc_messages", "C"),
    ("lc_monetary", "C"),
    ("lc_numeric", "C"),
    ("lc_time", "C"),
    // What initdb writes for English locales; the built-in default is "simple".
    ("default_text_search_config", "pg_catalog.english"),
];

/// Returns the text of `postgresql.conf`; what the caller wants comes last and wins.
pub(super) fn text(socket_dir: &Path, wanted: &[(String, String)]) -> String {
    let socket_dir = socket_dir.to_string_lossy();
    let base = SETTINGS.iter().map(|(name, value)| line(name, value));
    let own = [line("unix_socket_directories", &socket_dir)];
    base.chain(own)
        .chain(wanted.iter().map(|(name, value)| line(name, value)))
        .collect()
}

/// Quotes a value as the configuration file wants it (manual, section 20.1.2).
fn line(name: &str, value: &str) -> String {
    format!("{name} = '{}'\n", value.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_settings_come_last_and_are_quoted() {
        let text = text(
            Path::new("/tmp/x"),
            &[("search_path".to_owned(), r"it's\x".to_owned())],
        );
        assert!(text.ends_with("search_path = 'it''s\\\\x'\n"), "{text}");
        assert!(text.contains("unix_socket_directories = '/tmp/x'\n"), "{text}");
    }
}
