//! `[[issuers]]`: whose tokens are believed, and by which keys.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use reqwest::Url;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::names::Names;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::secrets;
use crate::adapters::config::settings::Issuer;
use crate::adapters::config::settings::KeySource;
use crate::adapters::config::tree::Node;
use crate::adapters::config::units::duration;
use crate::domain::name::Name;

/// The issuers of a file.
#[derive(Default)]
pub(super) struct Issuers {
    /// Those without an error.
    pub(super) whole: Vec<Issuer>,
    /// All of them.
    pub(super) names: Names,
}

/// Reads `[[issuers]]`.
pub(super) fn issuers(sections: Vec<Section<'_>>, around: Around<'_>) -> Issuers {
    let mut issuers = Issuers { whole: Vec::new(), names: Names::of("issuer") };
    let mut seen: Vec<&str> = Vec::new();
    for mut section in sections {
        let issuer = identifier(&mut section, &mut seen);
        let name = name(&mut section, issuer, &mut issuers.names);
        let read = issuer_of(&mut section, around, issuer, name);
        section.close();
        issuers.whole.extend(read);
    }
    issuers
}

/// `issuer`, which no other may have: a token's `iss` tells whose it is.
fn identifier<'t>(section: &mut Section<'t>, seen: &mut Vec<&'t str>) -> Option<&'t str> {
    let node = section.require("issuer", "\"https://idp.example.com/\"")?;
    let issuer = section.report().accept(&node.at, some_text(node))?;
    if seen.contains(&issuer) {
        let mend = "give it once, with all of its audiences";
        section.report().error(&node.at, fault(format!("the issuer {issuer:?} is there twice"), mend));
    }
    seen.push(issuer);
    Some(issuer)
}

/// `name`, or the host of `issuer`, or `issuer` itself where it is no URL.
fn name(section: &mut Section<'_>, issuer: Option<&str>, names: &mut Names) -> Option<Name> {
    match section.take("name") {
        Some(node) => names.declare(node, section.report()),
        None => {
            let issuer = issuer?;
            let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
            let name = Name::of_issuer(host.as_deref().unwrap_or(issuer));
            names.insert(name.clone(), section.at(), section.report());
            Some(name)
        }
    }
}

fn issuer_of(
    section: &mut Section<'_>,
    around: Around<'_>,
    issuer: Option<&str>,
    name: Option<Name>,
) -> Option<Issuer> {
    let audiences = section.some_required("audiences", "[\"presignd\"]", owned);
    let audience_claims = section.some("audience_claims", owned);
    let scope_claims = section.list("scope_claims", owned);
    let keys = keys(section, around);
    let algorithms = algorithms(section, keys.as_ref());
    let leeway = section.read("leeway", leeway);
    let token_type = token_type(section);
    let required_claims = section.list("required_claims", owned).unwrap_or_default();
    let required = section.flag("required");
    section.not_available("jwks_ca_file");
    section.not_available("jwks_token_file");
    Some(Issuer {
        name: name?,
        issuer: issuer?.to_owned(),
        audiences: audiences?,
        audience_claims: audience_claims.unwrap_or_else(|| vec!["aud".to_owned()]),
        scope_claims: scope_claims.unwrap_or_else(|| vec!["scope".to_owned(), "scp".to_owned()]),
        algorithms,
        keys: keys?,
        leeway: leeway.unwrap_or(LEEWAY),
        token_type,
        required_claims,
        required,
    })
}

fn owned(node: &Node) -> Result<String, Fault> {
    some_text(node).map(str::to_owned)
}

