//! Connection strings and the places that they come from, without a server.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use zerodrift::pg::connect::{Purpose, resolve};
use zerodrift::pg::{PgError, Target};

type Variables<'a> = &'a [(&'a str, &'a str)];

fn resolve_in(option: Option<&str>, purpose: Purpose, variables: Variables<'_>) -> Result<Target, PgError> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    resolve(option, purpose, &|name| {
        variables.get(name).map(|value| (*value).to_owned())
    })
}

fn parse(text: &str) -> Result<Target, PgError> {
    resolve_in(Some(text), Purpose::Migration, &[])
}

/// Returns message and hint of the error, which must not hold the password of these tests.
fn refusal(result: Result<Target, PgError>) -> (String, String) {
    match result {
        Err(PgError::Settings { message, hint }) => {
            assert!(
                !format!("{message}{hint}").contains("s3cret"),
                "{message}; {hint}"
            );
            (message, hint)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn strings_that_libpq_reads() {
    let cases = [
        ("postgres://ann@db/app", "ann@db:5432/app"),
        (
            "postgresql://ann:s3cret@db:6432/app?sslmode=verify-full&sslrootcert=system",
            "ann@db:6432/app",
        ),
        ("postgres://ann@db", "ann@db:5432/ann"),
        (
            "postgres://ann@/app?host=/run/pg&port=5433",
            "ann@/run/pg:5433/app",
        ),
        ("postgres://ann@%2Frun%2Fpg/app", "ann@/run/pg/app"),
        ("postgres://a%40b:s3cret%2F%3A@db/my%20app", "a@b@db:5432/my app"),
        ("postgres://ann@[::1]:6432/app", "ann@[::1]:6432/app"),
        (
            "postgres://ann@one:1,two,three:3/app",
            "ann@one:1,two:5432,three:3/app",
        ),
        (
            "postgres://ann@one,two/app?port=6432",
            "ann@one:6432,two:6432/app",
        ),
        (
            "postgres://ann:s3?cret@db/app?connect_timeout=3",
            "ann@db:5432/app",
        ),
        ("postgres:///app?user=ann&host=db", "ann@db:5432/app"),
        ("postgres://db/app?user=ann&ssl=true", "ann@db:5432/app"),
        ("host=db user=ann dbname=app password=s3cret", "ann@db:5432/app"),
        (
            r"host = db user='an n' dbname='it\'s' password = 's3 cret' ",
            "an n@db:5432/it's",
        ),
        ("hostaddr=10.0.0.1 user=ann dbname=app", "ann@10.0.0.1:5432/app"),
        ("host=db hostaddr=::1 user=ann", "ann@db:5432/ann"),
        ("host=/tmp user=ann dbname=app", "ann@/tmp/app"),
        (
            "postgres://ann@db/app?gssencmode=prefer&krbsrvname=x&client_encoding=UTF8&keepalives_idle=30\
             &target_session_attrs=read-write&channel_binding=prefer&options=-c%20work_mem%3D1MB",
            "ann@db:5432/app",
        ),
    ];
    for (text, expected) in cases {
        let target = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(target.to_string(), expected, "{text}");
        assert_eq!(format!("{target:?}"), format!("Target({expected})"));
    }
}

#[test]
fn strings_that_are_refused() {
    let cases = [
        (
            "postgresql+asyncpg://ann:s3cret@db/app",
            "driver",
            "postgresql://ann:***@db/app",
        ),
        (
            "sqla+postgresql://ann:s3cret@db/app?x=1",
            "driver",
            "postgresql://ann:***@db/app?x=1",
        ),
        (
            "db+postgresql://ann@db/app?password=s3cret",
            "driver",
            "postgresql://ann@db/app?password=***",
        ),
        (
            "postgresql+psycopg://ann:a/s3cret@db/app",
            "driver",
            "postgresql://ann:***@db/app",
        ),
        ("jdbc:postgresql://db/app", "driver", "postgresql://db/app"),
        ("mysql://ann:s3cret@db/app", "not a PostgreSQL URL", "postgres://"),
        ("app", "neither a URL nor", "postgres://"),
        (
            "postgres://ann:s3%zzcret@db/app",
            "password has a %",
            "percent-encoded",
        ),
        ("postgres://ann:s3cret@x@db/app", "two @", "percent-encoded"),
        ("postgres://ann@::1/app", "IPv6", "postgres://"),
        ("postgres://ann@db:70000/app", "port \"70000\"", "port"),
        (
            "postgres://ann@db/app?sslmode=on",
            "sslmode \"on\"",
            "verify-full",
        ),
        (
            "postgres://ann@db/app?sslmod=require",
            "no parameter \"sslmod\"",
            "options=",
        ),
        (
            "postgres://ann@db/app?sslmode=require&sslrootcert=system",
            "needs sslmode=verify-full",
            "verify-full",
        ),
        ("postgres://ann@db/app?sslcrl=/x", "sslcrl", "Remove it"),
        (
            "postgres://ann@db/app?gssencmode=require",
            "gssencmode",
            "disable, prefer",
        ),
        (
            "postgres://ann@db/app?require_auth=md5",
            "require_auth",
            "Remove it",
        ),
        (
            "postgres://ann@db/app?connect_timeout=soon",
            "connect_timeout \"soon\"",
            "Correct",
        ),
        (
            "postgres://ann@one,two/app?port=1,2,3",
            "3 values for port and 2 hosts",
            "one port for all",
        ),
        ("host=db password='s3cret", "no closing quote", "single quotes"),
        ("host=db s3cret", "no = after it", "keyword=value"),
    ];
    for (text, message_part, hint_part) in cases {
        let (message, hint) = refusal(parse(text));
        assert!(message.contains(message_part), "{text}: {message}");
        assert!(hint.contains(hint_part), "{text}: {hint}");
    }
}

#[test]
fn first_source_that_names_a_database_counts() {
    let all = [
        ("MIGRATION_DATABASE_URL", "postgres://m@db/app"),
        ("DATABASE_URL", "postgres://r@db/app"),
        ("PGHOST", "pg"),
        ("PGUSER", "p"),
        ("PGDATABASE", "d"),
    ];
    let cases: [(Option<&str>, Purpose, Variables<'_>, &str); 8] = [
        (
            Some("postgres://o@db/app"),
            Purpose::Migration,
            &all,
            "o@db:5432/app",
        ),
        (None, Purpose::Migration, &all, "m@db:5432/app"),
        (None, Purpose::Runtime, &all, "r@db:5432/app"),
        (None, Purpose::Migration, &all[1..], "r@db:5432/app"),
        (None, Purpose::Migration, &all[2..], "p@pg:5432/d"),
        (
            None,
            Purpose::Migration,
            &[("PGHOST", "/s"), ("PGUSER", "p"), ("PGPORT", "7")],
            "p@/s:7/p",
        ),
        // A host that is written down is not led elsewhere, but may use the port of the environment, as in libpq.
        (
            Some("postgres://o@db/app"),
            Purpose::Migration,
            &[("PGHOSTADDR", "10.0.0.1"), ("PGPORT", "7")],
            "o@db:7/app",
        ),
        (
            None,
            Purpose::Migration,
            &[
                ("DATABASE_URL", " "),
                ("PGDATABASE", "d"),
                ("PGHOST", "h"),
                ("PGUSER", "p"),
            ],
            "p@h:5432/d",
        ),
    ];
    for (option, purpose, variables, expected) in cases {
        assert_eq!(
            resolve_in(option, purpose, variables).unwrap().to_string(),
            expected,
            "{variables:?}"
        );
    }
}

#[test]
fn nothing_is_guessed() {
    let (message, hint) = refusal(resolve_in(
        None,
        Purpose::Migration,
        &[("PGUSER", "ann"), ("PGPORT", "5432")],
    ));
    for name in [
        "--database-url",
        "MIGRATION_DATABASE_URL",
        "DATABASE_URL",
        "PGHOST",
    ] {
        assert!(message.contains(name), "{message}");
    }
    assert!(hint.contains("postgres://"), "{hint}");
    let (message, _) = refusal(resolve_in(
        None,
        Purpose::Runtime,
        &[("MIGRATION_DATABASE_URL", "postgres://m@db/app")],
    ));
    assert!(!message.contains("MIGRATION"), "{message}");
}

#[test]
fn service_file_fills_what_is_open() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pg_service.conf");
    fs::write(
        &file,
        "# mine\n[other]\nhost=no\n[app]\nhost=db\nport=6432\nuser=svc\ndbname=app\n[last]\nhost=no\n",
    )
    .unwrap();
    let home = home.path().to_str().unwrap();
    let variables = [
        ("PGSERVICE", "app"),
        ("HOME", home),
        ("PGPORT", "1"),
        ("PGSYSCONFDIR", "/nowhere"),
    ];
    assert_eq!(
        resolve_in(None, Purpose::Migration, &variables)
            .unwrap()
            .to_string(),
        "svc@db:6432/app"
    );
    let target = resolve_in(
        Some("postgres://ann@/?service=app"),
        Purpose::Migration,
        &variables[1..],
    )
    .unwrap();
    assert_eq!(target.to_string(), "ann@db:6432/app");
    let file = file.to_str().unwrap();
    let named = [("PGSERVICE", "app"), ("PGSERVICEFILE", file)];
    assert_eq!(
        resolve_in(None, Purpose::Migration, &named).unwrap().to_string(),
        "svc@db:6432/app"
    );
    let (message, hint) = refusal(resolve_in(
        None,
        Purpose::Migration,
        &[("PGSERVICE", "none"), variables[1], variables[3]],
    ));
    assert!(
        message.contains("\"none\"") && message.contains(file) && message.contains("/nowhere"),
        "{message}"
    );
    assert!(hint.contains("[none]"), "{hint}");
    fs::write(file, "[app]\nhost=db\npassword s3cret\n").unwrap();
    let (message, _) = refusal(resolve_in(None, Purpose::Migration, &named));
    assert!(message.contains(&format!("{file}:3")), "{message}");
}

#[test]
fn client_key_must_be_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let certificate = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
    fs::write(path("c"), certificate.cert.pem()).unwrap();
    fs::write(path("k"), certificate.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(path("k"), fs::Permissions::from_mode(0o644)).unwrap();
    let text = format!(
        "host=127.0.0.1 port=1 user=ann sslmode=require sslcert={} sslkey={}",
        path("c").display(),
        path("k").display()
    );
    let error = zerodrift::pg::Session::open(&parse(&text).unwrap(), "test")
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("others may read it (mode 0644)"),
        "{error}"
    );
}
