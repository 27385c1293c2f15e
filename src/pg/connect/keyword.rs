//! The parameters that libpq knows (manual, sections 34.1.2 and 34.15 of major 18).

use std::collections::BTreeMap;

/// Values by keyword.
pub(super) type Parameters = BTreeMap<&'static str, String>;

/// What happens with a parameter.
pub(super) enum Handling {
    /// It has the effect that it has in libpq.
    Used,
    /// It has no meaning for this client; leaving it out changes nothing that matters.
    Ignored,
    /// It asks for something that this client cannot do. Refused, because most of these make a connection safer.
    Refused,
}

use Handling::{Ignored, Refused, Used};

/// A parameter, the environment variable that stands in for it, and what happens with it.
pub(super) struct Keyword {
    pub name: &'static str,
    pub variable: Option<&'static str>,
    pub handling: Handling,
}

const fn keyword(name: &'static str, variable: &'static str, handling: Handling) -> Keyword {
    Keyword {
        name,
        variable: Some(variable),
        handling,
    }
}

const fn bare(name: &'static str, handling: Handling) -> Keyword {
    Keyword {
        name,
        variable: None,
        handling,
    }
}

/// All of them, sorted.
pub(super) const KEYWORDS: &[Keyword] = &[
    keyword("application_name", "PGAPPNAME", Used),
    keyword("channel_binding", "PGCHANNELBINDING", Used),
    // The driver always speaks UTF-8.
    keyword("client_encoding", "PGCLIENTENCODING", Ignored),
    keyword("connect_timeout", "PGCONNECT_TIMEOUT", Used),
    keyword("dbname", "PGDATABASE", Used),
    bare("fallback_application_name", Ignored),
    bare("gssdelegation", Ignored),
    // Only "require" is refused: see `target.rs`.
    keyword("gssencmode", "PGGSSENCMODE", Used),
    keyword("gsslib", "PGGSSLIB", Ignored),
    keyword("host", "PGHOST", Used),
    keyword("hostaddr", "PGHOSTADDR", Used),
    bare("keepalives", Used),
    bare("keepalives_count", Used),
    bare("keepalives_idle", Used),
    bare("keepalives_interval", Used),
    keyword("krbsrvname", "PGKRBSRVNAME", Ignored),
    keyword("load_balance_hosts", "PGLOADBALANCEHOSTS", Ignored),
    keyword("max_protocol_version", "PGMAXPROTOCOLVERSION", Ignored),
    keyword("min_protocol_version", "PGMINPROTOCOLVERSION", Ignored),
    bare("oauth_client_id", Refused),
    bare("oauth_client_secret", Refused),
    bare("oauth_issuer", Refused),
    bare("oauth_scope", Refused),
    keyword("options", "PGOPTIONS", Used),
    keyword("passfile", "PGPASSFILE", Used),
    keyword("password", "PGPASSWORD", Used),
    keyword("port", "PGPORT", Used),
    bare("replication", Refused),
    keyword("require_auth", "PGREQUIREAUTH", Refused),
    keyword("requirepeer", "PGREQUIREPEER", Refused),
    bare("requiressl", Used),
    bare("scram_client_key", Refused),
    bare("scram_server_key", Refused),
    keyword("service", "PGSERVICE", Used),
    keyword("servicefile", "PGSERVICEFILE", Used),
    keyword("sslcert", "PGSSLCERT", Used),
    keyword("sslcertmode", "PGSSLCERTMODE", Used),
    keyword("sslcompression", "PGSSLCOMPRESSION", Ignored),
    keyword("sslcrl", "PGSSLCRL", Refused),
    keyword("sslcrldir", "PGSSLCRLDIR", Refused),
    keyword("sslkey", "PGSSLKEY", Used),
    bare("sslkeylogfile", Refused),
    keyword("sslmax_protocol_version", "PGSSLMAXPROTOCOLVERSION", Used),
    keyword("sslmin_protocol_version", "PGSSLMINPROTOCOLVERSION", Used),
    keyword("sslmode", "PGSSLMODE", Used),
    keyword("sslnegotiation", "PGSSLNEGOTIATION", Used),
    bare("sslpassword", Refused),
    keyword("sslrootcert", "PGSSLROOTCERT", Used),
    keyword("sslsni", "PGSSLSNI", Used),
    keyword("target_session_attrs", "PGTARGETSESSIONATTRS", Used),
    bare("tcp_user_timeout", Used),
    keyword("user", "PGUSER", Used),
];

/// Finds a keyword by its exact name.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_and_unique() {
        assert!(KEYWORDS.is_sorted_by(|one, next| one.name < next.name));
    }
}
