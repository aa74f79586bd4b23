//! Tokens that somebody made up. Each is refused, and for the reason that it was made for.

use super::signer::RSA;
use super::signer::encoded;
use super::*;

/// Three issuers that trust each other in nothing, and the keys that they sign with.
struct World {
    tokens: Tokens,
    corp: Signer,
    corp_p384: Signer,
    corp_ed: Signer,
    other: Signer,
    attacker: Signer,
    secret: Signer,
    _folder: tempfile::TempDir,
}

const SECRET: &[u8] = b"a shared secret of at least 32 bytes";

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (corp, other, attacker) = (Signer::p256(), Signer::p256(), Signer::p256());
        let (corp_p384, corp_ed) = (Signer::p384(), Signer::ed());
        let corp_keys = [
            corp.jwk("e"),
            with(RSA[0].jwk("r"), "alg", "RS256"),
            with(RSA[1].jwk("enc"), "use", "enc"),
            corp_p384.jwk("e3"),
            corp_ed.jwk("d"),
            Signer::secret(SECRET).jwk("oct"),
            Signer::p256().jwk("twice"),
            Signer::p256().jwk("twice"),
        ];
        let other_keys = [other.jwk("e"), other.jwk("o")];
        let mut settings = issuer("corp", in_file(folder.path(), "corp", &corp_keys));
        settings.required_claims = vec!["sub".into()];
        let mut typed = issuer("typed", in_file(folder.path(), "typed", &[corp.jwk("e")]));
        typed.token_type = Some("at+jwt".into());
        let issuers = [
            settings,
            issuer("other", in_file(folder.path(), "other", &other_keys)),
            issuer("shared", KeySource::Hmac(Some(SecretBytes::new(SECRET.to_vec())))),
            typed,
        ];
        let tokens = Tokens::start(&issuers, clock(), Metrics::new().unwrap());
        let secret = Signer::secret(SECRET);
        Self { tokens, corp, corp_p384, corp_ed, other, attacker, secret, _folder: folder }
    }

    /// The same good token each time, but for its random signature.
    fn good(&self) -> String {
        self.corp.token(&header(), &claims())
    }

    fn parts(&self) -> [String; 3] {
        let parts: Vec<_> = self.good().split('.').map(str::to_owned).collect();
        parts.try_into().unwrap()
    }

    async fn refuse(&self, attacks: impl IntoIterator<Item = (&'static str, String, Fault)>) {
        let good = self.tokens.judge(&self.good(), now()).await.1;
        assert!(good.is_ok(), "what the attacks are made from: {good:?}");
        for (name, token, fault) in attacks {
            assert_eq!(self.tokens.judge(&token, now()).await.1.map(drop), Err(fault), "{name}");
            assert_eq!(self.tokens.judge(&token, now()).await.1.map(drop), Err(fault), "{name}, again");
        }
    }
}

fn header() -> Json {
    json!({"alg": "ES256", "kid": "e", "typ": "at+jwt"})
}

