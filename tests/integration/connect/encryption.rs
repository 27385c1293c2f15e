//! TLS on a real server: each `sslmode` against right and wrong certificates.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use zerodrift::pg::{Cluster, ClusterOptions, Session};

use super::refusals::{open, refused};
use crate::support;

/// A server on 127.0.0.1 with TLS, a few roles, and the files of its authority.
pub(super) struct NetworkServer {
    pub port: u16,
    folder: PathBuf,
    _cluster: Cluster,
}

const RULES: &str = "
local     all all                    trust
hostssl   all only_tls  127.0.0.1/32 scram-sha-256
hostnossl all only_plain 127.0.0.1/32 scram-sha-256
hostssl   all certified 127.0.0.1/32 cert
host      all app       127.0.0.1/32 scram-sha-256
host      all nologin   127.0.0.1/32 scram-sha-256
";

/// Starts the server on first use; it goes with the process.
pub(super) fn network_server() -> &'static NetworkServer {
    static SERVER: OnceLock<NetworkServer> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> NetworkServer {
    // The shared server comes first: it sets up the end of the process, and tells which account servers run as.
    let probe = support::cluster().target("postgres").to_string();
    let owner = fs::metadata(
        probe
            .trim_start_matches("postgres@")
            .trim_end_matches("/postgres"),
    )
    .unwrap();
    let folder = tempfile::Builder::new()
        .prefix("zerodrift-tls-")
        .tempdir()
        .unwrap()
        .keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    support::remove_at_exit(&folder);
    write_certificates(&folder);
    fs::write(folder.join("hba.conf"), RULES).unwrap();
    let key = folder.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    if owner.uid() != fs::metadata(&key).unwrap().uid() {
        chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let settings = [
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("ssl", "on".to_owned()),
        ("ssl_cert_file", file("server.crt")),
        ("ssl_key_file", file("server.key")),
        ("ssl_ca_file", file("ca.crt")),
        ("hba_file", file("hba.conf")),
        ("password_encryption", "scram-sha-256".to_owned()),
    ];
    let settings = settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let options = ClusterOptions {
        major: support::majors()[0],
        settings,
        ..ClusterOptions::default()
    };
    let cluster = Cluster::start(&options).unwrap_or_else(|error| panic!("{}", support::explained(&error)));
    let closed = cluster.create_database("closed", None).unwrap();
    drop(closed);
    let mut session = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
    session
        .run(
            "CREATE ROLE app LOGIN PASSWORD 'right'; CREATE ROLE only_tls LOGIN PASSWORD 'right';
             CREATE ROLE only_plain LOGIN PASSWORD 'right'; CREATE ROLE certified LOGIN;
             CREATE ROLE nologin PASSWORD 'right'; REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
        )
        .unwrap();
    NetworkServer {
        port,
        folder,
        _cluster: cluster,
    }
}

fn write_certificates(folder: &Path) {
    let write = |name: &str, content: String| fs::write(folder.join(name), content).unwrap();
    let authority = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        (certificate.pem(), Issuer::new(params, key))
    };
    let (ca, issuer) = authority("zerodrift test authority");
    let (other_ca, _) = authority("another authority");
    write("ca.crt", ca);
    write("other.crt", other_ca);
    for (file, name) in [("server", "localhost"), ("client", "certified")] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        write(
            &format!("{file}.crt"),
            params.signed_by(&key, &issuer).unwrap().pem(),
        );
        write(&format!("{file}.key"), key.serialize_pem());
    }
    fs::set_permissions(folder.join("client.key"), fs::Permissions::from_mode(0o600)).unwrap();
}

impl NetworkServer {
    /// Returns a keyword string; `{}` in `rest` is the folder of the certificates.
    fn at(&self, host: &str, rest: &str) -> String {
        let rest = rest.replace("{}", self.folder.to_str().unwrap());
        let user = if rest.contains("user=") { "" } else { "user=app" };
        format!(
            "host={host} hostaddr=127.0.0.1 port={} {user} password=right dbname=postgres {rest}",
            self.port
        )
    }
}

#[test]
fn each_mode_encrypts_as_it_promises() {
    let server = network_server();
    let cases = [
        ("localhost", "sslmode=verify-full sslrootcert={}/ca.crt", "t"),
        ("127.0.0.1", "sslmode=verify-ca sslrootcert={}/ca.crt", "t"),
        // The server's own certificate as its root.
        ("localhost", "sslmode=verify-full sslrootcert={}/server.crt", "t"),
        ("127.0.0.1", "sslmode=require", "t"),
        ("127.0.0.1", "sslmode=prefer", "t"),
        ("127.0.0.1", "", "t"),
        ("127.0.0.1", "sslmode=allow", "f"),
        ("127.0.0.1", "sslmode=disable", "f"),
        ("127.0.0.1", "sslmode=allow user=only_tls", "t"),
        ("127.0.0.1", "sslmode=prefer user=only_plain", "f"),
        (
            "127.0.0.1",
            "sslmode=require sslmax_protocol_version=TLSv1.2",
            "t",
        ),
        ("127.0.0.1", "sslmode=require channel_binding=require", "t"),
        (
            "127.0.0.1",
            "sslmode=require user=certified sslcert={}/client.crt sslkey={}/client.key",
            "t",
        ),
    ];
    for (host, rest, encrypted) in cases {
        let text = server.at(host, rest);
        let mut session = open(&text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let rows = session
            .text_rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            .unwrap();
        assert_eq!(rows, [[Some(encrypted.to_owned())]], "{text}");
    }
}

#[test]
fn each_mode_refuses_what_it_promises() {
    let server = network_server();
    let cases = [
        (
            "127.0.0.1",
            "sslmode=verify-full sslrootcert={}/ca.crt",
            "subjectAltName",
        ),
        (
            "localhost",
            "sslmode=verify-full sslrootcert={}/other.crt",
            "sslrootcert",
        ),
        (
            "localhost",
            "sslmode=verify-ca sslrootcert={}/other.crt",
            "sslrootcert",
        ),
        // With a root certificate, "require" verifies the chain, as libpq does.
        (
            "127.0.0.1",
            "sslmode=require sslrootcert={}/other.crt",
            "sslrootcert",
        ),
        (
            "127.0.0.1",
            "sslmode=disable user=only_tls",
            "try sslmode=require",
        ),
        (
            "127.0.0.1",
            "sslmode=require user=only_plain",
            "pg_hba.conf has no line",
        ),
        ("127.0.0.1", "sslmode=require user=certified", "role"),
    ];
    for (host, rest, hint_part) in cases {
        let text = server.at(host, rest);
        let (cause, _, hint) = refused(&text);
        assert!(hint.contains(hint_part), "{text}: {cause}; {hint}");
    }
    for (rest, message_part) in [
        ("sslmode=verify-full", "needs a root certificate"),
        (
            "sslmode=verify-ca sslrootcert=/nowhere.crt",
            "cannot read sslrootcert /nowhere.crt",
        ),
    ] {
        let error = open(&server.at("localhost", rest)).err().unwrap();
        assert!(error.to_string().contains(message_part), "{error}");
    }
}

#[test]
fn cancel_is_sent_over_tls() {
    let server = network_server();
    let mut session = open(&server.at("localhost", "sslmode=verify-full sslrootcert={}/ca.crt")).unwrap();
    let canceller = session.canceller();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        canceller.cancel().unwrap();
    });
    let start = Instant::now();
    let error = session.run("SELECT pg_sleep(20)").unwrap_err();
    assert_eq!(error.sqlstate(), Some("57014"));
    assert!(start.elapsed() < Duration::from_secs(10));
    thread.join().unwrap();
}
