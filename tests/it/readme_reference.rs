//! The README's reference of the configuration: it has every key that the reader knows, and tells the defaults.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use presignd::adapters::config;
use presignd::adapters::config::Environment;

use crate::support::presignd::Presignd;
use crate::support::readme::section;
use crate::support::tls::beside_tls;

fn reference() -> String {
    section("Every key").block("toml").to_owned()
}

/// A key that no table has.
const NO_KEY: &str = "qqqqqqqqqqqqqq";

#[test]
fn every_key_that_the_reader_knows_is_there() {
    let shown = shown();
    let mut missing = Vec::new();
    for (title, known) in known() {
        let own = &shown[&title];
        let strange: Vec<_> = own.difference(&known).collect();
        assert!(strange.is_empty(), "{title} has no {strange:?}");
        missing.extend(known.difference(own).map(|key| (title.clone(), key.clone())));
    }
    assert_eq!(missing, [], "the README's reference lacks some");
}

type Keys = BTreeMap<String, BTreeSet<String>>;

/// The keys of each kind of table in the reference, also those in comments.
fn shown() -> Keys {
    let (mut tables, mut title) = (Keys::new(), String::new());
    for line in reference().lines() {
        if line.starts_with('[') {
            title = kind(line);
            let (parent, child) = title.trim_matches(['[', ']']).split_once('.').unwrap_or_default();
            for parent in [format!("[[{parent}]]"), format!("[{parent}]")] {
                tables.get_mut(&parent).into_iter().for_each(|keys| _ = keys.insert(child.to_owned()));
            }
            tables.entry(title.clone()).or_default();
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            tables.get_mut(&title).unwrap().insert(key.to_owned());
        }
    }
    tables
}

/// A table's header, without the name that the file chooses.
fn kind(header: &str) -> String {
    let header = header.split('#').next().unwrap().trim();
    let chosen = ["[buckets.", "[credentials."].into_iter().find(|kind| header.starts_with(kind));
    chosen.map_or(header.to_owned(), |kind| format!("{kind}…]"))
}

/// The keys that the reader knows of each kind of table: it lists them where a key is like none of them.
fn known() -> Keys {
    let said = check(&with_lines(|_| format!("{NO_KEY} = 1\n")));
    let lists = said.iter().filter_map(|line| line.split_once("remove it; the keys of ")?.1.split_once(" are "));
    let mut known = Keys::new();
    for (title, list) in lists {
        known.entry(kind(title)).or_default().extend(list.split(", ").map(str::to_owned));
    }
    assert_eq!(known.keys().collect::<Vec<_>>(), shown().keys().collect::<Vec<_>>(), "{said:#?}");
    known
}

/// The reference, with more lines below the header of each table.
fn with_lines(more: impl Fn(&str) -> String) -> String {
    let below = |line: &str| if line.starts_with('[') { more(&kind(line)) } else { String::new() };
    reference().lines().map(|line| format!("{line}\n{}", below(line))).collect()
}

fn check(text: &str) -> Vec<String> {
    beside_tls(Presignd::configured(text)).run("check", &[], "").stderr.lines().map(str::to_owned).collect()
}

#[test]
fn what_is_left_out_is_as_it_says() {
    let kept = |line: &&str| {
        let is_key = line.contains(" = ") && !line.starts_with('#');
        let told = line.split_once("# ").map(|(_, comment)| comment).unwrap_or_default();
        !is_key || told.starts_with("required") || told.starts_with("no default")
    };
    let whole = reference();
    let least: String = whole.lines().filter(kept).map(|line| format!("{line}\n")).collect();
    assert!(least.lines().count() + 30 < whole.lines().count(), "most keys have a default:\n{least}");
    let there = beside_tls(Presignd::configured(&whole));
    let read = |text: &str| {
        let loaded = config::parse(text.as_bytes(), &there.path("presignd.toml"), &Environment::default()).unwrap();
        let mut lines: Vec<_> = format!("{:#?}", loaded.settings).lines().map(str::to_owned).collect();
        // Maps print in any order.
        lines.sort();
        lines
    };
    let differing: Vec<_> = read(&least).into_iter().zip(read(&whole)).filter(|(one, other)| one != other).collect();
    assert_eq!(differing.first(), None);
    assert_eq!(read(&least).len(), read(&whole).len());
}
