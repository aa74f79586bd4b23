//! What is no JWT in the compact form, though it begins or ends like one.

use serde_json::json;

use super::Attack;
use crate::callers::Stage;
use crate::callers::of_corp;
use crate::callers::of_partner;
use crate::support::tokens::encode;

const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Each with the signature that would fit.
pub fn attacks(stage: &Stage) -> Vec<Attack> {
    let corp = &stage.corp;
    let claims = of_corp(&json!({})).to_string();
    let good = corp.token_of(HS256, &claims);
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let with_claims = |claims: &str| corp.token_of(HS256, claims);
    let with_header = |header: &str| corp.token_of(header, &claims);
    let nested = format!("{}{}", "[".repeat(2_900), "]".repeat(2_900));
    let deep = claims.replacen('{', &format!("{{\"deep\":{nested},"), 1);
    vec![
        ("one dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("three parts of nothing", "a.b.c".to_owned()),
        ("a part", payload.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("no signature", format!("{header}.{payload}.")),
        ("no payload", format!("{header}..{signature}")),
        ("no header", format!(".{payload}.{signature}")),
        ("a dot before", format!(".{good}")),
        ("a dot behind", format!("{good}.")),
        ("a fourth part", format!("{good}.{signature}")),
        ("a JWE's five parts", format!("{good}.{payload}.{signature}")),
        (
            "a JWE's five parts, of its own",
            format!("{}.{payload}.{payload}.{payload}.{signature}", encode(r#"{"alg":"dir","enc":"A128GCM"}"#)),
        ),
        ("JSON serialisation", json!({"payload": payload, "protected": header, "signature": signature}).to_string()),
        ("two tokens in a row", format!("{good}{good}")),
        ("two tokens with a blank", format!("{good} {good}")),
        ("a blank within", format!("{header}. {payload}.{signature}")),
        ("a tab within", format!("{header}.\t{payload}.{signature}")),
        ("padding behind the header", format!("{header}=.{payload}.{signature}")),
        ("padding behind the signature", format!("{good}=")),
        ("percent-encoded padding", format!("{good}%3D")),
        ("the standard alphabet", good.replace(['-', '_'], "+") + "+"),
        ("the last character of the signature cut", good[..good.len() - 1].to_owned()),
        ("half of the signature", good[..good.len() - 20].to_owned()),
        ("the signature in hex", format!("{header}.{payload}.{}", "ab".repeat(32))),
        ("bits behind the signature's last byte", non_canonical(&good)),
        ("a header and payload of another token", format!("{}.{payload}.{signature}", encode(r#"{"alg":"HS256"}"#))),
        ("another payload", format!("{header}.{}.{signature}", encode(of_corp(&json!({"sub": "43"})).to_string()))),
        ("header and payload exchanged", format!("{payload}.{header}.{signature}")),
        ("a byte order mark before the claims", with_claims(&format!("\u{feff}{claims}"))),
        ("a byte order mark before the header", with_header(&format!("\u{feff}{HS256}"))),
        ("claims with something behind", with_claims(&format!("{claims}x"))),
        ("claims twice", with_claims(&format!("{claims}{claims}"))),
        ("claims with a NUL behind", with_claims(&format!("{claims}\0"))),
        ("a header with something behind", with_header(&format!("{HS256}{HS256}"))),
        ("claims in a list", with_claims(&format!("[{claims}]"))),
        ("claims in a string", with_claims(&json!(claims).to_string())),
        ("no claims but null", with_claims("null")),
        ("a header that is a list", with_header(&format!("[{HS256}]"))),
        ("a token within a token", corp.token_of(r#"{"alg":"HS256","cty":"JWT"}"#, &good)),
        ("claims with a comment", with_claims(&claims.replacen('{', "{/* */", 1))),
        ("claims with a comma too many", with_claims(&claims.replacen('}', ",}", 1))),
        ("claims in single quotes", with_claims(&claims.replace('"', "'"))),
        ("half a surrogate pair", with_claims(&claims.replacen('{', r#"{"x":"\ud800","#, 1))),
        ("claims nested 2,900 deep", with_claims(&deep)),
        ("a claim twice", with_claims(&claims.replacen('{', r#"{"sub":"1","#, 1))),
        ("a claim twice, once escaped", with_claims(&claims.replacen('{', r#"{"\u0073ub":"1","#, 1))),
        ("an end twice, once escaped", with_claims(&claims.replacen('{', r#"{"\u0065xp":9999999999,"#, 1))),
        (
            "a claim twice further down",
            with_claims(&claims.replacen('{', r#"{"realm_access":{"roles":[],"roles":["admin"]},"#, 1)),
        ),
        (
            "an issuer twice, once escaped",
            stage.rsa.token_of(
                r#"{"alg":"RS256","kid":"r1"}"#,
                &of_partner(&json!({})).to_string().replacen('{', r#"{"\u0069ss":"https://idp.example/","#, 1),
            ),
        ),
        ("an algorithm twice", with_header(r#"{"alg":"none","alg":"HS256"}"#)),
        ("an algorithm twice, once escaped", with_header(r#"{"\u0061lg":"none","alg":"HS256"}"#)),
        (
            "a kid twice",
            stage.rsa.token_of(r#"{"alg":"RS256","kid":"e1","kid":"r1"}"#, &of_partner(&json!({})).to_string()),
        ),
        ("above 8 KiB", corp.token(&of_corp(&json!({"padding": "x".repeat(8 << 10)})))),
        ("just above 8 KiB", padded_to(stage, 8 * 1024 + 1)),
        ("above 8 KiB by its signature", format!("{good}{}", "A".repeat(8 << 10))),
    ]
}

/// The same signature to whoever overlooks the bits that are left over in the last character.
fn non_canonical(token: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let place = alphabet.find(last).unwrap();
    format!("{rest}{}", &alphabet[place + 1..=place + 1])
}

/// A token of so many bytes that is good but for its length.
fn padded_to(stage: &Stage, bytes: usize) -> String {
    let of = |length: usize| stage.corp.token(&of_corp(&json!({"padding": "x".repeat(length)})));
    (5_000..8_000).map(of).find(|token| token.len() >= bytes).unwrap()
}
