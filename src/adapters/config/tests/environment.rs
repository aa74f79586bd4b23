//! `PRESIGND__…` in place of the file's scalars.

use super::*;

fn small(text: &str) -> String {
    whole("any", text)
}

#[test]
fn the_environment_sets_scalars_whether_or_not_the_file_has_their_table() {
    let variables = [
        ("PRESIGND__SERVER__LISTEN", "127.0.0.1:1234"),
        ("PRESIGND__SERVER__MAX_BATCH", "7"),
        ("PRESIGND__SERVER__REDIRECTS", "false"),
        ("PRESIGND__LOG__LEVEL", "debug"),
        ("PRESIGND__EXPIRY__MAX", "1h"),
        ("PRESIGND__EXPIRY__WITHIN_TOKEN", "true"),
        ("PRESIGND__RATE_LIMITS__PER_SUBJECT__RATE", "5/m"),
        ("PRESIGND__RATE_LIMITS__PER_SUBJECT__BURST", "9"),
        ("PRESIGND__AUDIT__PATH", "audit.jsonl"),
        ("PRESIGND_AUDIT_KEY", "another program's"),
    ];
    for text in ["", "[server]\nlisten = \"127.0.0.1:1\"\n[rate_limits]\nper_subject = { rate = \"1/s\", burst = 8 }\n"]
    {
        let settings = read(&small(text), &variables).expect(text).settings;
        assert_eq!(settings.server.listen.port(), 1234, "{text}");
        assert_eq!(settings.server.max_batch, 7, "{text}");
        assert_eq!(settings.log.level, "debug", "{text}");
        assert_eq!((settings.expiry.max.seconds(), settings.expiry.within_token), (3600, true), "{text}");
        let rate = settings.rate_limits.per_subject.expect(text);
        assert_eq!((rate.count.get(), rate.period.as_secs(), rate.burst.get()), (5, 60, 9), "{text}");
        assert_eq!(settings.audit.sink, AuditSink::File("audit.jsonl".into()), "{text}");
    }
}

#[test]
fn what_the_environment_says_wrong_is_told_by_the_variable() {
    let rows = [
        ("PRESIGND__SERVER__LISTEN", "nowhere", "not an address with a port; write one such as \"127.0.0.1:8080\""),
        (
            "PRESIGND__SERVER__LISTEN",
            "0.0.0.0:80",
            "warning: listen speaks plain HTTP beyond loopback; listen on loopback behind a proxy that ends TLS, or see that the network is your own",
        ),
        (
            "PRESIGND__SERVER__MAX_BATCH",
            "many",
            "a whole number is expected, not \"many\"; write it in digits, without quotes",
        ),
        (
            "PRESIGND__SERVER__MAX_IN_FLIGHT",
            "",
            "a whole number is expected, not \"\"; write it in digits, without quotes",
        ),
        ("PRESIGND__SERVER__MAX_BATCH", "0", "the number is out of range; write 1 to 1000000000"),
        ("PRESIGND__AUDIT__REQUIRED", "1", "true or false is expected, not \"1\"; write true or false"),
        (
            "PRESIGND__SERVER__CORS_ORIGINS",
            "https://a.example",
            "a list cannot be set by the environment; set it in the file",
        ),
        (
            "PRESIGND__RATE_LIMITS__PER_SUBJECT",
            "5/s",
            "a table cannot be set by the environment; set its keys, each by a variable of its own",
        ),
        ("PRESIGND__SERVER__LISTN", "x", "no such setting; write PRESIGND__SERVER__LISTEN if that is meant"),
        (
            "PRESIGND__server__listen",
            "x",
            "no such setting; remove it: the environment sets scalars of [server], [log], [expiry], [rate_limits] and [audit] only",
        ),
        (
            "PRESIGND__BUCKETS__MEDIA__REGION",
            "x",
            "no such setting; remove it: the environment sets scalars of [server], [log], [expiry], [rate_limits] and [audit] only",
        ),
        (
            "PRESIGND__",
            "x",
            "no such setting; remove it: the environment sets scalars of [server], [log], [expiry], [rate_limits] and [audit] only",
        ),
        ("PRESIGND__SERVER__REDIRECTS", "yes", "true or false is expected, not \"yes\"; write true or false"),
        (
            "PRESIGND__RATE_LIMITS__STORE",
            "redis",
            "the store has no URL; add store_url_env = \"REDIS_URL\", or store_url_file",
        ),
        ("PRESIGND__RATE_LIMITS__PER_ADDRESS__BURST", "5", "per_address has no rate; add rate = \"50/s\""),
        (
            "PRESIGND__SERVER__TLS__CERTIFICATE",
            "x",
            "[server.tls] has no private_key; add private_key = \"tls/key.pem\"",
        ),
        ("PRESIGND__AUDIT__CHAIN_KEY_ENV", "", "an empty string says nothing; write a value or remove the key"),
    ];
    for (name, value, expected) in rows {
        let said = told(&small(""), &[(name, value), ("PRESIGND__SERVER__MAX_BODY", "1KiB")]);
        let mine: Vec<_> = said.iter().filter(|line| line.starts_with(&format!("{name}: "))).collect();
        assert_eq!(mine, [&format!("{name}: {expected}")], "{said:#?}");
    }
}

#[test]
fn a_value_that_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStringExt;
    let mut environment = environment(&[]);
    environment = environment.with("PRESIGND__LOG__LEVEL", std::ffi::OsString::from_vec(vec![0xff]));
    let said = parse(small("").as_bytes(), Path::new("p.toml"), &environment).unwrap_err();
    assert_eq!(
        said.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
        ["PRESIGND__LOG__LEVEL: its value is no UTF-8; set it to plain text"]
    );
}

#[test]
fn every_scalar_of_the_example_can_be_set_by_the_environment() {
    let (root, _) = Node::parse(WHOLE);
    let Value::Table(tables) = root.value else { panic!("a table") };
    let mut tried = 0;
    for table in
        tables.iter().filter(|table| ["server", "log", "expiry", "rate_limits", "audit"].contains(&&*table.key))
    {
        for path in scalars(&table.node, &table.key) {
            let name = format!("PRESIGND__{}", path.replace('.', "__").to_ascii_uppercase());
            let said = told(&small(""), &[(&name, "x")]);
            assert!(!said.iter().any(|line| line.contains("no such setting")), "{name}: {said:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 34);
}

fn scalars(node: &Node, path: &str) -> Vec<String> {
    match &node.value {
        Value::Table(entries) => {
            entries.iter().flat_map(|entry| scalars(&entry.node, &format!("{path}.{}", entry.key))).collect()
        }
        Value::List(_) => Vec::new(),
        _ => vec![path.to_owned()],
    }
}

#[test]
fn an_environment_prints_no_value() {
    let shown = format!("{:?}", environment(&[]));
    assert!(shown.contains("JWT_SECRET") && !shown.contains("0123456789abcdef"), "{shown}");
}
