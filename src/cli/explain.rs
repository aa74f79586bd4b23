//! `presignd explain`: which grants were considered, which one decides, and why.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::time::SystemTime;

use clap::ArgGroup;
use clap::Args;
use serde::Serialize;

use crate::adapters::clock::Clock;
use crate::adapters::config::Issuer;
use crate::adapters::config::Settings;
use crate::adapters::telemetry::Metrics;
use crate::adapters::token;
use crate::adapters::token::Fault;
use crate::adapters::token::TokenError;
use crate::adapters::token::Tokens;
use crate::cli::Failure;
use crate::cli::ask;
use crate::cli::ask::Words;
use crate::cli::load;
use crate::cli::text::printable;
use crate::domain::caller::Caller;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::policy::Circumstances;
use crate::domain::policy::CredentialWindows;
use crate::domain::policy::Explanation;
use crate::domain::policy::Window;
use crate::domain::refusal::MemberError;
use crate::domain::refusal::RefusalCode;
use crate::domain::request::Request;
use crate::domain::request::Unreadable;

/// Say which grants a request meets, which one decides, and why; nothing is signed
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("who").required(true).args(["token_file", "claims"]),
    group = ArgGroup::new("what").required(true).args(["operation", "request"]),
    after_help = EXAMPLES
)]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A file with a token, which is fully verified (- is the standard input)
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    /// The claims of a token that somebody might have
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// The issuer of those claims, by name; needed where the configuration has several
    #[arg(long, value_name = "NAME", requires = "claims")]
    issuer: Option<String>,
    /// The client's address
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,
    #[command(flatten)]
    words: Words,
    /// A body of /v1/presign in place of the three words (- is the standard input)
    #[arg(long, value_name = "JSON", conflicts_with_all = ["operation"])]
    request: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  presignd explain --config presignd.toml --claims '{\"sub\":\"42\"}' PutObject media users/42/a.png
  presignd explain --config presignd.toml --token-file token.jwt --json \\
    GetObject media users/42/a.png
  presignd explain --config presignd.toml --claims '{\"sub\":\"42\"}' \\
    --request '{\"operation\":\"PutObject\",\"bucket\":\"media\",\"key\":\"users/42/a.png\",\"content_length\":9}'";

/// Explains, and fails where the answer would be a refusal.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = load::settings(&arguments.config)?;
    let now = Clock::system().now();
    let body = arguments.body()?;
    let told = match arguments.caller(&settings, now)? {
        Err(fault) => Told::refused(code_of(fault), vec![MemberError::at("", fault.to_string())]),
        Ok(caller) => Told::about(&settings, &caller, Request::parse(&body), arguments.address, now),
    };
    match arguments.json {
        true => told.print_json()?,
        false => print!("{}", told.text()),
    }
    Ok(if told.decision == "issued" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Stands for the id that an issuance would get.
const SAMPLE_ID: &str = "00000000-0000-7000-8000-000000000000";

impl Arguments {
    fn body(&self) -> Result<Value, Failure> {
        let text = match self.request.as_deref() {
            None => return self.words.body(None).ok_or_else(|| Failure::usage("give OPERATION, BUCKET and KEY")),
            Some("-") => ask::read("-").map_err(Failure::failed)?,
            Some(json) => json.to_owned(),
        };
        ask::json_object(&text).map_err(|error| Failure::usage(format!("--request: {error}")))
    }

    fn caller(&self, settings: &Settings, now: SystemTime) -> Result<Result<Caller, Fault>, Failure> {
        match (&self.token_file, &self.claims) {
            (Some(file), _) => {
                let token = ask::read(file).map_err(|error| Failure::failed(format!("{file}: {error}")))?;
                verify(settings, token.trim(), now)
            }
            (None, claims) => {
                let payload = ask::json_object(claims.as_deref().unwrap_or_default());
                let payload = payload.map_err(|error| Failure::usage(format!("--claims: {error}")))?;
                let issuer = self.issuer_of(settings)?;
                let (claims, ends) = (Claims::of(payload).unwrap_or_default(), now + AN_HOUR);
                Ok(token::could_be_of(issuer, &claims)
                    .map(|()| Caller::verified(issuer.name.clone(), claims, &issuer.scope_claims, ends)))
            }
        }
    }

    fn issuer_of<'s>(&self, settings: &'s Settings) -> Result<&'s Issuer, Failure> {
        match (&self.issuer, settings.issuers.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Failure::usage("there are several issuers: name one by --issuer")),
            (Some(name), issuers) => {
                let named = issuers.iter().find(|issuer| issuer.name.as_str() == name);
                named.ok_or_else(|| Failure::usage(format!("there is no issuer {name:?}")))
            }
        }
    }
}

