//! `presignd audit join`: audit lines beside S3's access logs.

mod json;
mod report;

use std::collections::HashMap;
use std::io;
use std::io::BufWriter;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::adapters::audit;
use crate::adapters::log_files;
use crate::adapters::log_files::LogLines;
use crate::adapters::log_files::MOST_LINE_BYTES;
use crate::cli::Failure;
use crate::cli::audit::join::report::Finding;
use crate::cli::audit::join::report::Report;
use crate::cli::load;
use crate::cli::text::printable;
use crate::domain::access_log::Join;
use crate::domain::access_log::Outcome;
use crate::domain::access_log::Record;
use crate::domain::policy::Bucket;

/// Join audit lines with S3's server access logs: who asked for each URL, and how it was used
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// An audit file; each that is given is read, rotated ones and PATH.operator too
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    audit: Vec<PathBuf>,
    /// A folder with S3's server access logs, read with all below it
    #[arg(long, value_name = "DIR", required = true, num_args = 1..)]
    access_logs: Vec<PathBuf>,
    /// The configuration, which knows the buckets' real names: without it they are not compared
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  aws s3 sync s3://acme-logs/media/ logs/
  presignd audit join --audit audit.jsonl --access-logs logs/
  presignd audit join --audit audit.jsonl* --access-logs logs/ --config presignd.toml --json

Give it every audit file since the oldest URL that the access logs may show. Files may be compressed by gzip. S3 writes
its logs hours late, and some lines never or twice: a URL without a use is nothing strange.
Exit code 1: a use that no audit line explains, or a file that cannot be read.";

/// Prints how each URL was used, and fails where a use is unexplained.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut join = Join::new(real_names(arguments.config.as_deref())?);
    let mut said = Said::default();
    for file in &arguments.audit {
        read_audit(file, &mut join, &mut said).map_err(|error| unreadable(file, &error))?;
    }
    let mut findings = Vec::new();
    for place in &arguments.access_logs {
        for file in log_files::below(place).map_err(|error| unreadable(place, &error))? {
            if let Err(error) = read_access_log(&file, &mut join, &mut findings, &mut said) {
                said.files += 1;
                eprintln!("presignd: {}", printable(&format!("{}: {error}", file.display())));
            }
        }
    }
    said.end();
    let totals = join.totals();
    let report = Report { join: &join, findings: &findings, broken_lines: said.lines, broken_files: said.files };
    let out = BufWriter::new(io::stdout().lock());
    let written = if arguments.json { report.write_json(out) } else { report.write_text(out) };
    written.map_err(Failure::failed)?;
    Ok(if totals.unexplained == 0 && said.files == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", file.display()))
}

/// The names that an access log may call each alias's bucket by. What is logged at an access point stands under the
/// bucket behind it, which the configuration may not know.
fn real_names(config: Option<&Path>) -> Result<HashMap<String, Vec<String>>, Failure> {
    let Some(config) = config else { return Ok(HashMap::new()) };
    let settings = load::settings(config)?;
    let known = |bucket: &&Bucket| !bucket.leads_anywhere();
    let named = settings.policy.buckets().iter().filter(known).map(|bucket| {
        let names = bucket.resource.bucket().into_iter().chain(&bucket.underlying);
        (bucket.alias.as_str().to_owned(), names.map(|name| name.as_str().to_owned()).collect())
    });
    Ok(named.collect())
}

fn read_audit(file: &Path, join: &mut Join, said: &mut Said) -> io::Result<()> {
    let mut lines = LogLines::open(file)?;
    while let Some(line) = lines.next_line()? {
        match line.text.as_deref() {
            Some("") => {}
            Some(text) => match audit::issued(text) {
                Ok(Some(issued)) => join.issued(issued),
                Ok(None) => {}
                Err(error) => said.broken(file, line.number, &error.to_string()),
            },
            None => said.broken(file, line.number, &too_long()),
        }
    }
    Ok(())
}

fn read_access_log(file: &Path, join: &mut Join, findings: &mut Vec<Finding>, said: &mut Said) -> io::Result<()> {
    let mut lines = LogLines::open(file)?;
    while let Some(line) = lines.next_line()? {
        let record = match line.text.as_deref() {
            Some("") => continue,
            Some(text) => Record::parse(text).map_err(|error| error.to_string()),
            None => Err(too_long()),
        };
        match record.map(|record| join.used(&record)) {
            Ok(Outcome::Unexplained(unexplained)) if findings.len() < MOST_FINDINGS => {
                findings.push(Finding { unexplained, file: file.display().to_string(), line: line.number });
            }
            Ok(Outcome::Explained | Outcome::Other | Outcome::Unexplained(_)) => {}
            Err(error) => said.broken(file, line.number, &error),
        }
    }
    Ok(())
}

/// Beyond these, uses that no line explains are only counted.
const MOST_FINDINGS: usize = 10_000;

fn too_long() -> String {
    format!("longer than {MOST_LINE_BYTES} bytes")
}

/// What was said of lines and files that cannot be read.
#[derive(Default)]
struct Said {
    lines: u64,
    files: u64,
}

impl Said {
    fn broken(&mut self, file: &Path, number: u64, wrong: &str) {
        self.lines += 1;
        if self.lines <= MOST_SAID {
            eprintln!("presignd: {}", printable(&format!("{}:{number}: {wrong}", file.display())));
        }
    }

    fn end(&self) {
        if self.lines > MOST_SAID {
            eprintln!("presignd: {} more lines cannot be read", self.lines - MOST_SAID);
        }
    }
}

/// Of the lines that cannot be read, one by one.
const MOST_SAID: u64 = 20;
