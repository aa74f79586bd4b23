//! `presignd audit verify`: whether the chain over audit lines holds.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use zeroize::Zeroizing;

use crate::adapters::audit;
use crate::adapters::config::AuditChain;
use crate::adapters::log_files::LogLines;
use crate::cli::Failure;
use crate::cli::load;
use crate::cli::text::printable;
use crate::domain::audit_chain::ChainKey;
use crate::domain::audit_chain::Mark;
use crate::domain::audit_chain::Verdict;
use crate::domain::audit_chain::Verification;

/// Verify the chain over audit lines: none is missing, changed or moved
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The configuration, which says what keys the chain
    #[arg(long, value_name = "FILE", required_unless_present = "key_file", conflicts_with = "key_file")]
    config: Option<PathBuf>,
    /// A file with the key
    #[arg(long, value_name = "K")]
    key_file: Option<PathBuf>,
    /// The audit files, oldest first
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  presignd audit verify --config presignd.toml audit.jsonl
  presignd audit verify --key-file audit.key audit.jsonl.2.gz audit.jsonl.1 audit.jsonl
  presignd audit verify --config presignd.toml audit.jsonl.operator

It begins with the first line ever written, so give it every file, oldest first; they may be compressed by gzip. If the
last has a head beside it (FILE.head), its end is verified too.
Exit code 1: the chain does not hold, or a file cannot be read.";

/// Tells each place where the chain does not hold, and fails if there is one.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let key = key(arguments)?;
    let mut verification = Verification::new(&key);
    let Some(newest) = arguments.files.last() else { return Err(Failure::usage("give the audit files")) };
    // read before the lines, which a running service goes on writing
    let head =
        audit::head_of(newest).map_err(|error| Failure::failed(format!("{}.head: {error}", newest.display())))?;
    for file in &arguments.files {
        verify(file, &mut verification).map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?;
    }
    let mut faults = verification.breaks();
    if let Some(fault) = head.and_then(|head| end_fault(&head, verification.last())) {
        faults += 1;
        tell(newest, format!(" {fault}"));
    }
    if verification.unchained() > 0 {
        tell(newest, format!(" warning: {} lines are from before the chain began", verification.unchained()));
    }
    let Some(last) = verification.last().filter(|_| faults == 0) else {
        return if faults == 0 { empty() } else { Err(Failure::failed("the chain does not hold")) };
    };
    if verification.linked() == 0 {
        return Err(Failure::failed("no line has a chain"));
    }
    println!("the chain holds: {} lines, the last of them {}", verification.linked(), last.seq);
    Ok(ExitCode::SUCCESS)
}

fn empty() -> Result<ExitCode, Failure> {
    println!("there is no line");
    Ok(ExitCode::SUCCESS)
}

/// The key, as it stands less one trailing line break.
fn key(arguments: &Arguments) -> Result<ChainKey, Failure> {
    if let Some(file) = &arguments.key_file {
        let bytes = std::fs::read(file).map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?;
        let bytes = Zeroizing::new(bytes);
        return Ok(ChainKey::new(bytes.strip_suffix(b"\n").unwrap_or(&bytes)));
    }
    let file = arguments.config.as_deref().unwrap_or(Path::new(""));
    match load::settings(file)?.audit.chain {
        AuditChain::Keyed(key) => Ok(key),
        AuditChain::Absent => Err(Failure::failed("the key of the chain is not there")),
        AuditChain::None => {
            Err(Failure::failed("the configuration has no audit.chain_key_env or audit.chain_key_file"))
        }
    }
}

fn verify(file: &Path, verification: &mut Verification<'_>) -> io::Result<()> {
    let mut lines = LogLines::open(file)?;
    while let Some(line) = lines.next_line()? {
        let number = line.number;
        let verdict = match &line.text {
            Some(text) => verification.line(text.as_bytes()),
            None => verification.endless_line(),
        };
        match verdict {
            Verdict::Broken(fault) => tell(file, format!("{number}: {fault}")),
            Verdict::Torn if line.text.is_some_and(|text| !text.is_empty()) => {
                tell(file, format!("{number}: warning: a torn line, which counts for nothing"));
            }
            Verdict::Linked | Verdict::Torn | Verdict::Unchained => {}
        }
    }
    Ok(())
}

/// What the head knows and the lines do not show.
fn end_fault(head: &Mark, last: Option<&Mark>) -> Option<String> {
    let seq = last.map(|last| last.seq).unwrap_or_default();
    match last {
        _ if head.seq > seq => Some(format!("lines {} to {} are missing at the end", seq + 1, head.seq)),
        Some(last) if head.seq == seq && head.link != last.link => Some("the head is of another chain".to_owned()),
        Some(_) | None => None,
    }
}

fn tell(file: &Path, what: impl Display) {
    eprintln!("{}", printable(&format!("{}:{what}", file.display())));
}
