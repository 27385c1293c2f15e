//! How each tool is given the same migrations, and how it is started.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What every tool applies.
pub struct Corpus {
    pub migrations: usize,
}

/// One tool.
pub struct Tool {
    pub name: &'static str,
    /// What is looked for in PATH.
    pub program: &'static str,
    /// How to get it.
    pub install: &'static str,
    /// Whether it can be run again when nothing is left to do.
    pub can_repeat: bool,
    /// Writes its project into an empty folder.
    pub prepare: fn(&Corpus, &Path),
    /// Adds arguments and environment: for a server's socket folder and a database.
    pub arguments: fn(&mut Command, &str, &str),
}

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "psql",
        program: "psql",
        install: "PostgreSQL's client programs",
        can_repeat: false,
        prepare: psql,
        arguments: |command, socket, database| {
            command.args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-f",
                "all.sql",
                &libpq(socket, database),
            ]);
        },
    },
    Tool {
        name: "zerodrift",
        program: env!("CARGO_BIN_EXE_zerodrift"),
        install: "this repository",
        can_repeat: true,
        prepare: zerodrift,
        arguments: |command, socket, database| {
            command.args(["upgrade", "-q", "--database-url", &libpq(socket, database)]);
        },
    },
    Tool {
        name: "sqlx-cli",
        program: "sqlx",
        install: "cargo install sqlx-cli --no-default-features --features postgres",
        can_repeat: true,
        prepare: |corpus, folder| each(corpus, folder, |id| format!("{id}_step.sql"), |sql| sql),
        arguments: |command, socket, database| {
            let url = format!("postgres:///{database}?host={socket}&user=postgres");
            command.args(["migrate", "run", "--source", "migrations", "--database-url", &url]);
        },
    },
    Tool {
        name: "refinery_cli",
        program: "refinery",
        install: "cargo install refinery_cli --no-default-features --features postgresql",
        can_repeat: true,
        prepare: |corpus, folder| each(corpus, folder, |id| format!("V{id}__step.sql"), |sql| sql),
        arguments: |command, socket, database| {
            let host = socket.replace('/', "%2F");
            command.env("DATABASE_URL", format!("postgresql://postgres@{host}/{database}"));
            command.args(["migrate", "-e", "DATABASE_URL", "-p", "migrations"]);
        },
    },
    Tool {
        name: "dbmate",
        program: "dbmate",
        install: "npm install -g dbmate",
        can_repeat: true,
        prepare: |corpus, folder| {
            each(
                corpus,
                folder,
                |id| format!("{id}_step.sql"),
                |sql| format!("-- migrate:up\n{sql}-- migrate:down\n"),
            )
        },
        arguments: |command, socket, database| {
            let url = format!("postgres://postgres@/{database}?socket={socket}&sslmode=disable");
            command.args(["--url", &url, "-d", "migrations", "--no-dump-schema", "migrate"]);
        },
    },
    Tool {
        name: "node-pg-migrate",
        program: "node-pg-migrate",
        install: "npm install -g node-pg-migrate pg",
        can_repeat: true,
        prepare: |corpus, folder| {
            each(
                corpus,
                folder,
                |id| format!("{id}_step.sql"),
                |sql| format!("-- Up Migration\n{sql}"),
            )
        },
        arguments: |command, socket, database| {
            let url = format!("postgresql://postgres@/{database}?host={socket}");
            command
                .env("DATABASE_URL", url)
                .args(["up", "-m", "migrations", "--no-single-transaction"]);
        },
    },
    Tool {
        name: "Alembic",
        program: "alembic",
        install: "pip install alembic 'psycopg[binary]'",
        can_repeat: true,
        prepare: alembic,
        arguments: |command, socket, database| {
            command.env(
                "URL",
                format!("postgresql+psycopg://postgres@/{database}?host={socket}"),
            );
            command.args(["upgrade", "head"]);
        },
    },
];

impl Tool {
    pub fn is_there(&self) -> bool {
        let mut command = Command::new(self.program);
        let output = command
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        output.status().is_ok()
    }

    pub fn version(&self) -> String {
        let output = Command::new(self.program).arg("--version").output().unwrap();
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Corpus {
    /// The numbers of the migrations, as every tool reads them.
    fn ids(&self) -> impl Iterator<Item = usize> {
        200_001..200_001 + self.migrations
    }
}

fn create_table(id: usize) -> String {
    format!("CREATE TABLE t{id} (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz);\n")
}

fn libpq(socket: &str, database: &str) -> String {
    format!("postgresql:///{database}?host={socket}&user=postgres")
}

fn each(corpus: &Corpus, folder: &Path, name: fn(usize) -> String, text: fn(String) -> String) {
    let folder = folder.join("migrations");
    fs::create_dir(&folder).unwrap();
    for id in corpus.ids() {
        fs::write(folder.join(name(id)), text(create_table(id))).unwrap();
    }
}

/// One file: a process per migration would measure how fast processes start.
fn psql(corpus: &Corpus, folder: &Path) {
    let mut all = String::from(
        "CREATE TABLE ledger (version bigint PRIMARY KEY, name text, applied_on text, checksum text);\n",
    );
    for id in corpus.ids() {
        all.push_str(&format!(
            "BEGIN;\n{}INSERT INTO ledger VALUES ({id}, 'step', '2026-01-01T00:00:00Z', '1234567890123456789');\nCOMMIT;\n",
            create_table(id)
        ));
    }
    fs::write(folder.join("all.sql"), all).unwrap();
}

fn zerodrift(corpus: &Corpus, folder: &Path) {
    let migrations = folder.join("migrations");
    fs::create_dir(&migrations).unwrap();
    fs::write(folder.join("zerodrift.yaml"), "{}\n").unwrap();
    let mut parents = String::new();
    for id in corpus.ids() {
        let text = format!(
            "/*---\nrevision: {id}\nparents: [{parents}]\n---*/\n{}",
            create_table(id)
        );
        fs::write(migrations.join(format!("{id}_step.sql")), text).unwrap();
        parents = id.to_string();
    }
}

/// One transaction per migration, as the others do; its default is one for all.
const ALEMBIC_ENV: &str = "
import os
from alembic import context
from sqlalchemy import create_engine
with create_engine(os.environ['URL']).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
";

fn alembic(corpus: &Corpus, folder: &Path) {
    let versions = folder.join("scripts/versions");
    fs::create_dir_all(&versions).unwrap();
    fs::write(
        folder.join("alembic.ini"),
        "[alembic]\nscript_location = scripts\n",
    )
    .unwrap();
    fs::write(folder.join("scripts/env.py"), ALEMBIC_ENV).unwrap();
    let mut parent = "None".to_owned();
    for id in corpus.ids() {
        let sql = create_table(id);
        let text = format!(
            "from alembic import op\nrevision = '{id}'\ndown_revision = {parent}\n\n\ndef upgrade():\n    op.execute('''{sql}''')\n"
        );
        fs::write(versions.join(format!("{id}_step.py")), text).unwrap();
        parent = format!("'{id}'");
    }
}
