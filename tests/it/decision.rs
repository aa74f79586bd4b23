//! The decision held to a model of the rules: no permit where no grant allows, and the grant that the rules name.
//!
//! The model fills every prefix in as text and looks at every grant; it shares no code with the index.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use presignd::domain::action::Action;
use presignd::domain::bucket::Resource;
use presignd::domain::caller::Caller;
use presignd::domain::claims::Claims;
use presignd::domain::claims::Value;
use presignd::domain::endpoint::Signing;
use presignd::domain::endpoint::Target;
use presignd::domain::grant::Claim;
use presignd::domain::grant::Condition;
use presignd::domain::grant::DownloadLimits;
use presignd::domain::grant::Effect;
use presignd::domain::grant::Grant;
use presignd::domain::grant::MfaRule;
use presignd::domain::grant::Quantifier;
use presignd::domain::grant::Scalar;
use presignd::domain::grant::UploadLimits;
use presignd::domain::lifetime::ExpiryRules;
use presignd::domain::lifetime::Lifetime;
use presignd::domain::name::Name;
use presignd::domain::policy::Bucket;
use presignd::domain::policy::Circumstances;
use presignd::domain::policy::CredentialWindows;
use presignd::domain::policy::Policy;
use presignd::domain::policy::Window;
use presignd::domain::request::Request;
use presignd::domain::scheme::Scheme;
use presignd::domain::scope::Scope;
use presignd::domain::store::Store;
use presignd::domain::store::features::Lacks;
use proptest::prelude::*;

/// A grant as the model knows it.
#[derive(Debug, Clone)]
struct Sketch {
    deny: bool,
    /// Of two aliases, which lead to the same real bucket.
    alias: usize,
    /// A prefix, or a key.
    is_key: bool,
    text: String,
    actions: Vec<&'static str>,
    /// Of two issuers.
    issuer: usize,
    group: Option<&'static str>,
    enabled: bool,
    max_expires: u64,
    /// Whether the delete of a version asks for MFA.
    mfa: bool,
}

#[derive(Debug, Clone)]
struct Asker {
    issuer: usize,
    /// Has just authenticated by MFA.
    mfa: bool,
    sub: &'static str,
    teams: Vec<&'static str>,
    groups: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Question {
    operation: &'static str,
    version: bool,
    bypass: bool,
    alias: usize,
    text: String,
    expires_in: Option<u64>,
}

const ALIASES: [&str; 2] = ["one", "two"];
const ISSUERS: [&str; 2] = ["corp", "partner"];

const ACTIONS: [&str; 10] = [
    "read",
    "read_version",
    "write",
    "delete",
    "delete_version",
    "list",
    "bypass_governance",
    "GetObject",
    "DeleteObject",
    "UploadPart",
];

/// What `write` stands for.
const WRITES: [&str; 6] = [
    "PutObject",
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "ListParts",
    "UploadPart",
];

fn segment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "ab", "{sub}", "{teams}"])
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let text = (prop::collection::vec(segment(), 0..3), prop::sample::select(vec!["", "", "a", "ab"]));
    let actions = prop::sample::subsequence(ACTIONS.to_vec(), 1..5);
    let limits = (prop::bool::weighted(0.8), prop::sample::select(vec![60, 3600]), any::<bool>());
    let group = prop::sample::select(vec![None, None, Some("x"), Some("y")]);
    (prop::bool::weighted(0.15), 0..2usize, any::<bool>(), text, actions, 0..2usize, group, limits).prop_map(
        |(deny, alias, is_key, (segments, tail), actions, issuer, group, (enabled, max_expires, mfa))| {
            let plain = |segment: &&'static str| -> &'static str {
                if deny && segment.starts_with('{') { "a" } else { segment }
            };
            let mut text: String = segments.iter().map(|segment| format!("{}/", plain(segment))).collect();
            text.push_str(tail);
            let is_key = is_key && !text.is_empty();
            Sketch { deny, alias, is_key, text, actions, issuer, group, enabled, max_expires, mfa }
        },
    )
}

fn asker() -> impl Strategy<Value = Asker> {
    let teams = prop::sample::subsequence(vec!["a", "b", "c", "../", ""], 0..4);
    let groups = prop::sample::subsequence(vec!["x", "y"], 0..2);
    (0..2usize, any::<bool>(), prop::sample::select(vec!["a", "b", "me", ".."]), teams, groups)
        .prop_map(|(issuer, mfa, sub, teams, groups)| Asker { issuer, mfa, sub, teams, groups })
}

