//! Interrupted before, during and after every message, a run that is begun again ends as an undisturbed one does.
//!
//! The whole sweep takes hours; a few points of it are taken by default. `scripts/kill-sweep` takes more of them:
//! `ZERODRIFT_KILL_SWEEP` is how many per project and kind of interruption, or `all`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use zerodrift::pg::{Cluster, ClusterOptions, Session, Target};

use crate::support::chain::value;
use crate::support::fault::{Cable, Moment, Point, killed, messages, struck};
use crate::support::project::Project;
use crate::support::{end_state, explained, majors, steps, url};

/// How a run is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interruption {
    /// The client is killed by SIGKILL; its backend may go on for a while.
    Client,
    /// So is the client of the run that goes on.
    ClientTwice,
    /// The server stops at once and recovers from its log.
    Server,
    /// The connection is cut.
    Connection,
}

/// A project on a server of its own, and how it ends undisturbed.
struct Subject {
    name: &'static str,
    project: Project,
    cluster: Cluster,
    /// The database that each run begins with.
    template: &'static str,
    /// What the project changes outside its database is undone by these.
    outside: &'static [&'static str],
    /// A step whose effect a user has to tell, and how to see it.
    untold: Option<(&'static str, &'static str)>,
    messages: Vec<String>,
    /// Columns that differ in any case.
    volatile: BTreeSet<end_state::Column>,
    end: String,
}

/// A server that keeps what it said it kept; only a power cut is not survived.
fn durable(major: Option<u32>) -> Cluster {
    let settings = [
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_level", "replica"),
    ];
    let options = ClusterOptions {
        major,
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..ClusterOptions::default()
    };
    Cluster::start(&options).unwrap_or_else(|error| panic!("{}", explained(&error)))
}

fn open(target: &Target) -> Session {
    Session::open(target, "sweep").unwrap()
}

impl Subject {
    /// The reference project on an empty database.
    fn reference() -> Self {
        let cluster = durable(Some(15));
        cluster.create_database("sweep_empty", None).unwrap();
        let outside = &["DROP ROLE IF EXISTS app_user, app_rw, app_ro"];
        Subject::new(
            "reference",
            Project::reference(),
            cluster,
            "sweep_empty",
            outside,
            None,
        )
    }

    /// The reference project on a database with rows.
    fn seeded() -> Self {
        let cluster = durable(Some(15));
        let project = Project::reference();
        let target = cluster.create_database("sweep_seeded", None).unwrap();
        project
            .run(&["upgrade", "202511151400", "--database-url", &url(&target)])
            .expect(0, &["applied 202511151400"]);
        open(&target).run(&project.read("seeds/x1.sql")).unwrap();
        Subject::new("reference with rows", project, cluster, "sweep_seeded", &[], None)
    }

    /// The project with every kind of step.
    fn steps() -> Self {
        let cluster = durable(majors()[0]);
        cluster.create_database("sweep_empty", None).unwrap();
        Subject::new(
            "steps",
            steps::project(cluster.version().major()),
            cluster,
            "sweep_empty",
            steps::OUTSIDE,
            Some((steps::UNTOLD, steps::TOOK_EFFECT)),
        )
    }