/// The one source of keys.
fn keys(section: &mut Section<'_>, around: Around<'_>) -> Option<KeySource> {
    let found: Vec<_> = SOURCES.into_iter().filter_map(|key| Some((key, section.take(key)?))).collect();
    let (report, at) = (section.report(), section.at());
    let [(key, node)] = found.as_slice() else {
        match found.get(1) {
            Some((key, node)) => {
                let wrong = format!("{key} is a second source of keys");
                report.error(&node.at, fault(wrong, format!("keep one of {}", SOURCES.join(", "))));
            }
            None => report.error(at, no_source()),
        }
        return None;
    };
    match *key {
        "jwks_uri" => report.accept(&node.at, jwks_uri(node)).map(KeySource::JwksUri),
        "jwks_file" => {
            let file = report.accept(&node.at, places::path(node, around.folder))?;
            secrets::warn_unless_key_set(&file, &node.at, report);
            Some(KeySource::JwksFile(file))
        }
        "hmac_secret_env" => secrets::of_variable(node, around.environment, report).map(KeySource::Hmac),
        _ => secrets::of_file(node, around.folder, report).map(KeySource::Hmac),
    }
}

const SOURCES: [&str; 4] = ["jwks_uri", "jwks_file", "hmac_secret_env", "hmac_secret_file"];

fn no_source() -> Fault {
    absent(
        "an issuer without a source of keys asks for OIDC discovery, which is not available in this version",
        format!("add one of {}", SOURCES.join(", ")),
    )
}

fn jwks_uri(node: &Node) -> Result<String, Fault> {
    let text = some_text(node)?;
    places::url(text, "write one such as \"https://idp.example.com/jwks.json\"").map(|_| text.to_owned())
}

/// The algorithms that tokens may be signed with: never of another family than the keys.
fn algorithms(section: &mut Section<'_>, keys: Option<&KeySource>) -> Vec<Algorithm> {
    let secret = keys.map(|keys| matches!(keys, KeySource::Hmac(_)));
    let read = section.some("algorithms", |node| algorithm(node, secret));
    read.unwrap_or_else(|| match secret {
        Some(true) => vec![Algorithm::HS256],
        Some(false) | None => vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
    })
}

/// One algorithm; `secret` says whether the issuer's key is an HMAC secret, if that is known.
fn algorithm(node: &Node, secret: Option<bool>) -> Result<Algorithm, Fault> {
    let name = text(node)?;
    let found = ALGORITHMS.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm);
    let algorithm = found.ok_or_else(|| {
        let known = ALGORITHMS.map(|(known, _)| known).join(", ");
        fault(format!("no algorithm {name:?} is accepted"), format!("write one of {known}"))
    })?;
    match (name.starts_with("HS"), secret) {
        (true, Some(false)) => Err(fault(
            format!("{name} needs an HMAC secret, and this issuer has public keys"),
            "write an algorithm of public keys, such as \"RS256\"",
        )),
        (false, Some(true)) => Err(fault(
            format!("{name} needs public keys, and this issuer has an HMAC secret"),
            "write \"HS256\", \"HS384\" or \"HS512\"",
        )),
        (true | false, _) => Ok(algorithm),
    }
}

const ALGORITHMS: [(&str, Algorithm); 12] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
    ("HS256", Algorithm::HS256),
    ("HS384", Algorithm::HS384),
    ("HS512", Algorithm::HS512),
];

/// How far clocks may be apart. RFC 8725 has "no more than a few minutes".
fn leeway(node: &Node) -> Result<Duration, Fault> {
    match duration(node)? {
        leeway if leeway <= MOST_LEEWAY => Ok(leeway),
        _ => Err(fault("such a leeway keeps dead tokens alive", "write \"5m\" or less")),
    }
}

const LEEWAY: Duration = Duration::from_secs(30);
const MOST_LEEWAY: Duration = Duration::from_secs(300);

/// `typ`, without `application/`, in lower case (RFC 7515, 4.1.9).
fn token_type(section: &mut Section<'_>) -> Option<String> {
    let Some(node) = section.take("token_type") else {
        section.report().warn(
            section.at(),
            fault(
                "without token_type an ID token passes as an access token",
                "add token_type = \"at+jwt\" if the issuer's access tokens have that typ (RFC 9068)",
            ),
        );
        return None;
    };
    let lower = section.report().accept(&node.at, some_text(node))?.to_ascii_lowercase();
    Some(lower.strip_prefix("application/").map_or(lower.clone(), str::to_owned))
}