fn question() -> impl Strategy<Value = Question> {
    let segments = prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", "me", "abc"]), 1..4);
    let others = prop::sample::select(vec!["GetObject", "DeleteObject", "ListObjectsV2"]);
    let operation = prop_oneof![3 => others, 1 => prop::sample::select(WRITES.to_vec())];
    let expires_in = prop::sample::select(vec![None, Some(60), Some(61), Some(3600), Some(3601)]);
    (operation, any::<(bool, bool)>(), 0..2usize, segments, any::<bool>(), expires_in).prop_map(
        |(operation, (version, bypass), alias, segments, slash, expires_in)| {
            let text = format!("{}{}", segments.join("/"), if slash { "/" } else { "" });
            let version = version && matches!(operation, "GetObject" | "DeleteObject");
            let bypass = bypass && operation == "DeleteObject";
            Question { operation, version, bypass, alias, text, expires_in }
        },
    )
}

impl Sketch {
    fn covers(&self, question: &Question) -> bool {
        let named = |names: &[&str]| self.actions.iter().any(|action| names.contains(action));
        let main = match (question.operation, question.version) {
            ("GetObject", false) => named(&["read", "GetObject"]),
            ("GetObject", true) => named(&["read_version"]) || (self.deny && named(&["read"])),
            ("DeleteObject", false) => named(&["delete", "DeleteObject"]),
            ("DeleteObject", true) => named(&["delete_version"]) || (self.deny && named(&["delete"])),
            ("ListObjectsV2", _) => named(&["list"]),
            (operation, _) => named(&["write", operation]),
        };
        let lifts = named(&["bypass_governance"]) || (self.deny && named(&["delete"]));
        match (question.bypass, self.deny) {
            (false, _) => main,
            (true, false) => main && lifts,
            (true, true) => main || lifts,
        }
    }

    /// The prefix or key, filled in every way that the claims allow.
    fn filled(&self, asker: &Asker) -> Vec<String> {
        let good = |value: &&&str| !value.is_empty() && **value != ".." && !value.contains('/');
        let fill = |texts: Vec<String>, hole: &str, values: &[&str]| -> Vec<String> {
            let one = |text: String| match text.split_once(hole) {
                None => vec![text],
                Some((before, after)) => {
                    values.iter().filter(good).map(|value| format!("{before}{value}{after}")).collect()
                }
            };
            texts.into_iter().flat_map(one).collect()
        };
        let mut texts = vec![self.text.clone()];
        for _ in 0..3 {
            texts = fill(texts, "{sub}", &[asker.sub]);
            texts = fill(texts, "{teams}", &asker.teams);
        }
        texts
    }

    fn is_for(&self, asker: &Asker, question: &Question) -> bool {
        let alias = self.deny || self.alias == question.alias;
        let issuer = self.issuer == asker.issuer;
        let group = self.group.is_none_or(|group| asker.groups.contains(&group));
        alias && issuer && group && self.covers(question)
    }
}