    fn new(
        name: &'static str,
        project: Project,
        cluster: Cluster,
        template: &'static str,
        outside: &'static [&'static str],
        untold: Option<(&'static str, &'static str)>,
    ) -> Self {
        let mut subject = Subject {
            name,
            project,
            cluster,
            template,
            outside,
            untold,
            messages: Vec::new(),
            volatile: BTreeSet::new(),
            end: String::new(),
        };
        // Columns that two undisturbed runs fill differently hold times and random values.
        let mut columns = Vec::new();
        for _ in 0..2 {
            let target = subject.begin();
            let (run, messages) = messages(&subject.project, &["upgrade", "--database-url", &url(&target)]);
            run.expect(0, &[]);
            let count = subject.messages.len();
            assert!(
                count == 0 || count == messages.len(),
                "two undisturbed runs send the same messages"
            );
            subject.messages = messages;
            let mut session = open(&target);
            columns.push(end_state::column_sums(&mut session));
            if let Some(first) = columns.first() {
                let differing = first.difference(&columns[columns.len() - 1]);
                subject.volatile = differing
                    .map(|(table, column, _)| (table.clone(), column.clone()))
                    .collect();
            }
            subject.end = end_state::of(&mut session, &subject.volatile);
            drop(session);
            subject.clear();
        }
        subject
    }

    /// Creates the database that a run begins with.
    fn begin(&self) -> Target {
        self.cluster
            .create_database("sweep", Some(self.template))
            .unwrap()
    }

    /// Removes what a run left.
    fn clear(&self) {
        self.cluster.drop_database("sweep").unwrap();
        let mut session = open(&self.cluster.target("postgres"));
        for sql in self.outside {
            session.run(sql).unwrap();
        }
    }

    /// Interrupts a run at `point`, finishes it as a user would, and compares.
    fn try_point(&self, interruption: Interruption, point: Point) -> Result<(), String> {
        let target = self.begin();
        let result = self
            .interrupt(interruption, point, &target)
            .and_then(|()| self.finish(&target))
            .and_then(|()| {
                let state = end_state::of(&mut open(&target), &self.volatile);
                end_state::difference(&self.end, &state)
            });
        self.clear();
        result
    }

    fn interrupt(&self, interruption: Interruption, point: Point, target: &Target) -> Result<(), String> {
        let direct = url(target);
        let run = match interruption {
            Interruption::Client => {
                return killed(&self.project, &["upgrade", "--database-url", &direct], point);
            }
            Interruption::ClientTwice => {
                killed(&self.project, &["upgrade", "--database-url", &direct], point)?;
                // Behind the messages that begin each run, where it settles what the first one left. It may be over
                // before; then it is the last run already, or it stopped and said why.
                let again = Point {
                    message: 12 + point.message * 5 % 23,
                    moment: point.moment,
                };
                let waiting = ["upgrade", "--wait", "60s", "--database-url", &direct];
                return killed(&self.project, &waiting, again).or(Ok(()));
            }
            Interruption::Server => {
                let run = struck(
                    &self.project,
                    &["upgrade", "--database-url", &direct],
                    point,
                    || self.cluster.crash().unwrap(),
                );
                self.cluster.recover().unwrap();
                run
            }
            Interruption::Connection => {
                let shown = target.to_string();
                let folder = shown.split_once('@').unwrap().1.rsplit_once('/').unwrap().0;
                let cable = Cable::to(Path::new(folder));
                let through = direct.replace(folder, &cable.folder().display().to_string());
                struck(
                    &self.project,
                    &["upgrade", "--database-url", &through],
                    point,
                    || cable.cut(),
                )
            }
        }?;
        // 0 where the last message had its answer; 3 before anything ran; 4 rolled back; 5 part-way.
        let told = run.said().to_lowercase();
        match run.code {
            0 => Ok(()),
            3..=5
                if told.contains("lost")
                    || told.contains("57p01")
                    || told.contains("closed")
                    || told.contains("connect") =>
            {
                Ok(())
            }
            code => Err(format!(
                "the interrupted run ended with exit {code}: {}",
                run.said()
            )),
        }
    }

    /// Runs `upgrade` again, and `repair` where that says so, until nothing is left to do.
    fn finish(&self, target: &Target) -> Result<(), String> {
        let url = url(target);
        let mut told = String::new();
        for _ in 0..4 {
            let upgrade = self
                .project
                .run(&["upgrade", "--wait", "60s", "--database-url", &url]);
            told.push_str(&format!("\nupgrade: exit {}\n{}", upgrade.code, upgrade.said()));
            match upgrade.code {
                0 => return Ok(()),
                5 => {}
                _ => return Err(format!("the next run did not go on:{told}")),
            }
            let mut repair = vec!["repair", "--yes", "--wait", "60s", "--database-url", &url];
            // What the catalog does not tell, a user looks up.
            if let Some((step, took_effect)) = self.untold
                && upgrade.said().contains("in doubt")
            {
                let done = value(&mut open(target), took_effect) == "true";
                repair.extend([if done { "--done" } else { "--retry" }, step]);
            }
            let repair = self.project.run(&repair);
            told.push_str(&format!("\nrepair: exit {}\n{}", repair.code, repair.said()));
            if repair.code != 0 {
                return Err(format!("repair did not mend it:{told}"));
            }
        }
        Err(format!("upgrade and repair do not come to an end:{told}"))
    }
}

