//! The README's tables of grants and of tokens: each row is asked of a running service, and decided as it says.

use serde_json::Value;
use serde_json::json;

use crate::post;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::readme;
use crate::support::readme::Section;
use crate::support::readme::spans;
use crate::support::service::Service;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::ask;
use crate::support::setting::pointers;
use crate::support::setting::works_only_as_told;
use crate::support::tokens::Issuer;
use crate::support::tokens::key_set;

#[test]
fn every_row_is_decided_as_it_says() {
    let sections = readme::sections();
    let examples: Vec<_> = sections.iter().filter(|section| section.table(&HEADER).is_some()).collect();
    assert!(examples.len() > 10, "the README has examples");
    let keys = Keys { secret: Issuer::hmac(CORP_SECRET), public: Issuer::rsa("readme") };
    let wrong: Vec<String> =
        examples.into_iter().flat_map(|section| Example::of(section, &keys).wrong_rows()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const HEADER: [&str; 3] = ["claims", "request", "answer"];

/// What tokens are signed with: where the issuer shares a secret, and where it publishes its keys.
struct Keys {
    secret: Issuer,
    public: Issuer,
}

/// A section with rows, and the service that they are asked of.
struct Example<'r> {
    section: &'r Section,
    service: Service,
    key: &'r Issuer,
    token_type: String,
    /// What the section's own JSON says, or nothing but issuer and audience.
    claims: Value,
}

impl<'r> Example<'r> {
    fn of(section: &'r Section, keys: &'r Keys) -> Self {
        let config = readme::completed(section.block("toml"));
        let key = if config.contains("hmac_secret_env") { &keys.secret } else { &keys.public };
        let value_of = |name: &str| {
            let line = config.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
            line.and_then(|rest| rest.split('"').next()).map(str::to_owned)
        };
        // Its provider is out of reach.
        let config = match config.contains("hmac_secret_env") {
            true => config.clone(),
            false => config.replacen("\naudiences = ", "\njwks_file = \"jwks.json\"\naudiences = ", 1),
        };
        let presignd = Presignd::configured(&config)
            .file("jwks.json", key_set(&[&keys.public]))
            .env("JWT_SECRET", CORP_SECRET)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        let usual = || json!({"iss": "https://app.example.com", "aud": "presignd"});
        Self {
            section,
            service: presignd.serve(),
            key,
            token_type: value_of("token_type").unwrap_or_else(|| "JWT".to_owned()),
            claims: section.json_with("iss").unwrap_or_else(usual),
        }
    }

    /// The rows that are not so, each with the answer.
    fn wrong_rows(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in &self.section.table(&HEADER).unwrap().rows {
            let [claims, request, said] = row.as_slice() else { panic!("{row:?}") };
            let place = format!("{}: {claims} | {request} | {said}", self.section.title);
            let request = self.request(request);
            let answer = self.service.post(&self.token(claims), "/v1/presign", &request).json();
            if !is_decided(&answer, said) {
                wrong.push(format!("{place}: {answer:#}"));
            } else if answer["fields"].is_object() {
                post::works_as_told(&place, &answer, &request);
            } else if answer["grant"].is_string() {
                works_only_as_told(&place, &answer, &request);
            }
        }
        wrong
    }

    fn token(&self, cell: &str) -> String {
        let mut claims = self.claims.clone();
        claims["exp"] = json!(now() + 600);
        claims["iat"] = json!(now());
        let members = spans(cell).into_iter().map(|members| members.replace("NOW", &now().to_string()));
        members.for_each(|members| change(&mut claims, &members));
        let header = json!({"alg": self.key.algorithm(), "typ": self.token_type, "kid": self.key.key_id});
        self.key.token_of(&header.to_string(), &claims.to_string())
    }

    /// Operation and key, or the request that the section shows; then members that are other there.
    fn request(&self, cell: &str) -> Value {
        let spans = spans(cell);
        let words = spans.first().filter(|span| !span.starts_with('"'));
        let mut request = match words.map(|words| words.split_once(' ').unwrap_or((words, ""))) {
            None => self.section.json_with("operation").unwrap_or_else(|| panic!("no request for {cell}")),
            Some((operation, "")) => json!({"operation": operation, "bucket": "media"}),
            Some((operation, key)) => ask(operation, "media", key),
        };
        spans.iter().filter(|span| span.starts_with('"')).for_each(|members| change(&mut request, members));
        request
    }
}

/// Sets members; those that are null are left out.
fn change(object: &mut Value, members: &str) {
    let members: Value = serde_json::from_str(&format!("{{{members}}}")).unwrap_or_else(|e| panic!("{e}: {members}"));
    let object = object.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => _ = object.shift_remove(name),
            value => _ = object.insert(name.clone(), value.clone()),
        }
    }
}

/// Whether an answer is `issued`, perhaps with a header, the key or the grant's name; or a code, perhaps with all
/// pointers.
fn is_decided(answer: &Value, said: &str) -> bool {
    let spans = spans(said);
    if !said.starts_with("issued") {
        return answer["code"] == spans[0] && (spans.len() == 1 || pointers(answer) == spans[1..]);
    }
    let as_said = |span: &&str| {
        let (found, wanted) = match span.split_once(": ") {
            Some((header, value)) => (&answer["headers"][header], value),
            None if span.contains('/') => (&answer["key"], *span),
            None => (&answer["grant"], *span),
        };
        fits(wanted, found.as_str().unwrap_or_default())
    };
    answer["grant"].is_string() && spans.iter().all(as_said)
}

/// Whether a text is this one, where `…` stands for anything.
fn fits(wanted: &str, text: &str) -> bool {
    let Some((first, rest)) = wanted.split_once('…') else { return wanted == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| fits(rest, &text[at..]))
}