/// The place of the grant that issues, or the code of the refusal.
fn expected(sketches: &[Sketch], asker: &Asker, question: &Question) -> Result<usize, &'static str> {
    let lists = question.operation == "ListObjectsV2";
    let (mut denied, mut candidates, mut below) = (false, Vec::new(), Vec::new());
    for (place, sketch) in sketches.iter().enumerate().filter(|(_, sketch)| sketch.is_for(asker, question)) {
        for filled in sketch.filled(asker) {
            let begins = if sketch.is_key { question.text == filled } else { question.text.starts_with(&filled) };
            let begun = lists && filled.starts_with(&question.text);
            let length = if sketch.is_key { usize::MAX } else { filled.len() };
            if sketch.deny {
                denied |= begins || begun;
            } else if begins && !(lists && sketch.is_key) {
                candidates.push((length, place));
            } else if begun {
                below.push((length, filled, place));
            }
        }
    }
    let longest = candidates.iter().map(|(length, _)| *length).max().ok_or("no_grant")?;
    if denied {
        return Err("denied");
    }
    let lifetime = |place: usize| question.expires_in.unwrap_or(900.min(sketches[place].max_expires));
    let judge = |place: usize, lifetime: u64| match &sketches[place] {
        sketch if !sketch.enabled => Err("grant_disabled"),
        sketch => {
            let asks = question.operation == "DeleteObject" && question.version && sketch.mfa && !asker.mfa;
            match (lifetime > sketch.max_expires, asks) {
                (false, false) => Ok(place),
                (true, false) => Err("expires_in_too_long"),
                (false, true) => Err("insufficient_authentication"),
                (true, true) => Err("grant_not_satisfied"),
            }
        }
    };
    let group = |places: &[usize], lifetime: &dyn Fn(usize) -> u64| {
        let mut judged = places.iter().map(|place| judge(*place, lifetime(*place)));
        let first = judged.next().unwrap();
        if first.is_ok() { first } else { judged.find(Result::is_ok).unwrap_or(first) }
    };
    let mut deciding: Vec<usize> =
        candidates.iter().filter(|(length, _)| *length == longest).map(|(_, p)| *p).collect();
    deciding.dedup();
    let winner = group(&deciding, &lifetime)?;
    below.sort();
    while let Some((length, filled, _)) = below.last().cloned() {
        let same = |entry: &&(usize, String, usize)| (entry.0, &entry.1) == (length, &filled);
        let mut places: Vec<usize> = below.iter().filter(same).map(|(_, _, place)| *place).collect();
        places.sort_unstable();
        group(&places, &|_| lifetime(winner))?;
        below.retain(|entry| !same(&entry));
    }
    Ok(winner)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn policy(sketches: &[Sketch]) -> Policy {
    let target = Arc::new(Target {
        scheme: Scheme::Https,
        authority: "s3.example.net".into(),
        host: "s3.example.net".into(),
        base_path: "/bucket".into(),
        region: "us-east-1".into(),
        service: "s3",
        signing: Signing::SigV4,
    });
    let bucket = |alias: &str| Bucket {
        alias: name(alias),
        resource: Resource::parse("bucket").unwrap(),
        underlying: Vec::new(),
        target: target.clone(),
        store: Store::Generic,
        lacks: Lacks::default(),
        default_encryption: None,
        read_credentials: name("main"),
        write_credentials: name("main"),
        log_id: false,
    };
    let grant = |(place, sketch): (usize, &Sketch)| {
        let condition = |group: &str| Condition {
            claim: Claim::At(presignd::domain::claims::ClaimPath::of(["groups"]).unwrap()),
            quantifier: Quantifier::Any,
            values: vec![Scalar::String(group.into())],
        };
        Grant {
            name: name(&format!("g{place}")),
            effect: if sketch.deny { Effect::Deny } else { Effect::Allow },
            bucket: name(ALIASES[sketch.alias]),
            scope: if sketch.is_key { Scope::key(&sketch.text) } else { Scope::prefix(&sketch.text, true) }.unwrap(),
            actions: sketch.actions.iter().map(|word| Action::named(word).unwrap()).collect(),
            issuers: vec![name(ISSUERS[sketch.issuer])],
            when: sketch.group.map(condition).into_iter().collect(),
            enabled: sketch.enabled,
            max_expires: Lifetime::of_seconds(sketch.max_expires).unwrap(),
            credentials: None,
            upload: UploadLimits::default(),
            download: DownloadLimits::default(),
            source_ips: None,
            mfa: if sketch.mfa { MfaRule::Usual } else { MfaRule::Never },
        }
    };
    let grants = sketches.iter().enumerate().map(grant).collect();
    Policy::new(ExpiryRules::default(), ALIASES.map(bucket).to_vec(), grants)
}

fn decided(policy: &Policy, asker: &Asker, question: &Question) -> Result<usize, &'static str> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000);
    let json = |value: serde_json::Value| serde_json::from_value::<Value>(value).unwrap();
    let mut claims = serde_json::json!({ "sub": asker.sub, "teams": asker.teams, "groups": asker.groups });
    if asker.mfa {
        claims["auth_time"] = 1_764_000_000.into();
        claims["amr"] = ["mfa"].as_slice().into();
    }
    let caller = Caller::verified(name(ISSUERS[asker.issuer]), Claims::of(json(claims)).unwrap(), &[], now);
    let member = if question.operation == "ListObjectsV2" { "prefix" } else { "key" };
    let mut body = serde_json::json!({ "operation": question.operation, "bucket": ALIASES[question.alias] });
    if WRITES.contains(&question.operation) && !["PutObject", "CreateMultipartUpload"].contains(&question.operation) {
        body["upload_id"] = "u".into();
    }
    if question.operation == "UploadPart" {
        body["part_number"] = 1.into();
    }
    body[member] = question.text.clone().into();
    if question.version {
        body["version_id"] = "v1".into();
    }
    if question.bypass {
        body["bypass_governance_retention"] = true.into();
    }
    if let Some(seconds) = question.expires_in {
        body["expires_in"] = seconds.into();
    }
    let windows = CredentialWindows([(name("main"), Window::Endless)].into());
    let around = Circumstances { id: "id", address: None, windows: &windows, now };
    match policy.authorize(&caller, &Request::parse(&json(body)).unwrap(), around) {
        Ok(permit) => Ok(permit.grant().as_str()[1..].parse().unwrap()),
        Err(refusal) => Err(refusal.code.as_str()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn the_decision_is_the_models(
        sketches in prop::collection::vec(sketch(), 0..8),
        asker in asker(),
        questions in prop::collection::vec(question(), 8),
    ) {
        let policy = policy(&sketches);
        for question in &questions {
            let expected = expected(&sketches, &asker, question);
            prop_assert_eq!(decided(&policy, &asker, question), expected, "{:?}", question);
        }
    }
}
