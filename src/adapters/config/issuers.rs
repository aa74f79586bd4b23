//! `[[issuers]]`: whose tokens are believed, and by which keys.

use std::path::Path;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use reqwest::Url;

use crate::adapters::config::algorithms::ALGORITHMS;
use crate::adapters::config::algorithms::algorithm_named;
use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::names::Names;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::secrets;
use crate::adapters::config::settings::Issuer;
use crate::adapters::config::settings::KeyAccess;
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
    let keys = keys(section, around, issuer);
    let algorithms = algorithms(section, keys.as_ref());
    let leeway = section.read("leeway", leeway);
    let token_type = token_type(section);
    let required_claims = section.list("required_claims", owned).unwrap_or_default();
    let required = section.flag("required");
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

/// The one source of keys; without any it is OIDC discovery.
fn keys(section: &mut Section<'_>, around: Around<'_>, issuer: Option<&str>) -> Option<KeySource> {
    let found: Vec<_> = SOURCES.into_iter().filter_map(|key| Some((key, section.take(key)?))).collect();
    let (report, at) = (section.report(), section.at());
    if let Some((key, node)) = found.get(1) {
        let wrong = format!("{key} is a second source of keys");
        report.error(&node.at, fault(wrong, format!("keep one of {}", SOURCES.join(", "))));
    }
    let access = access(section, around, found.first().map(|(key, _)| *key));
    match found.as_slice() {
        [] => report.accept(at, discoverable(issuer?)).map(|()| KeySource::Discovery(access)),
        [("jwks_uri", node)] => report.accept(&node.at, jwks_uri(node)).map(|uri| KeySource::JwksUri(uri, access)),
        [("jwks_file", node)] => {
            let file = report.accept(&node.at, places::path(node, around.folder))?;
            secrets::warn_unless_key_set(&file, &node.at, report);
            Some(KeySource::JwksFile(file))
        }
        [("hmac_secret_env", node)] => secrets::of_variable(node, around.environment, report).map(KeySource::Hmac),
        [(_, node)] => secrets::of_file(node, around).map(KeySource::Hmac),
        [_, _, ..] => None,
    }
}

const SOURCES: [&str; 4] = ["jwks_uri", "jwks_file", "hmac_secret_env", "hmac_secret_file"];

/// Whether there is a place for the issuer's document. OpenID Connect Discovery 1.0, 4.1.
fn discoverable(issuer: &str) -> Result<(), Fault> {
    let mend = format!("write issuer as an https URL without a query, or add one of {}", SOURCES.join(", "));
    match places::url(issuer, &mend) {
        Ok(url) if url.query().is_none() => Ok(()),
        Ok(_) | Err(_) => Err(absent("an issuer without a source of keys is asked at its address, and has none", mend)),
    }
}

/// `jwks_ca_file` and `jwks_token_file`, which only keys that are fetched have a use for.
fn access(section: &mut Section<'_>, around: Around<'_>, source: Option<&str>) -> KeyAccess {
    let files =
        [("jwks_ca_file", secrets::warn_unless_certificates as Look), ("jwks_token_file", secrets::warn_unless_token)];
    let [ca_file, token_file] = files.map(|(key, look)| {
        let node = section.take(key)?;
        let report = section.report();
        if let Some(source) = source.filter(|source| *source != "jwks_uri") {
            let wrong = format!("{key} is for keys that are fetched, and {source} is not");
            report.error(&node.at, fault(wrong, format!("remove it, or {source}")));
            return None;
        }
        let file = report.accept(&node.at, places::path(node, around.folder))?;
        look(&file, &node.at, report);
        Some(file)
    });
    KeyAccess { ca_file, token_file }
}

type Look = fn(&Path, &Spot, &Report);

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
    let algorithm = algorithm_named(name).ok_or_else(|| {
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
