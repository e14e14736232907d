//! Sandbox: reading in a process of its own.
//!
//! Parsers of PDF, DOCX and OFD have a history of panics, endless loops, huge allocations and
//! stack overflows, and the last cannot be caught. The same program is therefore started once
//! more for each such file, under limits on memory and time that the kernel keeps; any failure
//! of that process becomes a reported error.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::import::file_content::FileContent;
use crate::import::formats::detection::Format;
use crate::import::formats::{docx, ofd, pdf};
use crate::import::read_error::ReadError;

/// Hidden command by which the program reads one file from its standard input.
pub const COMMAND: &str = "read-untrusted";

/// Size limit of the child's answer.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// Limits of a child process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space, in bytes.
    pub memory: u64,
    /// Seconds of CPU.
    pub cpu_seconds: u64,
    /// Wall-clock time after which the child is killed.
    pub wall: Duration,
    /// Time for all files of one archive, read in a child or here.
    pub archive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 768 << 20,
            cpu_seconds: 20,
            wall: Duration::from_secs(60),
            archive: Duration::from_secs(600),
        }
    }
}

/// Reader of untrusted files: a program that is started for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Path of the program, which must have the command [`COMMAND`].
    pub program: PathBuf,
    /// Limits of each process.
    pub limits: Limits,
}

/// Answer on the child's standard output.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChildAnswer {
    Content(Box<FileContent>),
    Failed(ReadError),
}

impl Reader {
    /// Makes a reader with the running program and the usual limits.
    ///
    /// # Errors
    /// The path of the running program cannot be found.
    pub fn for_current_program() -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, limits: Limits::default() })
    }

    /// Reads `bytes` as `format` in a child process, which has the time of the limits or what is left
    /// of a budget.
    ///
    /// # Errors
    /// The error that the child reports, or its crash.
    pub fn read(
        &self,
        format: Format,
        bytes: &[u8],
        left: Option<Duration>,
    ) -> Result<FileContent, ReadError> {
        let child = self.start_child(format).map_err(|e| ReadError::Crashed(format!("无法启动：{e}")))?;
        self.exchange(child, bytes, left.map_or(self.limits.wall, |left| left.min(self.limits.wall)))
    }

    fn start_child(&self, format: Format) -> std::io::Result<Child> {
        let Limits { memory, cpu_seconds, .. } = self.limits;
        Command::new(&self.program)
            .args([COMMAND, "--format", format.name()])
            .args(["--memory", &memory.to_string(), "--seconds", &cpu_seconds.to_string()])
            .env_clear()
            // Otherwise the allocator reserves 1 GiB of addresses before the limit is set and fills them unlimited.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    }

    fn exchange(&self, mut child: Child, bytes: &[u8], wall: Duration) -> Result<FileContent, ReadError> {
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (sender, answer) = mpsc::channel();
        std::thread::scope(|scope| {
            // A child that dies closes its pipes, so neither thread outlives it.
            scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(bytes)));
            scope.spawn(move || {
                let mut read = Vec::new();
                let complete = stdout.map(|pipe| pipe.take(MAX_ANSWER_BYTES).read_to_end(&mut read));
                let _ = sender.send(complete.is_some_and(|result| result.is_ok()).then_some(read));
            });
            let heard = answer.recv_timeout(wall);
            if heard.is_err() {
                let _ = child.kill();
            }
            let status = child.wait();
            match heard {
                Err(_) => Err(ReadError::Limit(format!("{} 秒内没有读完", wall.as_secs()))),
                Ok(read) => decode_answer(read.as_deref().unwrap_or_default(), status),
            }
        })
    }
}

fn decode_answer(
    answer: &[u8],
    status: std::io::Result<std::process::ExitStatus>,
) -> Result<FileContent, ReadError> {
    match serde_json::from_slice(answer) {
        Ok(ChildAnswer::Content(content)) => Ok(*content),
        Ok(ChildAnswer::Failed(error)) => Err(error),
        Err(_) => Err(ReadError::Crashed(status.map_or_else(|e| e.to_string(), |status| status.to_string()))),
    }
}

/// Runs the child's side: reads standard input under the limits named in its arguments (those
/// after [`COMMAND`]) and answers on standard output.
pub fn run_child(arguments: &[String]) -> ExitCode {
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name: &str| value(name).and_then(|value| value.parse::<u64>().ok());
    let (Some(format), Some(memory), Some(seconds)) =
        (value("--format"), number("--memory"), number("--seconds"))
    else {
        return ExitCode::from(2);
    };
    if apply_limits(memory, seconds).is_err() {
        return ExitCode::from(3);
    }
    let answer = match read_input(format) {
        Ok(content) => ChildAnswer::Content(Box::new(content)),
        Err(error) => ChildAnswer::Failed(error),
    };
    let written = serde_json::to_vec(&answer).map(|json| std::io::stdout().write_all(&json));
    if matches!(written, Ok(Ok(()))) { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

/// Limits this process for good: the limits can never be raised again.
#[cfg(unix)]
fn apply_limits(memory: u64, seconds: u64) -> std::io::Result<()> {
    use rlimit::Resource;
    Resource::CORE.set(0, 0)?;
    Resource::FSIZE.set(0, 0)?;
    Resource::CPU.set(seconds, seconds)?;
    Resource::AS.set(memory, memory)
}

/// Leaves memory unlimited where rlimit is missing; the parent limits the time.
#[cfg(not(unix))]
fn apply_limits(_memory: u64, _seconds: u64) -> std::io::Result<()> {
    Ok(())
}

fn read_input(format: &str) -> Result<FileContent, ReadError> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(ReadError::damaged)?;
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| match format {
        "pdf" => pdf::read(&bytes),
        "docx" => docx::read(&bytes),
        "ofd" => ofd::read(&bytes),
        other => Err(ReadError::Unsupported(format!("没有 {other} 的读取器"))),
    })
    .unwrap_or_else(|panic| Err(ReadError::Crashed(panic_message(&*panic))))
}

/// Returns the message of a panic.
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