#[tokio::test]
async fn no_malformed_token_passes() {
    let world = World::new();
    let [head, body, signature] = world.parts();
    let sign = |header: &str, claims: &str| world.corp.token_of(header, claims);
    let (h, c) = (header().to_string(), claims().to_string());
    let nested = |depth: usize| with(claims(), "x", "NEST").to_string().replace("\"NEST\"", &nest(depth));
    let deep_enough = world.corp.token_of(&h, nested(31));
    assert!(world.tokens.judge(&deep_enough, now()).await.1.is_ok());
    let attacks = [
        ("nothing", String::new(), Fault::Malformed),
        ("one part", "abc".into(), Fault::Malformed),
        ("two parts", format!("{head}.{body}"), Fault::Malformed),
        ("dots alone", "..".into(), Fault::Malformed),
        ("four parts", format!("{head}.{body}.{signature}.{signature}"), Fault::Malformed),
        ("five parts, as a JWE has", format!("{head}.{body}.{body}.{body}.{signature}"), Fault::Malformed),
        ("an empty part before", format!(".{}", world.good()), Fault::Malformed),
        ("an empty part after", format!("{}.", world.good()), Fault::Malformed),
        ("a blank before", format!(" {}", world.good()), Fault::Malformed),
        ("a line end after", format!("{}\n", world.good()), Fault::Signature),
        ("a NUL inside", format!("{head}\0.{body}.{signature}"), Fault::Malformed),
        ("padding in the header", format!("{head}=.{body}.{signature}"), Fault::Malformed),
        ("padding in the payload", format!("{head}.{body}==.{signature}"), Fault::Malformed),
        ("padding in the signature", format!("{head}.{body}.{signature}=="), Fault::Signature),
        ("base64's own alphabet", format!("{head}.{body}.{}+/", &signature[..84]), Fault::Signature),
        ("bits to spare", format!("{head}.{body}.{}B", &signature[..85]), Fault::Signature),
        ("above 8 KiB", format!("{head}.{body}.{}", "A".repeat(8192)), Fault::TooLarge),
        ("above 8 KiB and well signed", sign(&h, &with(claims(), "x", "y".repeat(7000)).to_string()), Fault::TooLarge),
        ("a header that is no JSON", sign("{", &c), Fault::Malformed),
        ("a header that is a list", sign(&format!("[{h}]"), &c), Fault::Malformed),
        ("a header with more after it", sign(&format!("{h}{h}"), &c), Fault::Malformed),
        ("a header with a byte order mark", sign(&format!("\u{feff}{h}"), &c), Fault::Malformed),
        ("a payload that is a string", sign(&h, "\"sub\""), Fault::Malformed),
        ("a payload that is null", sign(&h, "null"), Fault::Malformed),
        ("a payload that is a token", sign(&h, &world.good()), Fault::Malformed),
        ("a payload with more after it", sign(&h, &format!("{c},")), Fault::Malformed),
        ("a payload that is no UTF-8", world.corp.token_of(&h, b"{\"iss\":\"\xff\"}"), Fault::Malformed),
        ("a duplicate header", sign(&h.replacen('{', "{\"alg\":\"none\",", 1), &c), Fault::Malformed),
        ("a duplicate claim", sign(&h, &c.replacen('{', "{\"sub\":\"1\",", 1)), Fault::Malformed),
        ("a duplicate claim by escape", sign(&h, &c.replacen('{', "{\"\\u0073ub\":\"1\",", 1)), Fault::Malformed),
        ("a duplicate iss", sign(&h, &c.replacen('{', "{\"iss\":\"x\",", 1)), Fault::Malformed),
        ("a duplicate inside", sign(&h, &c.replacen('{', "{\"x\":[{\"a\":1,\"a\":2}],", 1)), Fault::Malformed),
        ("a nest too deep", world.corp.token_of(&h, nested(32)), Fault::Malformed),
        ("a nest of thousands", world.corp.token_of(&h, nested(2500)), Fault::Malformed),
        ("a number beyond all numbers", sign(&h, &c.replacen('{', "{\"x\":1e999,", 1)), Fault::Malformed),
        ("NaN", sign(&h, &c.replacen('{', "{\"x\":NaN,", 1)), Fault::Malformed),
    ];
    world.refuse(attacks).await;
}

