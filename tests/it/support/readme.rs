//! The README, taken apart: its sections, and in each the fenced blocks and tables.

use std::sync::LazyLock;

use serde_json::Value;

/// All of it.
pub static TEXT: LazyLock<String> =
    LazyLock::new(|| std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap());

/// What stands between one heading and the next.
#[derive(Debug, Default)]
pub struct Section {
    pub title: String,
    pub blocks: Vec<Block>,
    pub tables: Vec<Table>,
}

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    pub language: String,
    pub text: String,
}

/// A table's cells, as they are written.
#[derive(Debug)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The sections in their order.
pub fn sections() -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut lines = TEXT.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            sections.push(Section { title: line.trim_start_matches(['#', ' ']).to_owned(), ..Section::default() });
        }
        let section = sections.last_mut().unwrap();
        if let Some(language) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            section.blocks.push(Block { language: language.to_owned(), text });
        }
        if line.starts_with("| ") {
            let ruled = lines.next().unwrap_or_default();
            assert!(ruled.starts_with("| --- |"), "a table's second line is its rule: {line}");
            let mut rows = Vec::new();
            while let Some(row) = lines.next_if(|line| line.starts_with("| ")) {
                rows.push(cells(row));
            }
            section.tables.push(Table { header: cells(line), rows });
        }
    }
    sections
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.strip_prefix("| ").unwrap().strip_suffix(" |").unwrap_or_else(|| panic!("no end: {row}"));
    inner.split(" | ").map(|cell| cell.trim().replace("\\|", "|")).collect()
}

/// The section of that title.
#[track_caller]
pub fn section(title: &str) -> Section {
    sections().into_iter().find(|section| section.title == title).unwrap_or_else(|| panic!("no section {title:?}"))
}

/// All blocks of a language.
pub fn blocks(language: &str) -> Vec<String> {
    let blocks = sections().into_iter().flat_map(|section| section.blocks);
    blocks.filter(|block| block.language == language).map(|block| block.text).collect()
}

impl Section {
    /// Its blocks of a language.
    pub fn blocks(&self, language: &str) -> Vec<&str> {
        let blocks = self.blocks.iter().filter(|block| block.language == language);
        blocks.map(|block| block.text.as_str()).collect()
    }

    /// Its only block of a language.
    #[track_caller]
    pub fn block(&self, language: &str) -> &str {
        let blocks = self.blocks(language);
        assert_eq!(blocks.len(), 1, "{language} blocks of {:?}", self.title);
        blocks[0]
    }

    /// The first of its JSON blocks with such a member.
    pub fn json_with(&self, member: &str) -> Option<Value> {
        let blocks = self.blocks("json");
        let mut values = blocks.into_iter().map(|text| serde_json::from_str::<Value>(text).unwrap());
        values.find(|value| value.get(member).is_some())
    }

    /// Its table with such a header.
    pub fn table(&self, header: &[&str]) -> Option<&Table> {
        self.tables.iter().find(|table| table.header == header)
    }
}

/// What stands in `…` in a cell.
pub fn spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A configuration that a fragment is part of.
pub fn completed(fragment: &str) -> String {
    let tour = section("A bucket on AWS");
    let (before, grants) = tour.block("toml").split_once("[[grants]]").unwrap();
    let (issuers, buckets) = before.split_once("[buckets.media]").unwrap();
    let mut whole = fragment.to_owned();
    for (header, part) in [
        ("[[issuers]]", issuers.to_owned()),
        ("[buckets.", format!("[buckets.media]{buckets}")),
        ("[[grants]]", format!("[[grants]]{grants}")),
    ] {
        if !fragment.lines().any(|line| line.starts_with(header)) {
            whole.push_str(&format!("\n{part}"));
        }
    }
    whole
}
