//! The program, run in a temporary folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Temporary folder with the data and the files of one test.
pub struct Workspace(TempDir);

impl Workspace {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Path of a file in the folder.
    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Writes a file, with the folders above it; returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Prepares the program with the data directory of this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
        command.arg("--data").arg(self.path("data")).args(arguments).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        Finished::from_output(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs `index` with a report; returns both.
    pub fn index(&self, arguments: &[&str]) -> (Finished, Value) {
        let report = self.path("report.json");
        let ended = self.run(&[&["index", "--report", &report], arguments].concat());
        let report = fs::read_to_string(report).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
        (ended, serde_json::from_str(&report).unwrap())
    }

    /// Number of records that a literal search finds.
    pub fn total(&self, query: &str) -> u64 {
        // Literal, since a relaxed search would find more than was written.
        let ended = self.run(&["search", "--json", "--param", "mode=literal", query]);
        assert_eq!(ended.code, 0, "{ended:?}");
        serde_json::from_str::<Value>(&ended.out).unwrap()["total"].as_u64().unwrap()
    }
}

/// Exit code and output of a program that has ended.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Finished {
    pub fn from_output(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("no signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
