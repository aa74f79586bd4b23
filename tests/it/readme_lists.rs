//! The README's lists of commands, routes, members and codes: each is complete, and nothing else is in it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::process::Command;

use presignd::domain::bucket::Resource;
use presignd::domain::doctor::FindingId;
use presignd::domain::operation::TABLE;
use presignd::domain::store::Store;
use presignd::domain::store::access_points;
use presignd::domain::store::features::Lack;
use presignd::domain::store::features::Lacks;

use crate::support::readme::section;
use crate::support::readme::spans;

const OPENAPI: &str = include_str!("../../openapi.yaml");

/// What stands in the first column of a section's tables.
fn listed(title: &str, header: &str) -> BTreeSet<String> {
    let section = section(title);
    let tables = section.tables.iter().filter(|table| table.header[0] == header);
    let names = tables.flat_map(|table| &table.rows).flat_map(|row| spans(&row[0]));
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_is_there() {
    let help = Command::new(env!("CARGO_BIN_EXE_presignd")).arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let lines = help.split_once("Commands:\n").unwrap().1.lines().take_while(|line| !line.is_empty());
    let named = lines.filter(|line| !line.starts_with("   ")).map(|line| line.split_whitespace().next().unwrap());
    let named: BTreeSet<_> = named.filter(|name| *name != "help").map(|name| format!("presignd {name}")).collect();
    let listed = listed("Commands", "command").into_iter();
    let listed = listed.map(|usage| usage.split(' ').take(2).collect::<Vec<_>>().join(" "));
    assert_eq!(listed.collect::<BTreeSet<_>>(), named);
}

#[test]
fn every_finding_of_the_doctor_is_there() {
    let known = FindingId::ALL.map(|id| id.as_str().to_owned());
    assert_eq!(listed("What the buckets are set to", "finding"), BTreeSet::from(known));
}

#[test]
fn every_route_is_there() {
    let (mut routes, mut path) = (BTreeSet::new(), String::new());
    for line in OPENAPI.split_once("\npaths:\n").unwrap().1.lines().take_while(|line| line.starts_with(' ')) {
        let name = line.trim_end_matches(':');
        match (name.strip_prefix("  /"), name.strip_prefix("    ")) {
            (Some(rest), _) => path = format!("/{rest}"),
            (None, Some(method)) if ["get", "head", "post"].contains(&method) => {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
            (None, _) => {}
        }
    }
    assert_eq!(listed("HTTP", "route"), routes);
}

#[test]
fn every_operation_is_there_with_its_members() {
    let section = section("HTTP");
    let table = section.tables.iter().find(|table| table.header[0] == "operation").unwrap();
    let mut shown = BTreeMap::new();
    for row in &table.rows {
        let members = || spans(&row[1]).into_iter().filter(|name| !["key", "prefix", "key_prefix"].contains(name));
        spans(&row[0]).into_iter().for_each(|name| _ = shown.insert(name, members().collect::<BTreeSet<_>>()));
    }
    let known = TABLE.iter().map(|row| (row.name, row.members.iter().map(|member| member.name()).collect()));
    assert_eq!(shown, known.collect());
}

#[test]
fn every_code_of_a_refusal_is_there_with_its_status() {
    let section = section("What is refused, and why");
    let mut shown = BTreeMap::new();
    for row in &section.tables[0].rows {
        let (codes, statuses) = (spans(&row[0]), row[1].split(", ").collect::<Vec<_>>());
        let status = |place: usize| *statuses.get(place).unwrap_or(&statuses[0]);
        shown.extend(codes.into_iter().enumerate().map(|(place, code)| (code, status(place))));
    }
    let (_, listed) = OPENAPI.split_once("- audit_unavailable\n").unwrap();
    let listed = listed.lines().map_while(|line| line.trim().strip_prefix("- ")).chain(["audit_unavailable"]);
    let known = listed.map(|code| (code, status_of(code)));
    assert_eq!(shown, known.collect());
}

#[test]
fn every_lack_of_a_store_is_there_with_its_source() {
    let lacking = |store: &Store| Lacks::of(*store).iter().next().is_some();
    let rows: Vec<_> = Store::ALL.into_iter().filter(lacking).map(row_of).collect();
    let shown = section("Other stores").tables.remove(0).rows;
    assert!(shown == rows, "the table of README's \"Other stores\" is:\n{}", written(&rows));
}

#[test]
fn every_lack_of_an_access_point_is_there_with_its_source() {
    let kinds = [
        "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/redacted",
        "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01/accesspoint/reports",
        "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
    ];
    let rows = kinds.map(|arn| {
        let resource = Resource::parse(arn).unwrap();
        row(resource.kind().to_owned(), &Lacks::default().and(access_points::of(&resource)))
    });
    let section = section("Access points, Object Lambda, Outposts, Multi-Region");
    let shown = &section.table(&["access point", "cannot", "written in"]).unwrap().rows;
    assert!(*shown == rows, "the table of README's \"Access points\" is:\n{}", written(&rows));
}

fn written(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect()
}

/// A store, what it cannot do, and where that is written.
fn row_of(store: Store) -> Vec<String> {
    row(format!("{}: `{}`", store.title(), store.as_str()), &Lacks::of(store))
}

fn row(title: String, lacks: &Lacks) -> Vec<String> {
    let told = |lack: &Lack| match lack.only {
        None => lack.name(),
        Some(only) => format!("{} ({only})", lack.name()),
    };
    let mut sources: Vec<_> = lacks.iter().map(|lack| lack.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let links = sources.iter().enumerate().map(|(place, source)| format!("[{}]({source})", place + 1));
    vec![title, lacks.iter().map(told).collect::<Vec<_>>().join(", "), links.collect::<Vec<_>>().join(", ")]
}

/// The status in the document's example of a code.
fn status_of(code: &str) -> &'static str {
    let (_, example) = OPENAPI.split_once(&format!("type: https://presignd.dev/problems/{code}\n")).unwrap();
    example.split_once("status: ").unwrap().1.lines().next().unwrap()
}