fn nest(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[tokio::test]
async fn no_algorithm_but_the_issuers_and_the_keys_own_passes() {
    let world = World::new();
    let [_, body, signature] = world.parts();
    let none = |name: &str| format!("{}.{body}.", encoded(json!({"alg": name, "kid": "e"}).to_string()));
    let of = |signer: &Signer, alg: Json, kid: &str| signer.token(&json!({"alg": alg, "kid": kid}), &claims());
    let hs256 = |key: Vec<u8>, kid: &str| of(&Signer::secret(key), json!("HS256"), kid);
    let public = world.corp.public();
    let mut attacks = vec![
        ("none", none("none"), Fault::Algorithm),
        ("None", none("None"), Fault::Algorithm),
        ("NONE", none("NONE"), Fault::Algorithm),
        ("none with a signature", format!("{}{signature}", none("none")), Fault::Algorithm),
        ("no alg", world.corp.token(&json!({"kid": "e"}), &claims()), Fault::Algorithm),
        ("alg null", of(&world.corp, json!(null), "e"), Fault::Algorithm),
        ("alg a number", of(&world.corp, json!(256), "e"), Fault::Algorithm),
        ("alg a list", of(&world.corp, json!(["ES256"]), "e"), Fault::Algorithm),
        ("alg empty", of(&world.corp, json!(""), "e"), Fault::Algorithm),
        ("alg in lower case", of(&world.corp, json!("es256"), "e"), Fault::Algorithm),
        ("alg with a blank", of(&world.corp, json!("ES256 "), "e"), Fault::Algorithm),
        ("alg of a JWE", of(&RSA[0], json!("RSA-OAEP"), "r"), Fault::Algorithm),
        ("alg of another curve's kind", of(&world.corp, json!("ES256K"), "e"), Fault::Algorithm),
        ("alg not among the issuer's, but the key's", of(&world.corp_p384, json!("ES384"), "e3"), Fault::Algorithm),
        ("alg not among the issuer's, same family", of(&RSA[0], json!("RS512"), "r"), Fault::Algorithm),
        ("PSS where PKCS#1 is pinned", of(&RSA[0], json!("PS256"), "r"), Fault::Algorithm),
        ("HS256 with the point as secret", hs256(public.clone(), "e"), Fault::Algorithm),
        ("HS256 with the point's x as secret", hs256(public[1..33].to_vec(), "e"), Fault::Algorithm),
        ("HS256 with the modulus as secret", hs256(RSA[0].public(), "r"), Fault::Algorithm),
        ("HS256 with the JWK as secret", hs256(RSA[0].jwk("r").to_string().into(), "r"), Fault::Algorithm),
        ("HS256 with an empty secret", hs256(Vec::new(), "e"), Fault::Algorithm),
        ("HS256 with a fetched symmetric key", hs256(SECRET.to_vec(), "oct"), Fault::Algorithm),
        ("RS256 with an EC key's kid", of(&RSA[0], json!("RS256"), "e"), Fault::UnfitKey),
        ("ES256 with an RSA key's kid", of(&world.corp, json!("ES256"), "r"), Fault::UnfitKey),
        ("ES256 with the other curve's kid", of(&world.corp_p384, json!("ES256"), "e3"), Fault::UnfitKey),
        ("EdDSA with an EC key's kid", of(&world.corp_ed, json!("EdDSA"), "e"), Fault::UnfitKey),
        ("a key for encryption", of(&RSA[1], json!("RS256"), "enc"), Fault::UnknownKey),
        ("a symmetric key of the set", of(&world.corp, json!("ES256"), "oct"), Fault::UnknownKey),
    ];
    let files = RSA[0].rsa_files().into_iter();
    attacks.extend(files.map(|file| ("HS256 with the public key file as secret", hs256(file, "r"), Fault::Algorithm)));
    world.refuse(attacks).await;
    let to_shared = |signer: &Signer, alg: &str| {
        signer.token(&json!({"alg": alg, "kid": "e"}), &with(claims(), "iss", "https://shared.example.com/"))
    };
    assert!(world.tokens.judge(&to_shared(&world.secret, "HS256"), now()).await.1.is_ok());
    let attacks = [
        ("an asymmetric algorithm for a shared secret", to_shared(&world.corp, "ES256"), Fault::Algorithm),
        ("another hash for a shared secret", to_shared(&world.secret, "HS512"), Fault::Algorithm),
        ("another secret", to_shared(&Signer::secret([0; 32]), "HS256"), Fault::Signature),
        ("an empty secret", to_shared(&Signer::secret([]), "HS256"), Fault::Signature),
        ("the beginning of the secret", to_shared(&Signer::secret(&SECRET[..32]), "HS256"), Fault::Signature),
    ];
    world.refuse(attacks).await;
}

#[tokio::test]
async fn no_key_but_the_issuers_own_passes() {
    let world = World::new();
    let plain = |kid: Json| world.attacker.token(&with(header(), "kid", kid), &claims());
    let carrying = |name: &str, value: Json| {
        world.attacker.token(&with(with(header(), "kid", "new"), name, value.clone()), &claims())
    };
    let over_known = |name: &str, value: Json| world.attacker.token(&with(header(), name, value), &claims());
    let jwk = || world.attacker.jwk("new");
    let by_other = |kid: &str, iss: &str| world.other.token(&with(header(), "kid", kid), &with(claims(), "iss", iss));
    let (corp, other) = ("https://corp.example.com/", "https://other.example.com/");
    assert!(world.tokens.judge(&by_other("o", other), now()).await.1.is_ok());
    let attacks = [
        ("a stranger's signature under a known kid", plain(json!("e")), Fault::Signature),
        ("an unknown kid", plain(json!("new")), Fault::UnknownKey),
        ("an empty kid", plain(json!("")), Fault::UnknownKey),
        ("a kid that is a path", plain(json!("../../../dev/null")), Fault::UnknownKey),
        ("a kid that is SQL", plain(json!("e' OR '1'='1")), Fault::UnknownKey),
        ("a kid in another case", plain(json!("E")), Fault::UnknownKey),
        ("a kid with a NUL", plain(json!("e\u{0}")), Fault::UnknownKey),
        ("a kid that is a number", plain(json!(1)), Fault::Malformed),
        ("a kid that is null", plain(json!(null)), Fault::Malformed),
        ("a kid that is a list", plain(json!(["e"])), Fault::Malformed),
        ("no kid where several keys are", world.corp.token(&without(header(), "kid"), &claims()), Fault::AmbiguousKey),
        ("a kid that two keys have", plain(json!("twice")), Fault::AmbiguousKey),
        ("a key carried along", carrying("jwk", jwk()), Fault::UnknownKey),
        ("a key carried along under a known kid", over_known("jwk", jwk()), Fault::Signature),
        ("a key set's address", carrying("jku", json!("https://evil.example/jwks")), Fault::UnknownKey),
        ("a key set's address under a known kid", over_known("jku", json!("https://evil.example/")), Fault::Signature),
        ("a certificate carried along", carrying("x5c", json!(["MII"])), Fault::UnknownKey),
        ("a certificate's address", over_known("x5u", json!("https://evil.example/")), Fault::Signature),
        ("another issuer's key and kid", by_other("o", corp), Fault::UnknownKey),
        ("another issuer's key under the same kid", by_other("e", corp), Fault::Signature),
        ("for another issuer", world.corp.token(&header(), &with(claims(), "iss", other)), Fault::Signature),
    ];
    world.refuse(attacks).await;
}

#[tokio::test]
async fn no_signature_over_anything_else_passes() {
    let world = World::new();
    let [head, body, signature] = world.parts();
    let [_, other_body, other_signature] = {
        let token = world.corp.token(&header(), &with(claims(), "sub", "43"));
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        <[String; 3]>::try_from(parts).unwrap()
    };
    let signed = format!("{head}.{body}");
    let der = {
        use aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = aws_lc_rs::signature::EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        key.sign(&aws_lc_rs::rand::SystemRandom::new(), signed.as_bytes()).unwrap()
    };
    let ed = json!({"alg": "EdDSA", "kid": "d"});
    let ed_signed = format!("{}.{body}", encoded(ed.to_string()));
    let attacks = [
        ("no signature", format!("{signed}."), Fault::Signature),
        ("another token's signature", format!("{signed}.{other_signature}"), Fault::Signature),
        ("another token's payload", format!("{head}.{other_body}.{signature}"), Fault::Signature),
        ("half a signature", format!("{signed}.{}", &signature[..43]), Fault::Signature),
        ("a signature and more", format!("{signed}.{signature}AAAA"), Fault::Signature),
        ("zeros (r = s = 0)", format!("{signed}.{}", encoded([0; 64])), Fault::Signature),
        ("the curve's order twice", format!("{signed}.{}", encoded([0xff; 64])), Fault::Signature),
        ("a signature in DER", format!("{signed}.{}", encoded(der)), Fault::Signature),
        ("Ed25519 zeros", format!("{ed_signed}.{}", encoded([0; 64])), Fault::Signature),
        (
            "over the payload alone",
            format!("{signed}.{}", encoded(world.corp.sign("ES256", body.as_bytes()))),
            Fault::Signature,
        ),
    ];
    world.refuse(attacks).await;
}

#[tokio::test]
async fn no_header_that_changes_the_rules_passes() {
    let world = World::new();
    let with_header = |name: &str, value: Json| world.corp.token(&with(header(), name, value), &claims());
    let typed = |header: Json| world.corp.token(&header, &with(claims(), "iss", "https://typed.example.com/"));
    assert!(world.tokens.judge(&typed(header()), now()).await.1.is_ok());
    let attacks = [
        ("crit of an unknown", with_header("crit", json!(["http://example.com/UNDEFINED"])), Fault::Extension),
        ("crit of a known", with_header("crit", json!(["exp"])), Fault::Extension),
        ("crit that is empty", with_header("crit", json!([])), Fault::Extension),
        ("crit null", with_header("crit", json!(null)), Fault::Extension),
        ("b64 false", with_header("b64", json!(false)), Fault::Extension),
        ("b64 true", with_header("b64", json!(true)), Fault::Extension),
        ("an ID token as an access token", typed(with(header(), "typ", "JWT")), Fault::TokenType),
        ("a logout token as an access token", typed(with(header(), "typ", "logout+jwt")), Fault::TokenType),
        ("no typ where one is demanded", typed(without(header(), "typ")), Fault::TokenType),
    ];
    world.refuse(attacks).await;
}

#[tokio::test]
async fn no_claims_against_the_issuers_rules_pass() {
    let world = World::new();
    let of = |claims: Json| world.corp.token(&header(), &claims);
    let claim = |name: &str, value: Json| of(with(claims(), name, value));
    let attacks = [
        ("no iss", of(without(claims(), "iss")), Fault::UnknownIssuer),
        ("iss null", claim("iss", json!(null)), Fault::UnknownIssuer),
        ("iss a list", claim("iss", json!(["https://corp.example.com/"])), Fault::UnknownIssuer),
        ("iss without its slash", claim("iss", json!("https://corp.example.com")), Fault::UnknownIssuer),
        ("iss in another case", claim("iss", json!("https://CORP.example.com/")), Fault::UnknownIssuer),
        ("iss with more", claim("iss", json!("https://corp.example.com/x")), Fault::UnknownIssuer),
        ("iss by its name", claim("iss", json!("corp")), Fault::UnknownIssuer),
        ("no aud", of(without(claims(), "aud")), Fault::Audience),
        ("aud null", claim("aud", json!(null)), Fault::Audience),
        ("aud of another", claim("aud", json!("other")), Fault::Audience),
        ("aud in another case", claim("aud", json!("Presignd")), Fault::Audience),
        ("aud with a blank", claim("aud", json!("presignd ")), Fault::Audience),
        ("aud as a scope string", claim("aud", json!("presignd other")), Fault::Audience),
        ("aud that begins so", claim("aud", json!("presignd2")), Fault::Audience),
        ("aud an empty list", claim("aud", json!([])), Fault::Audience),
        ("aud a list of others", claim("aud", json!(["a", "b"])), Fault::Audience),
        ("aud a list of lists", claim("aud", json!([["presignd"]])), Fault::Audience),
        ("aud a list with a number", claim("aud", json!(["presignd", 1])), Fault::Audience),
        ("aud an object", claim("aud", json!({"presignd": "presignd"})), Fault::Audience),
        ("aud in another claim", of(with(without(claims(), "aud"), "azp", "presignd")), Fault::Audience),
        ("no exp", of(without(claims(), "exp")), Fault::MissingClaim),
        ("exp null", claim("exp", json!(null)), Fault::MalformedClaim),
        ("exp a string", claim("exp", json!((NOW + 300).to_string())), Fault::MalformedClaim),
        ("exp NaN as a string", claim("exp", json!("NaN")), Fault::MalformedClaim),
        ("exp true", claim("exp", json!(true)), Fault::MalformedClaim),
        ("exp a list", claim("exp", json!([NOW + 300])), Fault::MalformedClaim),
        ("exp negative", claim("exp", json!(-1)), Fault::MalformedClaim),
        ("exp a negative float", claim("exp", json!(-0.5)), Fault::MalformedClaim),
        ("exp after the year 9999", claim("exp", json!(253_402_300_800_u64)), Fault::MalformedClaim),
        ("exp in milliseconds", claim("exp", json!((NOW + 300) * 1000)), Fault::MalformedClaim),
        ("exp the largest integer", claim("exp", json!(u64::MAX)), Fault::MalformedClaim),
        ("exp larger than integers", of_text(&world, "exp", "99999999999999999999999999"), Fault::MalformedClaim),
        ("exp 1e300", claim("exp", json!(1e300)), Fault::MalformedClaim),
        ("exp past", claim("exp", json!(NOW - 31)), Fault::Expired),
        ("nbf ahead", claim("nbf", json!(NOW + 31)), Fault::NotYetValid),
        ("nbf a string", claim("nbf", json!("0")), Fault::MalformedClaim),
        ("nbf null", claim("nbf", json!(null)), Fault::MalformedClaim),
        ("nbf 1e300", claim("nbf", json!(1e300)), Fault::MalformedClaim),
        ("iat ahead", claim("iat", json!(NOW + 31)), Fault::NotYetValid),
        ("iat a string", claim("iat", json!("now")), Fault::MalformedClaim),
        ("iat negative", claim("iat", json!(-5)), Fault::MalformedClaim),
        ("sub a number", claim("sub", json!(42)), Fault::MalformedClaim),
        ("sub a list", claim("sub", json!(["42"])), Fault::MalformedClaim),
        ("sub null where it is required", claim("sub", json!(null)), Fault::MissingClaim),
        ("no sub where it is required", of(without(claims(), "sub")), Fault::MissingClaim),
        ("client_id null", claim("client_id", json!(null)), Fault::MalformedClaim),
        ("client_id an object", claim("client_id", json!({})), Fault::MalformedClaim),
        ("jti a number", claim("jti", json!(7)), Fault::MalformedClaim),
        ("bound to a DPoP key", claim("cnf", json!({"jkt": "0ZcOCORZNYy"})), Fault::Bound),
        ("bound to a certificate", claim("cnf", json!({"x5t#S256": "bwcK0esc3AC"})), Fault::Bound),
        ("bound to nothing", claim("cnf", json!(null)), Fault::Bound),
    ];
    world.refuse(attacks).await;
}

/// A claim of that text, which `serde_json` would not print.
fn of_text(world: &World, name: &str, text: &str) -> String {
    world.corp.token_of(header().to_string(), with(claims(), name, "TEXT").to_string().replace("\"TEXT\"", text))
}

#[tokio::test]
async fn no_single_changed_character_passes() {
    let world = World::new();
    let good = world.good();
    assert!(world.tokens.judge(&good, now()).await.1.is_ok());
    for place in 0..good.len() {
        for other in ['A', 'B', '-', '.', '=', 'é'] {
            let token = format!("{}{other}{}", &good[..place], &good[place + 1..]);
            if token != good {
                assert!(world.tokens.judge(&token, now()).await.1.is_err(), "{other} at {place}");
            }
        }
        assert!(world.tokens.judge(&good[..place], now()).await.1.is_err(), "cut at {place}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*", header: Vec<u8>, payload: Vec<u8>) {
        let _ = Unverified::read(&text);
        let _ = Unverified::read(&format!("{}.{}.", encoded(header), encoded(payload)));
    }
}