/// Chooses `wanted` points, spread over all messages; the moment changes from one to the next.
fn points(messages: usize, wanted: Option<usize>) -> Vec<Point> {
    let all = (1..=messages).flat_map(|message| {
        // Short delays hit the moment when the server works, or has worked and not answered yet.
        let delay = 100 + (message as u64 * 379) % 2500;
        let moments = [Moment::Before, Moment::During(delay), Moment::After];
        moments.map(|moment| Point { message, moment })
    });
    let all: Vec<Point> = all.collect();
    let wanted = wanted.unwrap_or(all.len()).clamp(1, all.len());
    // Even steps over thirds of messages would meet the same moment again and again.
    let chosen = (0..wanted).map(|index| {
        let message = (2 * index + 1) * messages / (2 * wanted);
        if wanted >= all.len() {
            all[index]
        } else {
            all[message * 3 + index % 3]
        }
    });
    chosen.collect()
}

fn wanted(default: usize) -> Option<usize> {
    match std::env::var("ZERODRIFT_KILL_SWEEP") {
        Ok(text) if text == "all" => None,
        Ok(text) => Some(text.parse().expect("ZERODRIFT_KILL_SWEEP is a number or \"all\"")),
        Err(_) => Some(default),
    }
}

/// Says how far a long sweep is; the capture of the test harness would keep it until the end.
fn say(text: &str) {
    if std::env::var_os("ZERODRIFT_KILL_SWEEP").is_some() {
        // On a line of its own, whatever the harness has written.
        let line = format!("\n{text}");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

fn sweep(subject: &Subject, interruption: Interruption, default: usize) {
    let points = points(subject.messages.len(), wanted(default));
    let (begun, mut told) = (Instant::now(), Instant::now());
    let mut failures = Vec::new();
    for (index, point) in points.iter().enumerate() {
        if let Err(why) = subject.try_point(interruption, *point) {
            let message = &subject.messages[point.message - 1];
            let message: String = message.chars().take(300).collect();
            let failure = format!("{interruption:?}, {}, {point:?}: {message}\n{why}", subject.name);
            say(&format!("FAILED {failure}\n"));
            failures.push(failure);
        }
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            say(&format!(
                "{interruption:?}, {}: {} of {} points\n",
                subject.name,
                index + 1,
                points.len()
            ));
        }
    }
    say(&format!(
        "kill sweep: {interruption:?}, {}: {} points of {} messages, {} failures, {} s\n",
        subject.name,
        points.len(),
        subject.messages.len(),
        failures.len(),
        begun.elapsed().as_secs()
    ));
    assert!(
        failures.is_empty(),
        "{} of {} points failed\n{}",
        failures.len(),
        points.len(),
        failures.join("\n\n")
    );
}

#[test]
fn a_killed_client_leaves_what_the_next_run_finishes() {
    sweep(&Subject::steps(), Interruption::Client, 7);
}

#[test]
fn a_client_killed_twice_leaves_what_the_next_run_finishes() {
    sweep(&Subject::steps(), Interruption::ClientTwice, 4);
}

#[test]
fn a_killed_client_of_the_reference_project() {
    sweep(&Subject::reference(), Interruption::Client, 3);
    sweep(&Subject::seeded(), Interruption::Client, 3);
}

#[test]
fn a_stopped_server_leaves_what_the_next_run_finishes() {
    sweep(&Subject::steps(), Interruption::Server, 5);
}

#[test]
fn a_stopped_server_of_the_reference_project() {
    sweep(&Subject::reference(), Interruption::Server, 3);
    sweep(&Subject::seeded(), Interruption::Server, 3);
}

#[test]
fn a_cut_connection_leaves_what_the_next_run_finishes() {
    sweep(&Subject::steps(), Interruption::Connection, 5);
}

#[test]
fn a_cut_connection_of_the_reference_project() {
    sweep(&Subject::reference(), Interruption::Connection, 3);
    sweep(&Subject::seeded(), Interruption::Connection, 3);
}

#[test]
fn points_are_spread_over_messages_and_moments() {
    assert_eq!(points(5, None).len(), 15);
    let some = points(100, Some(9));
    let messages: BTreeSet<usize> = some.iter().map(|point| point.message).collect();
    assert_eq!(messages.len(), 9);
    assert!(messages.iter().all(|message| (1..=100).contains(message)));
    assert_eq!(
        some.iter().filter(|point| point.moment == Moment::After).count(),
        3
    );
}
