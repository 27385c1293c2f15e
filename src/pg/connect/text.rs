//! Connection strings: URLs and keyword strings, read as libpq reads them (manual, section 34.1.1).

use super::keyword::{self, Parameters};
use super::{PgError, settings};

const URL_HINT: &str =
    "Write it as postgres://user@host:5432/database, with special characters percent-encoded.";

/// Reads a URL or a keyword string. `origin` says where it was written, for errors.
pub(super) fn parse(text: &str, origin: &str) -> Result<Parameters, PgError> {
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        return url(scheme, rest, origin);
    }
    if text.contains('=') {
        return keywords(text, origin);
    }
    Err(settings(
        format!("cannot read {origin}: it is neither a URL nor a list of keyword=value"),
        URL_HINT,
    ))
}

fn url(scheme: &str, rest: &str, origin: &str) -> Result<Parameters, PgError> {
    if scheme != "postgres" && scheme != "postgresql" {
        return Err(wrong_scheme(scheme, rest, origin));
    }
    let wrong = |what: String| settings(format!("cannot read {origin}: {what}"), URL_HINT);
    let mut found = Parameters::new();
    let mut put = |name: &'static str, encoded: &str| -> Result<(), PgError> {
        let value = decoded(encoded).ok_or_else(|| wrong(format!("{name} has a % that encodes nothing")))?;
        if !value.is_empty() {
            found.insert(name, value);
        }
        Ok(())
    };
    let (location, query) = split_query(rest);
    // As libpq: the first @ before the first / ends the credentials.
    let before_path = location.split('/').next().unwrap_or_default();
    let (credentials, hosts) = before_path.split_once('@').unwrap_or(("", before_path));
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    put("user", user)?;
    put("password", password)?;
    if hosts.contains('@') {
        return Err(wrong(
            "there are two @ before the path; one of the password is written %40".to_owned(),
        ));
    }
    let (names, ports) = host_list(hosts).map_err(wrong)?;
    put("host", &names)?;
    put("port", &ports)?;
    put(
        "dbname",
        location.split_once('/').map_or("", |(_, database)| database),
    )?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| wrong(format!("\"{pair}\" has no value")))?;
        let name =
            decoded(name).ok_or_else(|| wrong("a parameter has a % that encodes nothing".to_owned()))?;
        // libpq keeps this for JDBC's sake.
        if name == "ssl" && value == "true" {
            put("sslmode", "require")?;
            continue;
        }
        put(known(&name, origin)?, value)?;
    }
    Ok(found)
}

/// Splits at the ? that begins the parameters; one in the credentials does not.
fn split_query(rest: &str) -> (&str, &str) {
    let after_credentials = match (rest.find('@'), rest.find('/')) {
        (Some(at), None) => at,
        (Some(at), Some(slash)) if at < slash => at,
        _ => 0,
    };
    match rest[after_credentials..].find('?') {
        Some(mark) => (
            &rest[..after_credentials + mark],
            &rest[after_credentials + mark + 1..],
        ),
        None => (rest, ""),
    }
}

/// Splits `a:1,[::1],c` into `a,::1,c` and `1,,`.
fn host_list(hosts: &str) -> Result<(String, String), String> {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in hosts.split(',') {
        let (name, port) = if let Some(inner) = host.strip_prefix('[') {
            let (address, after) = inner.split_once(']').ok_or("an IPv6 address lacks its ]")?;
            (address, after.strip_prefix(':').unwrap_or(after))
        } else {
            host.split_once(':').unwrap_or((host, ""))
        };
        if !port.chars().all(|character| character.is_ascii_digit()) {
            return Err("a port is not a number; an IPv6 address is written in [ ]".to_owned());
        }
        names.push(name);
        ports.push(port);
    }
    let ports = if ports.iter().all(|port| port.is_empty()) {
        String::new()
    } else {
        ports.join(",")
    };
    Ok((names.join(","), ports))
}

/// Refuses other schemes, with the corrected URL if it is PostgreSQL's with a driver's name.
fn wrong_scheme(scheme: &str, rest: &str, origin: &str) -> PgError {
    let is_postgres = scheme
        .split(['+', ':'])
        .any(|part| matches!(part, "postgres" | "postgresql"));
    if is_postgres {
        return settings(
            format!("cannot use {origin}: \"{scheme}://\" names a driver of another program"),
            format!("Write postgresql://{}", masked(rest)),
        );
    }
    settings(
        format!("cannot use {origin}: \"{scheme}://\" is not a PostgreSQL URL"),
        URL_HINT,
    )
}

/// Replaces the passwords of what follows `://`.
pub(super) fn masked(rest: &str) -> String {
    let slash = rest.find(['/', '?']).unwrap_or(rest.len());
    // The last @ and everything up to it: a password with an unencoded @ or / must not show either.
    let end = rest[..slash].rfind('@').or_else(|| rest.rfind('@')).unwrap_or(0);
    let (credentials, location) = rest.split_at(end);
    let credentials = match credentials.split_once(':') {
        Some((user, _)) => format!("{user}:***"),
        None => credentials.to_owned(),
    };
    let (path, query) = location.split_once('?').unwrap_or((location, ""));
    let pairs: Vec<String> = query.split('&').map(masked_pair).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{credentials}{path}{mark}{}", pairs.join("&"))
}

fn masked_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if name.contains("password") || name.contains("secret") => format!("{name}=***"),
        _ => pair.to_owned(),
    }
}

/// Reads `key = value` pairs; values with spaces stand in quotes, `\` takes the next character as it is.
fn keywords(text: &str, origin: &str) -> Result<Parameters, PgError> {
    let wrong = |what: String| {
        settings(
            format!("cannot read {origin}: {what}"),
            "Write keyword=value pairs with spaces between them, values with spaces in single quotes.",
        )
    };
    let mut found = Parameters::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Ok(found);
        }
        let mut name = String::new();
        while let Some(c) = rest.next_if(|c| *c != '=' && !c.is_whitespace()) {
            name.push(c);
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.next() != Some('=') {
            // The name may be the second half of a password with a space: do not show it.
            return Err(wrong("a keyword has no = after it".to_owned()));
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let value =
            value(&mut rest).ok_or_else(|| wrong(format!("the value of \"{name}\" has no closing quote")))?;
        found.insert(known(&name, origin)?, value);
    }
}

fn value(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.peek() {
            None => return (!quoted).then_some(value),
            Some('\'') if quoted => {
                rest.next();
                return Some(value);
            }
            Some(c) if !quoted && c.is_whitespace() => return Some(value),
            Some('\\') => {
                rest.next();
                value.extend(rest.next());
            }
            Some(_) => value.extend(rest.next()),
        }
    }
}

fn known(name: &str, origin: &str) -> Result<&'static str, PgError> {
    keyword::find(name).map(|keyword| keyword.name).ok_or_else(|| {
        settings(
            format!("cannot read {origin}: libpq knows no parameter \"{name}\""),
            "Remove it, or pass a server setting as options=-c%20name%3Dvalue.",
        )
    })
}

/// Decodes percent-encoding; none if a % is not followed by two hexadecimal digits or the result is no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|byte| is_hexadecimal && *byte != 0)?;
        bytes.push(byte);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}
