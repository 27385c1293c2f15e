//! Encryption as `sslmode` and its companions describe it (manual, section 34.19).

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::keyword::Parameters;
use super::{PgError, settings};

/// The values of `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    /// Reads `sslmode`; the default is libpq's, stricter where the system's certificates are asked for.
    pub(super) fn of(parameters: &Parameters) -> Result<Self, PgError> {
        let system = parameters
            .get("sslrootcert")
            .is_some_and(|value| value == "system");
        let mode = match parameters.get("sslmode").map(String::as_str) {
            None | Some("") if system => Mode::VerifyFull,
            None | Some("" | "prefer") => Mode::Prefer,
            Some("disable") => Mode::Disable,
            Some("allow") => Mode::Allow,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyCa,
            Some("verify-full") => Mode::VerifyFull,
            Some(other) => {
                return Err(settings(
                    format!("sslmode \"{other}\" is not known"),
                    "Write one of disable, allow, prefer, require, verify-ca, verify-full.",
                ));
            }
        };
        if system && mode != Mode::VerifyFull {
            return Err(settings(
                "sslrootcert=system needs sslmode=verify-full",
                "Anyone can get a certificate from a public authority: set sslmode=verify-full.",
            ));
        }
        Ok(mode)
    }
}

/// How much of the server's certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Anything,
    Chain,
    ChainAndName,
}

/// Builds the encryption for a mode that may use it.
pub(super) fn connector(mode: Mode, parameters: &Parameters) -> Result<MakeRustlsConnect, PgError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let root = parameters
        .get("sslrootcert")
        .map(String::as_str)
        .filter(|path| !path.is_empty());
    let trust = match (mode, root) {
        (Mode::VerifyFull, _) => Trust::ChainAndName,
        // With a root certificate, "require" verifies it too (manual, section 34.19.1, "for compatibility").
        (Mode::VerifyCa, _) | (Mode::Require, Some(_)) => Trust::Chain,
        _ => Trust::Anything,
    };
    let anchors = if trust == Trust::Anything {
        Vec::new()
    } else {
        anchors(mode, root)?
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(anchors.iter().cloned());
    let verifier = Verifier {
        trust,
        roots,
        anchors,
        provider: Arc::clone(&provider),
    };
    let wrong =
        |error: rustls::Error| settings(format!("cannot set up TLS: {error}"), "Check the ssl parameters.");
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(parameters)?)
        .map_err(wrong)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity(parameters)? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(wrong)?,
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = parameters.get("sslsni").is_none_or(|value| value != "0");
    // What servers expect when TLS begins without a request before it (manual, section 54.2.11 of major 17).
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn anchors(mode: Mode, root: Option<&str>) -> Result<Vec<CertificateDer<'static>>, PgError> {
    match root {
        None => Err(settings(
            format!(
                "sslmode={} needs a root certificate",
                if mode == Mode::VerifyCa {
                    "verify-ca"
                } else {
                    "verify-full"
                }
            ),
            "Set sslrootcert to the file of the authority, or to \"system\" for the system's, or put it at \
             ~/.postgresql/root.crt.",
        )),
        Some("system") => {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                return Err(settings(
                    "the system has no root certificates (sslrootcert=system)",
                    "Install the package ca-certificates, or name a file in sslrootcert.",
                ));
            }
            Ok(found.certs)
        }
        Some(path) => certificates("sslrootcert", path),
    }
}

fn certificates(parameter: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, PgError> {
    let hint = "Name a file with certificates in PEM form that this user may read.";
    let wrong = |reason: String| settings(format!("cannot read {parameter} {path}: {reason}"), hint);
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let found: Result<Vec<_>, _> = rustls_pemfile::certs(&mut BufReader::new(file)).collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        Err(wrong("it holds no certificate".to_owned()))
    } else {
        Ok(found)
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads the client's own certificate and key, if there is one.
fn identity(parameters: &Parameters) -> Result<Option<Identity>, PgError> {
    let given = |name: &str| parameters.get(name).filter(|value| !value.is_empty());
    let is_off = given("sslcertmode").is_some_and(|value| value == "disable");
    let Some(certificate) = given("sslcert").filter(|_| !is_off) else {
        return Ok(None);
    };
    let key = given("sslkey").ok_or_else(|| {
        settings(
            format!("sslcert {certificate} is set without sslkey"),
            "Name the file of its private key in sslkey.",
        )
    })?;
    Ok(Some((
        certificates("sslcert", certificate)?,
        private_key(Path::new(key))?,
    )))
}

/// Reads a private key, which others may not read (manual, section 34.19.2).
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, PgError> {
    use std::os::unix::fs::MetadataExt;

    let wrong = |reason: String, hint: &str| {
        settings(format!("cannot use sslkey {}: {reason}", path.display()), hint)
    };
    let file = File::open(path).map_err(|error| {
        wrong(
            error.to_string(),
            "Name a key in PEM form that this user may read.",
        )
    })?;
    let metadata = file
        .metadata()
        .map_err(|error| wrong(error.to_string(), "Check the file."))?;
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden != 0 {
        let reason = format!("others may read it (mode {:04o})", metadata.mode() & 0o7777);
        return Err(wrong(reason, "Run chmod 0600 on it."));
    }
    let key = rustls_pemfile::private_key(&mut BufReader::new(file)).map_err(|error| error.to_string());
    let hint = "Encrypted keys are not supported: decrypt it with openssl pkey.";
    key.and_then(|key| key.ok_or_else(|| "it holds no plain private key".to_owned()))
        .map_err(|error| wrong(error, hint))
}

fn versions(parameters: &Parameters) -> Result<Vec<&'static SupportedProtocolVersion>, PgError> {
    let rank = |name: &str, default: u8| match parameters.get(name).map(String::as_str) {
        None | Some("") => Ok(default),
        Some("TLSv1" | "TLSv1.1") => Ok(1),
        Some("TLSv1.2") => Ok(2),
        Some("TLSv1.3") => Ok(3),
        Some(other) => Err(settings(
            format!("{name} \"{other}\" is not known"),
            "Write TLSv1.2 or TLSv1.3.",
        )),
    };
    let allowed = rank("sslmin_protocol_version", 2)?..=rank("sslmax_protocol_version", 3)?;
    let known = [(2, &rustls::version::TLS12), (3, &rustls::version::TLS13)];
    let found: Vec<_> = known
        .into_iter()
        .filter(|(rank, _)| allowed.contains(rank))
        .map(|(_, version)| version)
        .collect();
    if found.is_empty() {
        return Err(settings(
            "sslmin_protocol_version and sslmax_protocol_version leave no version of TLS",
            "TLSv1.2 and TLSv1.3 are supported.",
        ));
    }
    Ok(found)
}

/// Verifies the server as far as the mode asks for.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    roots: RootCertStore,
    anchors: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.trust == Trust::Anything {
            return Ok(ServerCertVerified::assertion());
        }
        let certificate = ParsedCertificate::try_from(end_entity)?;
        // A self-signed server certificate is its own root, as the manual's example makes it (section 19.9.5).
        let is_its_own_root = self
            .anchors
            .iter()
            .any(|anchor| anchor.as_ref() == end_entity.as_ref());
        if !is_its_own_root {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &self.roots,
                intermediates,
                now,
                algorithms,
            )?;
        }
        if self.trust == Trust::ChainAndName {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
