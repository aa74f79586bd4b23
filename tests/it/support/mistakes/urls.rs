//! Mistakes in the URL: what was done to it before or while it was sent, and when and where it was used.

use serde_json::json;

use super::Asked;
use super::Mistake;
use super::Told::As;
use super::Told::Cannot;
use super::Told::Documented;
use super::Told::Lets;

const HOUR: i64 = 3600;

fn named() -> Asked {
    Asked::of("GetObject", json!({"response": {"content_disposition": "attachment; filename=\"a b.txt\""}}))
}

/// The URL with another digit so far behind a name's end.
fn turned_on(url: &str, name: &str, digits: usize) -> String {
    let place = url.find(name).unwrap() + name.len() + digits;
    let digit = (url[place..=place].parse::<u32>().unwrap() + 1) % 10;
    format!("{}{digit}{}", &url[..place], &url[place + 1..])
}

pub fn rows() -> Vec<Mistake> {
    let vague = |words| As("signature_differs", words);
    vec![
        Mistake {
            what: "another key",
            asked: Asked::get(),
            made: |sent| sent.underway(|url| url.replace("a%20b.txt", "b.txt")),
            told: [As("path_differs", "/b.txt"), vague("path"), vague("path")],
        },
        Mistake {
            what: "the client encodes the path again",
            asked: Asked::get(),
            made: |sent| sent.underway(|url| url.replace("a%20b", "a%2520b")),
            told: [As("encoded_twice", "a%2520b"), vague("encoded anew"), vague("encoded anew")],
        },
        Mistake {
            what: "the client encodes the whole URL again",
            asked: Asked::get(),
            made: |sent| sent.url = sent.url.replace('%', "%25"),
            told: [As("encoded_twice", "second time"); 3],
        },
        Mistake {
            what: "a plus for the blank in the path",
            asked: Asked::get(),
            made: |sent| sent.replace("a%20b", "a+b"),
            told: [
                Documented(MISMATCH, "plus_for_space", "%20"),
                As("plus_for_space", "%20"),
                As("plus_for_space", "%20"),
            ],
        },
        Mistake {
            what: "a plus for the blank in the query",
            asked: named(),
            made: |sent| sent.replace("attachment%3B%20", "attachment%3B+"),
            told: [Documented(MISMATCH, "plus_for_space", "%20"), Lets, Lets],
        },
        Mistake {
            what: "the URL is unescaped once too often",
            asked: Asked { key: "100%25.txt", ..Asked::get() },
            made: |sent| {
                let (place, query) = sent.url.split_once('?').unwrap();
                sent.url = format!("{}?{}", place.replace("%25", "%"), query.replace("%2F", "/").replace("%3B", ";"));
            },
            told: [As("decoded", "unescaped"); 3],
        },
        Mistake {
            what: "something decodes the query and encodes it in lower case",
            asked: Asked::get(),
            made: |sent| sent.replace("%2F", "%2f"),
            told: [Lets; 3],
        },
        Mistake {
            what: "a parameter is added",
            asked: Asked::get(),
            made: |sent| sent.underway(|url| format!("{url}&_=1732449600")),
            told: [As("query_differs", "added: _"), vague("query"), vague("query")],
        },
        Mistake {
            what: "a parameter is removed",
            asked: Asked::get(),
            made: |sent| {
                let issued = sent.url.clone();
                sent.lose_parameter("x-presignd-id");
                let lost = sent.url.clone();
                sent.url = issued;
                sent.underway(|_| lost.clone());
            },
            told: [As("query_differs", "lost: x-presignd-id"), vague("query"), vague("query")],
        },
        Mistake {
            what: "the parameters are sorted anew",
            asked: Asked::get(),
            made: |sent| {
                let (place, query) = sent.url.split_once('?').unwrap();
                let turned: Vec<&str> = query.split('&').rev().collect();
                sent.url = format!("{place}?{}", turned.join("&"));
            },
            told: [Lets; 3],
        },
        Mistake {
            what: "the life is made longer by hand",
            asked: Asked::get(),
            made: |sent| {
                let issued = sent.url.clone();
                sent.underway(|_| issued.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"));
            },
            told: [As("query_differs", "changed: X-Amz-Expires"), vague("query"), vague("query")],
        },
        Mistake {
            what: "the life is made longer than a week by hand",
            asked: Asked::get(),
            made: |sent| sent.set_parameter("X-Amz-Expires", "2592000"),
            told: [As("expires_out_of_range", "seven days"); 3],
        },
        Mistake {
            what: "the URL is taken out of HTML",
            asked: Asked::get(),
            made: |sent| sent.url = sent.url.replace('&', "&amp;"),
            told: [As("html_escaped", "&amp;"); 3],
        },
        Mistake {
            what: "the URL is cut off in its signature",
            asked: Asked::get(),
            made: |sent| sent.url.truncate(sent.url.len() - 3),
            told: [As("signature_malformed", "61 characters"); 3],
        },
        Mistake {
            what: "the URL is cut off at the first &, by a shell",
            asked: Asked::get(),
            made: |sent| sent.url.truncate(sent.url.find('&').unwrap()),
            told: [As("parameter_missing", "an unquoted &"); 3],
        },
        Mistake {
            what: "the URL is cut off at its ?",
            asked: Asked::get(),
            made: |sent| sent.url.truncate(sent.url.find('?').unwrap()),
            told: [As("not_presigned", "whole URL"); 3],
        },
        Mistake {
            what: "a line's end is encoded into the URL",
            asked: Asked::get(),
            made: |sent| sent.url.push_str("%0A"),
            told: [As("signature_malformed", "appended"); 3],
        },
        Mistake {
            what: "the parameters' names are put into lower case",
            asked: Asked::get(),
            made: |sent| sent.url = sent.url.replace("X-Amz-", "x-amz-"),
            told: [As("parameter_missing", "case-sensitive"); 3],
        },
        Mistake {
            what: "the URL has ended",
            asked: Asked { at: -HOUR, ..Asked::get() },
            made: |_| (),
            told: [As("expired", "ended"); 3],
        },
        Mistake {
            what: "the signer's clock is an hour ahead",
            asked: Asked { at: HOUR, ..Asked::get() },
            made: |_| (),
            told: [Documented(NOT_YET, "not_yet_valid", "NTP"), As("clock_off", "NTP"), Lets],
        },
        Mistake {
            what: "the date is made new by hand",
            asked: Asked::get(),
            made: |sent| sent.underway(|url| turned_on(url, "X-Amz-Date=", 14)),
            told: [As("query_differs", "changed: X-Amz-Date"), vague("query"), vague("query")],
        },
        Mistake {
            what: "the day is made new by hand",
            asked: Asked::get(),
            made: |sent| sent.url = turned_on(&sent.url, "X-Amz-Date=", 3),
            told: [As("date_disagrees", "as it was issued"); 3],
        },
        Mistake {
            what: "the bucket is in another region",
            asked: Asked::put(json!({})).at("elsewhere"),
            made: |_| (),
            told: [As("region_differs", "us-east-1"), As("region_differs", "region"), Lets],
        },
        Mistake {
            what: "another bucket",
            asked: Asked::get(),
            made: |sent| {
                sent.underway(|url| {
                    let mut parts: Vec<&str> = url.split('/').collect();
                    parts[3] = "no-such-bucket-here";
                    parts.join("/")
                });
            },
            told: [As("path_differs", "no-such-bucket-here"), vague("path"), vague("path")],
        },
        Mistake {
            what: "a key of another store signed",
            asked: Asked::get(),
            made: |sent| {
                let from = sent.url.find("X-Amz-Credential=").unwrap() + "X-Amz-Credential=".len();
                sent.url.replace_range(from..from + 4, "ZZZZ");
            },
            told: [
                Documented(NO_SUCH_KEY_ID, "access_key_unknown", "another store"),
                As("access_key_unknown", "another store"),
                vague("does not know"),
            ],
        },
        Mistake {
            what: "the session's token is dropped",
            asked: Asked::get().at("session"),
            made: |sent| sent.lose_parameter("X-Amz-Security-Token"),
            told: [
                Documented(NO_SUCH_KEY_ID, "access_key_unknown", "X-Amz-Security-Token"),
                Cannot,
                vague("a session's without its token"),
            ],
        },
        Mistake {
            what: "the session's token is cut off",
            asked: Asked::get().at("session"),
            made: |sent| {
                let issued = sent.url.clone();
                let token = issued.split_once("X-Amz-Security-Token=").unwrap().1;
                sent.set_parameter("X-Amz-Security-Token", &token[..40]);
            },
            told: [
                Documented(BAD_TOKEN, "access_key_unknown", "session token"),
                Cannot,
                vague("a session token that was cut"),
            ],
        },
    ]
}

const MISMATCH: &str = "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not \
    match the signature you provided. Check your key and signing method.</Message></Error>";

const NO_SUCH_KEY_ID: &str = "<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does \
    not exist in our records.</Message><AWSAccessKeyId>ASIAEXAMPLE</AWSAccessKeyId></Error>";

const NOT_YET: &str = "<Error><Code>AccessDenied</Code><Message>Request is not yet valid</Message></Error>";

const BAD_TOKEN: &str = "<Error><Code>InvalidToken</Code><Message>The provided token is malformed or otherwise \
    invalid.</Message><Token-0>IQoJb3JpZ2luX2VjEJr</Token-0></Error>";
