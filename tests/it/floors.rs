//! No import points up a floor: domain < adapters < http < cli, main; and the map in `src/lib.rs` is complete.

use std::path::Path;

/// From the ground up. A new directory or file right under `src/` gets its floor here.
const FLOORS: [&[&str]; 4] = [&["domain"], &["adapters"], &["http"], &["cli", "main"]];

/// What any adapter may import, and what one may import besides.
const FOOT_OF_ADAPTERS: [&str; 6] = ["chance", "clock", "config", "followed_file", "http_client", "telemetry"];
const NEIGHBOURS: [(&str, &str); 1] = [("token", "jwks")];

/// What the pure floor has no use for.
const IMPURE: [&str; 13] = [
    "async ",
    ".await",
    "axum::",
    "eprintln!",
    "http::",
    "hyper::",
    "println!",
    "serde_json::Value",
    "std::env",
    "std::fs",
    "std::process",
    "tokio::",
    "tracing::",
];

/// Where a file stands: its floor, and under `adapters` which adapter it belongs to.
struct Place<'a> {
    floor: usize,
    adapter: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Of a path as `["adapters", "config", …]`, from a file under `src/` or from an import.
    fn of(parts: &[&'a str]) -> Option<Self> {
        let first = parts.first()?;
        let floor = FLOORS.iter().position(|names| names.contains(first))?;
        let adapter = (FLOORS[floor] == ["adapters"]).then(|| parts.get(1).copied()).flatten();
        Some(Self { floor, adapter: adapter.filter(|name| *name != "mod") })
    }
}

/// What is wrong with the file `path` (relative to `src/`), one sentence each.
fn violations(path: &str, source: &str) -> Vec<String> {
    let parts: Vec<&str> = path.strip_suffix(".rs").expect("a source file").split('/').collect();
    if parts == ["lib"] {
        return Vec::new();
    }
    let Some(here) = Place::of(&parts) else {
        return vec![format!("src/{path} is on no floor: give it one in tests/it/floors.rs")];
    };
    let tests_from = if path.ends_with("tests.rs") { 0 } else { source.find("#[cfg(test)]").unwrap_or(source.len()) };
    let mut found = Vec::new();
    let mut offset = 0;
    for (number, line) in source.split_inclusive('\n').enumerate() {
        let is_test = offset >= tests_from;
        offset += line.len();
        let code = line.split("//").next().unwrap_or_default();
        let mut note = |what: String| found.push(format!("src/{path}:{}: {what}", number + 1));
        if code.trim_start().starts_with("use ")
            && ["crate", "super", "presignd"]
                .iter()
                .any(|root| code.contains(&format!("{root}::")) && code.contains('{'))
        {
            note("one path for each `use`, no braces".to_owned());
        }
        if code.contains("super::super") {
            note("`super::super` hides where an import goes; write it from `crate::`".to_owned());
        }
        imports(code).filter_map(|import| fault_of(&here, &import)).for_each(&mut note);
        let impure = IMPURE.iter().filter(|word| here.floor == 0 && !is_test && is_word(code, word));
        impure.for_each(|word| note(format!("the domain is pure, and has no `{}`", word.trim())));
    }
    found
}

