//! `plan`: what an upgrade would run on this database now, and what that does to others.

use super::error::{ApplyError, Refusal};
use super::preflight::{self, Facts};
use super::project::Project;
use super::settings::{Gaps, RolePolicy, Settings, Transactions, Unguarded};
use super::upgrade::{self, Seen};
use super::{role_policy, switching};
use crate::catalog::{Catalog, Scope};
use crate::introspect;
use crate::ledger::applied::Presence;
use crate::lint::run::schema_of;
use crate::lint::schema::Schema;
use crate::load::read_sql;
use crate::model::{Checksum, Finding, Level, Outcome, RevisionId};
use crate::pg::Session;
use crate::plan::{self, Agreement, Circumstances, Sizes, Step, Together};

/// What a plan needs to know beside the project and the settings.
#[derive(Clone, Debug)]
pub struct Look {
    /// The target: `head`, a revision, `+1`.
    pub target: String,
    /// What of the catalog is looked at.
    pub scope: Scope,
    /// The roles that migrate.
    pub migrating: Vec<String>,
    /// How big relations are; none for what the target says.
    pub sizes: Option<Sizes>,
}

/// What would run.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The pending revisions in order.
    pub steps: Vec<Step>,
    /// The transactions in order, with everything that they do to others.
    pub transactions: Vec<Together>,
    /// What the plan is for.
    pub agreement: Agreement,
    /// The major version of the server.
    pub major: u32,
    /// The revisions that are applied.
    pub applied: Vec<RevisionId>,
    /// Which ledger tables exist.
    pub presence: Presence,
    /// Settings of the session that hold for its whole life, as SQL.
    pub session_settings: String,
    /// Whether row security never binds the role.
    pub bypasses: bool,
    /// Warnings and advice.
    pub findings: Vec<Finding>,
}

/// Plans an upgrade of a database, without the migrator lock and without changing anything.
pub fn plan(
    session: &mut Session,
    project: &Project,
    look: &Look,
    settings: &Settings,
) -> Result<Planned, ApplyError> {
    let facts = preflight::look(session, settings)?;
    let result = looked(session, project, look, settings, facts);
    session.give_back();
    result
}

fn looked(
    session: &mut Session,
    project: &Project,
    look: &Look,
    settings: &Settings,
    facts: Facts,
) -> Result<Planned, ApplyError> {
    let seen = Seen::look(session, project, &look.target, settings, &facts)?;
    if settings.transactions == Transactions::All {
        upgrade::one_transaction(&seen.steps)?;
    }
    let would_refuse = refusals(session, &facts, settings, &seen.steps)?;
    let catalog = catalog(session, &look.scope)?;
    let sizes = match &look.sizes {
        Some(sizes) => sizes.clone(),
        None => sizes(session)?,
    };
    let schema = Schema::from_catalog(&catalog, &look.migrating, look.scope.schemas.is_empty());
    let fingerprint = Some(catalog.fingerprint());
    let transactions = foresee(&seen.steps, &schema, settings, facts.major, &sizes);
    let mut findings = seen.findings;
    findings.extend(would_refuse);
    findings.extend(seen.steps.iter().flat_map(|step| step.notes.iter().cloned()));
    Ok(Planned {
        agreement: agreement(project, &seen.steps, &look.target, settings, fingerprint)?,
        transactions,
        major: facts.major,
        applied: seen.applied.revisions.into_keys().collect(),
        presence: facts.presence,
        session_settings: facts.session_settings,
        bypasses: facts.bypasses,
        steps: seen.steps,
        findings,
    })
}

