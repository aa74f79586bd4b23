//! Tokens by other keys, other algorithms and other signatures than their issuer's, and headers that would change that.

use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RSA_PKCS1_SHA384;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use super::Attack;
use crate::callers::AT_JWT;
use crate::callers::PUBLISHED_SECRET;
use crate::callers::Stage;
use crate::callers::of_corp;
use crate::callers::of_partner;
use crate::callers::of_strict;
use crate::support::tokens::Issuer;
use crate::support::tokens::encode;

pub fn attacks(stage: &Stage) -> Vec<Attack> {
    [algorithms(stage), secrets(stage), keys(stage), headers(stage), signatures(stage)].concat()
}

/// A token for partner with this header.
fn partner(key: &Issuer, header: Value) -> String {
    key.token_of(&header.to_string(), &of_partner(&json!({})).to_string())
}

fn algorithms(stage: &Stage) -> Vec<Attack> {
    let Stage { corp, rsa, ecdsa, strict, .. } = stage;
    let payload = encode(of_corp(&json!({})).to_string());
    let unsigned = |header: &str| format!("{}.{payload}.", encode(header));
    let signature = corp.token(&of_corp(&json!({}))).rsplit_once('.').unwrap().1.to_owned();
    let of_partner = of_partner(&json!({})).to_string();
    vec![
        ("alg none", unsigned(r#"{"alg":"none"}"#)),
        ("alg None", unsigned(r#"{"alg":"None"}"#)),
        ("alg NONE", unsigned(r#"{"alg":"NONE"}"#)),
        ("alg nOnE", unsigned(r#"{"alg":"nOnE"}"#)),
        ("alg none with a blank", unsigned(r#"{"alg":"none "}"#)),
        ("an empty alg", unsigned(r#"{"alg":""}"#)),
        ("no alg", unsigned(r#"{"typ":"JWT"}"#)),
        ("alg null", unsigned(r#"{"alg":null}"#)),
        ("alg none with a signature", format!("{}{signature}", unsigned(r#"{"alg":"none"}"#))),
        ("no alg with a signature", corp.token_of("{}", &of_corp(&json!({})).to_string())),
        ("alg in lower case", corp.token_of(r#"{"alg":"hs256"}"#, &of_corp(&json!({})).to_string())),
        ("alg in a list", corp.token_of(r#"{"alg":["HS256"]}"#, &of_corp(&json!({})).to_string())),
        ("alg with a NUL", corp.token_of(r#"{"alg":"HS256\u0000"}"#, &of_corp(&json!({})).to_string())),
        ("another algorithm of the family", corp.token_of(r#"{"alg":"HS512"}"#, &of_corp(&json!({})).to_string())),
        (
            "an algorithm of signatures for a secret",
            corp.token_of(r#"{"alg":"RS256"}"#, &of_corp(&json!({})).to_string()),
        ),
        ("RS384, which is not allowed", rsa.token_by(&RSA_PKCS1_SHA384, r#"{"alg":"RS384","kid":"r1"}"#, &of_partner)),
        ("PS256, which is not allowed", rsa.token_by(&RSA_PSS_SHA256, r#"{"alg":"PS256","kid":"r1"}"#, &of_partner)),
        ("PSS under RS256", rsa.token_by(&RSA_PSS_SHA256, r#"{"alg":"RS256","kid":"r1"}"#, &of_partner)),
        ("PKCS #1 under PS256", rsa.token_by(&RSA_PKCS1_SHA256, r#"{"alg":"PS256","kid":"r1"}"#, &of_partner)),
        ("SHA-384 under RS256", rsa.token_by(&RSA_PKCS1_SHA384, r#"{"alg":"RS256","kid":"r1"}"#, &of_partner)),
        ("RS256 over an EC key's signature", partner(ecdsa, json!({"alg": "RS256", "kid": "r1"}))),
        ("ES384 with a key of P-256", partner(ecdsa, json!({"alg": "ES384", "kid": "e1"}))),
        ("ES512 with a key of P-256", partner(ecdsa, json!({"alg": "ES512", "kid": "e1"}))),
        ("ES256K", partner(ecdsa, json!({"alg": "ES256K", "kid": "e1"}))),
        ("EdDSA with a key of P-256", partner(ecdsa, json!({"alg": "EdDSA", "kid": "e1"}))),
        ("ES256 with an Ed25519 key", partner(&stage.ed25519, json!({"alg": "ES256", "kid": "d1"}))),
        ("Ed448 with an Ed25519 key", partner(&stage.ed25519, json!({"alg": "Ed448", "kid": "d1"}))),
        ("ed25519 in lower case", partner(&stage.ed25519, json!({"alg": "ed25519", "kid": "d1"}))),
        ("an algorithm that its issuer does not allow", rsa.token(&of_strict(&json!({})))),
        (
            "an algorithm of encryption",
            strict.token_of(&AT_JWT.replace("ES256", "ECDH-ES"), &of_strict(&json!({})).to_string()),
        ),
    ]
}

/// Public keys, and nothing at all, as the secret of an HMAC.
fn secrets(stage: &Stage) -> Vec<Attack> {
    let Stage { corp, rsa, ecdsa, .. } = stage;
    let der = rsa.public_der();
    let lines: Vec<String> = BASE64_STANDARD
        .encode(&der)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let modulus = rsa.jwk()["n"].as_str().unwrap().to_owned();
    let hs256 = |secret: &[u8], kid: &str| partner(&Issuer::hmac(secret), json!({"alg": "HS256", "kid": kid}));
    let corps = |secret: &[u8]| Issuer::hmac(secret).token(&of_corp(&json!({})));
    vec![
        ("the public key in PEM as the secret", hs256(pem.as_bytes(), "r1")),
        ("the public key in PEM with a line's end", hs256(format!("{pem}\n").as_bytes(), "r1")),
        ("the public key in DER as the secret", hs256(&der, "r1")),
        ("the public key as JWK as the secret", hs256(rsa.jwk().to_string().as_bytes(), "r1")),
        ("the modulus as the secret", hs256(&BASE64_URL_SAFE_NO_PAD.decode(&modulus).unwrap(), "r1")),
        ("the modulus as text as the secret", hs256(modulus.as_bytes(), "r1")),
        ("an EC key's x as the secret", hs256(ecdsa.jwk()["x"].as_str().unwrap().as_bytes(), "e1")),
        ("a published secret", hs256(PUBLISHED_SECRET.as_bytes(), "o1")),
        ("an empty secret under a kid that leads to nothing", hs256(b"", "../../../../../../dev/null")),
        ("an empty secret", corps(b"")),
        ("the secret's variable as the secret", corps(b"CORP_SECRET")),
        ("the secret with a line's end", corps(format!("{}\n", crate::support::setting::CORP_SECRET).as_bytes())),
        ("corp's secret for partner", corp.token(&of_partner(&json!({})))),
        ("partner's key for corp", rsa.token(&of_corp(&json!({})))),
        ("partner's key under corp's algorithm", rsa.token_of(r#"{"alg":"HS256"}"#, &of_corp(&json!({})).to_string())),
    ]
}

/// Keys of others, and keys that the token itself names or brings.
fn keys(stage: &Stage) -> Vec<Attack> {
    let Stage { ecdsa, strict, foreign, .. } = stage;
    let stranger = Issuer::ecdsa("e1");
    let by_stranger = |more: Value| {
        let mut header = json!({"alg": "ES256", "kid": "e1"});
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        partner(&stranger, header)
    };
    let with_kid = |kid: Value| partner(ecdsa, json!({"alg": "ES256", "kid": kid}));
    vec![
        ("a stranger's key under a known kid", stranger.token(&of_partner(&json!({})))),
        ("a key in the token itself", by_stranger(json!({"jwk": stranger.jwk()}))),
        ("a jku", by_stranger(json!({"jku": "https://partner.example/k.json"}))),
        ("a jku on loopback", by_stranger(json!({"jku": "http://127.0.0.1:1/k.json"}))),
        ("an x5u", by_stranger(json!({"x5u": "https://partner.example/k.pem"}))),
        ("an x5c", by_stranger(json!({"x5c": [BASE64_STANDARD.encode([0x30; 64])]}))),
        ("an x5t", by_stranger(json!({"x5t": encode([0; 20])}))),
        ("a key for encryption", foreign.token(&of_partner(&json!({})))),
        ("a key of another issuer that has that kid", strict.token(&of_partner(&json!({})))),
        ("another issuer's key under a kid of this one", partner(strict, json!({"alg": "ES256", "kid": "e1"}))),
        ("an RSA kid with ES256", with_kid(json!("r1"))),
        ("an unknown kid", Issuer::ecdsa("e2").token(&of_partner(&json!({})))),
        ("a kid in capitals", with_kid(json!("E1"))),
        ("a kid with a blank", with_kid(json!(" e1"))),
        ("a kid with a NUL", with_kid(json!("e1\0"))),
        ("an empty kid", with_kid(json!(""))),
        ("a kid that is a path", with_kid(json!("../../../../etc/passwd"))),
        ("a kid that is a URL", with_kid(json!("file:///proc/self/environ"))),
        ("a kid that is SQL", with_kid(json!("e1' UNION SELECT 'key' -- "))),
        ("a kid that is a command", with_kid(json!("e1; sleep 5"))),
        ("a kid that is a template", with_kid(json!("${jndi:ldap://127.0.0.1:1/a}"))),
        ("a kid of 5,000 bytes", with_kid(json!("k".repeat(5_000)))),
        ("a kid that is a number", with_kid(json!(1))),
        ("a kid that is null", with_kid(Value::Null)),
        ("a kid that is a list", with_kid(json!(["e1"]))),
        ("a kid that is an object", with_kid(json!({"e1": true}))),
    ]
}

/// Headers that ask for other rules, and the `typ` of other tokens.
fn headers(stage: &Stage) -> Vec<Attack> {
    let corp_of = |header: &str| stage.corp.token_of(header, &of_corp(&json!({})).to_string());
    let typed = |typ: Value| {
        let header = json!({"alg": "ES256", "typ": typ, "kid": "s1"});
        stage.strict.token_of(&header.to_string(), &of_strict(&json!({})).to_string())
    };
    vec![
        ("crit", corp_of(r#"{"alg":"HS256","crit":["exp"]}"#)),
        ("crit with what it names", corp_of(r#"{"alg":"HS256","crit":["x"],"x":1}"#)),
        ("an empty crit", corp_of(r#"{"alg":"HS256","crit":[]}"#)),
        ("crit null", corp_of(r#"{"alg":"HS256","crit":null}"#)),
        ("b64 true", corp_of(r#"{"alg":"HS256","b64":true}"#)),
        ("b64 false", corp_of(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#)),
        ("another typ than demanded", typed(json!("JWT"))),
        ("an ID token's typ", typed(json!("id_token+jwt"))),
        ("a DPoP proof's typ", typed(json!("dpop+jwt"))),
        ("a logout token's typ", typed(json!("logout+jwt"))),
        ("a security event's typ", typed(json!("secevent+jwt"))),
        ("a typ with a blank", typed(json!("at+jwt "))),
        ("a typ with a parameter", typed(json!("at+jwt;a=b"))),
        ("a typ that only begins so", typed(json!("at+jwt-like"))),
        ("application/ twice", typed(json!("application/application/at+jwt"))),
        ("a typ in a list", typed(json!(["at+jwt"]))),
        ("a typ that is null", typed(Value::Null)),
        (
            "no typ where one is demanded",
            stage.strict.token_of(r#"{"alg":"ES256","kid":"s1"}"#, &of_strict(&json!({})).to_string()),
        ),
        (
            "the typ among the claims",
            stage.strict.token_of(r#"{"alg":"ES256","kid":"s1"}"#, &of_strict(&json!({"typ": "at+jwt"})).to_string()),
        ),
    ]
}

/// Signatures that some verifiers take for another's.
fn signatures(stage: &Stage) -> Vec<Attack> {
    let Stage { corp, rsa, ecdsa, ed25519, .. } = stage;
    let parted = |token: &str| {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        (signed.to_owned(), BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap())
    };
    let (by_ecdsa, es256) = parted(&ecdsa.token(&of_partner(&json!({}))));
    let (by_rsa, rs256) = parted(&rsa.token(&of_partner(&json!({}))));
    let (by_ed25519, eddsa) = parted(&ed25519.token(&of_partner(&json!({}))));
    let (by_corp, hs256) = parted(&corp.token(&of_corp(&json!({}))));
    let ecdsa = |r: &[u8], s: &[u8]| format!("{by_ecdsa}.{}", encode([r, s].concat()));
    let (r, s) = es256.split_at(32);
    let number = |last: u8| [&[0; 31][..], &[last]].concat();
    vec![
        ("ES256 in DER", format!("{by_ecdsa}.{}", encode(der(r, s)))),
        ("ES256 with r and s of 0", ecdsa(&[0; 32], &[0; 32])),
        ("ES256 with r of 0", ecdsa(&[0; 32], s)),
        ("ES256 with s of 0", ecdsa(r, &[0; 32])),
        ("ES256 with r and s of 1", ecdsa(&number(1), &number(1))),
        ("ES256 with r of n", ecdsa(&P256_ORDER, s)),
        ("ES256 with s of n", ecdsa(r, &P256_ORDER)),
        ("ES256 with r and s of all ones", ecdsa(&[0xff; 32], &[0xff; 32])),
        ("ES256 with r and s exchanged", ecdsa(s, r)),
        ("ES256 with a byte less", ecdsa(r, &s[..31])),
        ("ES256 with a byte more", ecdsa(r, &[s, &[0]].concat())),
        ("ES256 with a zero before each", ecdsa(&[&[0], r].concat(), &[&[0], s].concat())),
        ("RS256 of zeros", format!("{by_rsa}.{}", encode(vec![0; rs256.len()]))),
        ("RS256 of 1", format!("{by_rsa}.{}", encode([vec![0; rs256.len() - 1], vec![1]].concat()))),
        ("RS256 with a zero before", format!("{by_rsa}.{}", encode([&[0], rs256.as_slice()].concat()))),
        ("RS256 with a byte behind", format!("{by_rsa}.{}", encode([rs256.as_slice(), &[0]].concat()))),
        ("RS256 with a bit changed", format!("{by_rsa}.{}", encode(flipped(&rs256)))),
        ("EdDSA with L added to S", format!("{by_ed25519}.{}", encode(plus_order(&eddsa)))),
        ("EdDSA of zeros", format!("{by_ed25519}.{}", encode([0; 64]))),
        ("EdDSA by the neutral point", format!("{by_ed25519}.{}", encode([number(1), number(0)].concat()))),
        ("HS256 cut to half", format!("{by_corp}.{}", encode(&hs256[..16]))),
        ("HS256 with a byte behind", format!("{by_corp}.{}", encode([hs256.as_slice(), &[0]].concat()))),
        ("HS256 of another message", format!("{by_corp}.{}", encode([7; 32]))),
    ]
}

fn flipped(signature: &[u8]) -> Vec<u8> {
    let mut flipped = signature.to_vec();
    flipped[100] ^= 1;
    flipped
}

/// An ECDSA signature as X.509 has it.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let number = if number[0] > 0x7f { [vec![0], number].concat() } else { number };
        [vec![2, number.len() as u8], number].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, both.len() as u8], both].concat()
}

/// FIPS 186-5: n of P-256.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// RFC 8032, 5.1: L, little-endian. S + L is the same modulo L, and must not verify (8.4).
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn plus_order(signature: &[u8]) -> Vec<u8> {
    let (point, number) = signature.split_at(32);
    let mut carry = 0;
    let sum = number.iter().zip(ED25519_ORDER).map(|(one, other)| {
        let sum = u16::from(*one) + u16::from(other) + carry;
        carry = sum >> 8;
        sum as u8
    });
    point.iter().copied().chain(sum).collect()
}