/// Every path in the line that begins at the crate's root, as its parts.
fn imports(code: &str) -> impl Iterator<Item = Vec<&str>> {
    let roots = ["crate::", "presignd::"];
    roots.into_iter().flat_map(move |root| code.match_indices(root)).map(move |(start, root)| {
        let path = &code[start + root.len()..];
        let end = path.find(|c: char| c != ':' && c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(path.len());
        path[..end].split("::").collect()
    })
}

fn fault_of(here: &Place<'_>, import: &[&str]) -> Option<String> {
    let path = import.join("::");
    let Some(there) = Place::of(import) else {
        // What stands in `lib.rs` itself, such as `crate::COMMIT`, is on no floor.
        let in_lib = import[0].starts_with(|c: char| c.is_ascii_uppercase());
        return (!in_lib).then(|| format!("`{path}` is on no floor"));
    };
    if there.floor > here.floor {
        return Some(format!("`{path}` is a floor above"));
    }
    let (from, to) = (here.adapter?, there.adapter?);
    let allowed = from == to || FOOT_OF_ADAPTERS.contains(&to) || NEIGHBOURS.contains(&(from, to));
    (!allowed).then(|| format!("the adapter `{from}` does not import its neighbour `{to}`"))
}

fn is_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        word.starts_with('.') || !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn sources(directory: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

#[test]
fn no_import_points_up_a_floor() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 10, "found only {} files under {}", files.len(), src.display());
    let all: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let path = file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
            violations(&path, &std::fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn what_points_up_is_found() {
    let rows = [
        ("domain/key.rs", "use crate::domain::name::Name;", None),
        ("domain/key.rs", "use crate::adapters::clock::Clock;", Some("a floor above")),
        ("domain/key.rs", "let now = crate::adapters::clock::now();", Some("a floor above")),
        ("domain/key.rs", "// use crate::adapters::clock::Clock;", None),
        ("domain/key.rs", "/// See [`crate::http`].", None),
        ("domain/key.rs", "pub async fn f() {}", Some("has no `async`")),
        ("domain/key.rs", "    std::fs::read(path)", Some("has no `std::fs`")),
        ("domain/key.rs", "#[cfg(test)]\nmod tests { fn f() { println!(); } }", None),
        ("domain/key_tests.rs", "use serde_json::Value;", None),
        ("adapters/token.rs", "use crate::http::error::ApiError;", Some("a floor above")),
        ("adapters/token.rs", "use crate::adapters::jwks::Jwks;", None),
        ("adapters/jwks.rs", "use crate::adapters::token::Tokens;", Some("its neighbour `token`")),
        ("adapters/jwks/fetch.rs", "use crate::adapters::jwks::Jwks;", None),
        ("adapters/jwks/fetch.rs", "use crate::adapters::audit::Audit;", Some("its neighbour `audit`")),
        ("adapters/audit.rs", "use crate::adapters::telemetry::Metrics;", None),
        ("adapters/audit.rs", "async fn f() {}", None),
        ("http/mod.rs", "use crate::adapters::token::Tokens;", None),
        ("http/mod.rs", "use crate::cli::serve;", Some("a floor above")),
        ("cli/serve.rs", "use crate::http::router;", None),
        ("cli/serve.rs", "use crate::COMMIT;", None),
        ("cli/serve.rs", "use crate::util::x;", Some("is on no floor")),
        ("cli/serve.rs", "use crate::http::{router, App};", Some("no braces")),
        ("cli/serve.rs", "use super::super::http::router;", Some("hides where")),
        ("main.rs", "use presignd::cli;", None),
        ("main.rs", "use presignd::util;", Some("is on no floor")),
        ("util/mod.rs", "", Some("is on no floor")),
    ];
    for (path, source, expected) in rows {
        let found = violations(path, source).join("\n");
        match expected {
            Some(fault) => assert!(found.contains(fault), "{path}: {source}: {found:?}"),
            None => assert_eq!(found, "", "{path}: {source}"),
        }
    }
}

/// What `src/lib.rs` draws: a floor's name without indentation, its modules below it.
fn mapped(lib: &str) -> Vec<(String, String)> {
    let (mut floor, mut found) = (String::new(), Vec::new());
    let drawn = lib.split("```").nth(1).unwrap().lines().skip(1).filter_map(|line| line.strip_prefix("//! "));
    for line in drawn {
        let name = line.split_whitespace().next().unwrap_or_default().trim_end_matches('/').to_owned();
        match line.starts_with(' ') {
            true => found.push((floor.clone(), name)),
            false => floor = name,
        }
    }
    found.sort();
    found
}

#[test]
fn every_module_has_its_line_in_the_map() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut there = Vec::new();
    for floor in ["cli", "http", "adapters", "domain"] {
        for entry in std::fs::read_dir(src.join(floor)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".rs").to_owned();
            there.push((floor.to_owned(), name));
        }
    }
    there.retain(|(_, name)| !["mod", "snapshots", "tests"].contains(&name.as_str()) && !name.ends_with("_tests"));
    there.sort();
    there.dedup();
    assert_eq!(mapped(&std::fs::read_to_string(src.join("lib.rs")).unwrap()), there);
}