/// What an upgrade would refuse before it runs anything: a plan shows it and goes on.
fn refusals(
    session: &mut Session,
    facts: &Facts,
    settings: &Settings,
    steps: &[Step],
) -> Result<Vec<Finding>, ApplyError> {
    let mut findings = Vec::new();
    for result in [
        preflight::role(facts, settings),
        role_policy::check(session, facts, settings, steps),
        switching::check(session, facts, steps),
    ] {
        match result {
            Ok(()) => {}
            Err(ApplyError::Refused(refusal)) => findings.extend(refusal.findings),
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

/// Plans an upgrade without a database: what is up to `from` counts as applied, its files say what is there.
///
/// Nothing is known of the catalog but what the files make, so such a plan has no fingerprint and cannot be run with
/// `upgrade --plan`.
pub fn plan_offline(
    project: &Project,
    look: &Look,
    from: &str,
    settings: &Settings,
    major: u32,
) -> Result<Planned, ApplyError> {
    let nothing = |_: &RevisionId| false;
    let from = match from {
        "base" => Vec::new(),
        from => upgrade::targets(project, from, settings, &nothing)?,
    };
    let below = project.graph.ancestors(&from);
    let is_applied = |id: &RevisionId| below.contains(id);
    let targets = upgrade::targets(project, &look.target, settings, &is_applied)?;
    let pending = plan::pending(&project.graph, &targets, &is_applied);
    let steps = upgrade::build(project, &pending.revisions, major)?;
    if settings.transactions == Transactions::All {
        upgrade::one_transaction(&steps)?;
    }
    let mut schema = Schema::empty();
    schema.set_search_path(
        path(&settings.search_path)
            .iter()
            .map(|name| name.as_str().into()),
    );
    let mut applied = Vec::new();
    for revision in project
        .graph
        .revisions()
        .filter(|revision| is_applied(&revision.id))
    {
        let file = read_sql(&project.root, &revision.path)
            .map_err(|error| ApplyError::refused(Outcome::Usage, error.finding()))?;
        schema = schema_of(&file.text, &schema);
        applied.push(revision.id.clone());
    }
    let sizes = look.sizes.clone().unwrap_or_default();
    let exists = !applied.is_empty();
    Ok(Planned {
        transactions: foresee(&steps, &schema, settings, major, &sizes),
        agreement: agreement(project, &steps, &look.target, settings, None)?,
        major,
        applied,
        presence: Presence {
            ledger: exists,
            schema: exists,
            history: exists,
        },
        session_settings: preflight::session_settings(major),
        bypasses: true,
        findings: steps.iter().flat_map(|step| step.notes.iter().cloned()).collect(),
        steps,
    })
}

/// Refuses with exit code 7 if what would run is not what was agreed to.
pub(super) fn refuse_stale(
    session: &mut Session,
    project: &Project,
    steps: &[Step],
    target: &str,
    settings: &Settings,
) -> Result<(), ApplyError> {
    let Some((agreed, scope)) = settings.agreed.as_deref() else {
        return Ok(());
    };
    let catalog = catalog(session, scope)?;
    let now = agreement(project, steps, target, settings, Some(catalog.fingerprint()))?;
    let findings = agreed.differences(&now);
    if findings.is_empty() {
        return Ok(());
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::Integrity,
        findings,
    }))
}

fn catalog(session: &mut Session, scope: &Scope) -> Result<Catalog, ApplyError> {
    introspect::read(session, scope)
        .map(|read| read.catalog)
        .map_err(|error| {
            let finding = Finding::new("catalog", Level::Error, error.to_string());
            ApplyError::refused(Outcome::Unfit, finding)
        })
}

fn sizes(session: &mut Session) -> Result<Sizes, ApplyError> {
    let rows = session
        .text_rows(plan::size::QUERY)
        .map_err(|error| ApplyError::Database {
            doing: "read how big relations are",
            error,
        })?;
    let text = rows.into_iter().flatten().flatten().next();
    Sizes::parse(text.as_deref().unwrap_or("null")).map_err(|message| {
        let finding = Finding::new(
            "catalog",
            Level::Error,
            format!("cannot read the sizes of relations: {message}"),
        );
        ApplyError::refused(Outcome::Unfit, finding)
    })
}

fn foresee(steps: &[Step], schema: &Schema, settings: &Settings, major: u32, sizes: &Sizes) -> Vec<Together> {
    let circumstances = Circumstances {
        major,
        search_path: path(&settings.search_path),
        sizes,
        together: settings.transactions == Transactions::All,
        lock_timeout: settings.lock_timeout,
        statement_timeout: settings.statement_timeout,
    };
    plan::foresee(steps, schema, &circumstances)
}

fn path(written: &str) -> Vec<String> {
    crate::lint::schema::replay::path(written)
        .into_iter()
        .map(|name| name.to_string())
        .collect()
}

fn agreement(
    project: &Project,
    steps: &[Step],
    target: &str,
    settings: &Settings,
    fingerprint: Option<Checksum>,
) -> Result<Agreement, ApplyError> {
    let verify = steps
        .iter()
        .map(|step| verify(project, step))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Agreement {
        format: plan::agreement::FORMAT,
        target: target.to_owned(),
        tx: tx(settings).to_owned(),
        hash: plan::agreement::hash(steps, &verify, &hashed(settings)).to_string(),
        fingerprint: fingerprint.map(|fingerprint| fingerprint.to_string()),
        revisions: steps.iter().map(|step| step.revision.id.to_string()).collect(),
    })
}

fn verify(project: &Project, step: &Step) -> Result<Option<Checksum>, ApplyError> {
    let Some(path) = &step.revision.verify else {
        return Ok(None);
    };
    read_sql(&project.root, path)
        .map(|file| Some(file.checksum))
        .map_err(|error| ApplyError::refused(Outcome::Usage, error.finding()))
}

fn tx(settings: &Settings) -> &'static str {
    match settings.transactions {
        Transactions::Each => "each",
        Transactions::All => "all",
    }
}

/// The settings that decide what a run does to a database, one a line.
fn hashed(settings: &Settings) -> String {
    let policy = match settings.role_policy {
        RolePolicy::P1A => "p1-a",
        RolePolicy::Owner => "owner",
    };
    let lines = [
        ("tx", tx(settings).to_owned()),
        ("lock_timeout", settings.lock_timeout.as_millis().to_string()),
        (
            "statement_timeout",
            settings.statement_timeout.as_millis().to_string(),
        ),
        ("wait_budget", settings.wait_budget.as_millis().to_string()),
        ("search_path", settings.search_path.clone()),
        ("role_policy", policy.to_owned()),
        ("unguarded", (settings.unguarded == Unguarded::Allow).to_string()),
        ("history_table", settings.history_table.quoted()),
        ("fill_gaps", (settings.gaps == Gaps::Fill).to_string()),
    ];
    lines
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect()
}