const AN_HOUR: Duration = Duration::from_secs(3600);

fn verify(settings: &Settings, token: &str, now: SystemTime) -> Result<Result<Caller, Fault>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let metrics = Metrics::new().map_err(Failure::failed)?;
    Ok(runtime.block_on(async {
        let tokens = Tokens::start(&settings.issuers, Clock::system(), metrics);
        tokens.settled().await;
        tokens.examine(token, now).await.map(|caller| (*caller).clone())
    }))
}

/// The decision does not turn on which credentials this machine has.
fn endless(settings: &Settings) -> CredentialWindows {
    CredentialWindows(settings.credentials.iter().map(|(name, _)| (name.clone(), Window::Endless)).collect())
}

fn code_of(fault: Fault) -> &'static str {
    match fault.error() {
        TokenError::Expired => "expired_token",
        TokenError::Invalid => "invalid_token",
        TokenError::KeysUnavailable => "keys_unavailable",
    }
}

/// A decision and its reasons.
#[derive(Serialize)]
pub struct Told {
    decision: &'static str,
    code: Option<&'static str>,
    grant: Option<String>,
    considered: Vec<Considered>,
    #[serde(skip)]
    errors: Vec<MemberError>,
}

#[derive(Serialize)]
struct Considered {
    grant: String,
    effect: &'static str,
    prefix: String,
    candidate: bool,
    decides: bool,
    reasons: Vec<String>,
}

impl Told {
    /// What comes of a request, and why; nothing is signed.
    pub fn about(
        settings: &Settings,
        caller: &Caller,
        asked: Result<Request, Unreadable>,
        address: Option<IpAddr>,
        now: SystemTime,
    ) -> Self {
        let request = match asked {
            Ok(request) => request,
            Err(Unreadable::Shape(errors)) => return Self::refused("invalid_request", errors),
            Err(Unreadable::Key { error, .. }) => return Self::refused("invalid_key", vec![error]),
        };
        let windows = endless(settings);
        let around = Circumstances { id: SAMPLE_ID, address, windows: &windows, now };
        Self::of(settings.policy.explain(caller, &request, around))
    }

    fn refused(code: &'static str, errors: Vec<MemberError>) -> Self {
        Self { decision: "refused", code: Some(code), grant: None, considered: Vec::new(), errors }
    }

    fn of(explanation: Explanation) -> Self {
        let considered = explanation.considered.into_iter().map(|one| Considered {
            grant: one.grant.to_string(),
            effect: one.effect.as_str(),
            prefix: one.prefix,
            candidate: one.candidate,
            decides: one.decides,
            reasons: one.reasons,
        });
        let considered = considered.collect();
        match explanation.outcome {
            Ok(permit) => Self {
                decision: "issued",
                code: None,
                grant: Some(permit.grant().to_string()),
                considered,
                errors: Vec::new(),
            },
            Err(refusal) => Self {
                grant: refusal.grant.map(|grant| grant.to_string()),
                considered,
                ..Self::refused(refusal.code.as_str(), refusal.errors)
            },
        }
    }

    /// What is wrong before any grant is looked at has no place in the JSON: it goes to the standard error.
    fn print_json(&self) -> Result<(), Failure> {
        println!("{}", serde_json::to_string(self).map_err(Failure::failed)?);
        if self.considered.is_empty() {
            self.errors.iter().for_each(|error| eprintln!("presignd: {}", line(error)));
        }
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = match (&self.code, &self.grant) {
            (None, Some(grant)) => format!("issued, by the grant {grant}\n"),
            (None, None) => "issued\n".to_owned(),
            (Some(code), Some(grant)) => format!("refused: {code}, by the grant {grant}\n"),
            (Some(code), None) => format!("refused: {code}\n"),
        };
        for error in &self.errors {
            _ = writeln!(text, "  {}", line(error));
        }
        if self.code == Some(RefusalCode::NoGrant.as_str()) && self.considered.is_empty() {
            text.push_str("  no grant is on that bucket\n");
        }
        for one in &self.considered {
            let mark = if one.decides { "*" } else { " " };
            let role = if one.candidate { "a candidate" } else { "no candidate" };
            _ = writeln!(text, "{mark} {} ({} {}): {role}", one.grant, one.effect, quoted(&one.prefix));
            for reason in &one.reasons {
                _ = writeln!(text, "    {}", printable(reason));
            }
        }
        text
    }
}

/// What is wrong, after its pointer if it is one member's.
fn line(error: &MemberError) -> String {
    match error.pointer.as_str() {
        "" => printable(&error.detail),
        pointer => printable(&format!("#{pointer}: {}", error.detail)),
    }
}

fn quoted(prefix: &str) -> String {
    format!("\"{}\"", printable(prefix))
}
