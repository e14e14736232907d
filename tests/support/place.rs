//! The program itself, run in a folder of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder for the data and the files of one test.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
        command.arg("--data").arg(self.path("data")).args(arguments).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs `index` with a report, and gives both.
    pub fn index(&self, arguments: &[&str]) -> (Ended, Value) {
        let report = self.path("report.json");
        let ended = self.run(&[&["index", "--report", &report], arguments].concat());
        let report = fs::read_to_string(report).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
        (ended, serde_json::from_str(&report).unwrap())
    }

    pub fn total(&self, query: &str) -> u64 {
        // As typed: what is found must be what was written, not what was relaxed.
        let ended = self.run(&["search", "--json", "--param", "mode=literal", query]);
        assert_eq!(ended.code, 0, "{ended:?}");
        serde_json::from_str::<Value>(&ended.out).unwrap()["total"].as_u64().unwrap()
    }
}

#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("no signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
