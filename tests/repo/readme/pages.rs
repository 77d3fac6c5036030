//! The pages that users read, taken apart into fenced blocks and tables.

use std::fs;
use std::path::{Path, PathBuf};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A page that users read.
pub struct Page {
    pub path: PathBuf,
    pub text: String,
}

/// A fenced block of a page.
pub struct Block {
    pub page: String,
    pub language: String,
    /// What `<!-- server: … -->` in the line above names.
    pub server: Option<String>,
    pub text: String,
}

/// A table of a page: its first line, and the cells of each row without their backticks.
pub struct Table {
    pub header: String,
    pub rows: Vec<Vec<String>>,
}

/// The README and everything in docs/.
pub fn pages() -> Vec<Page> {
    let docs = fs::read_dir(Path::new(ROOT).join("docs")).unwrap();
    let mut paths: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.insert(0, Path::new(ROOT).join("README.md"));
    paths
        .into_iter()
        .map(|path| Page {
            text: fs::read_to_string(&path).unwrap(),
            path,
        })
        .collect()
}

impl Page {
    pub fn name(&self) -> String {
        let path = self.path.strip_prefix(ROOT).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = vec![];
        let mut before = "";
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                let server = before
                    .strip_prefix("<!-- server: ")
                    .and_then(|rest| rest.strip_suffix(" -->"));
                let text: Vec<&str> = lines
                    .by_ref()
                    .take_while(|line| line.trim_start() != "```")
                    .collect();
                blocks.push(Block {
                    page: self.name(),
                    language: language.to_owned(),
                    server: server.map(str::to_owned),
                    text: text.join("\n") + "\n",
                });
            }
            before = line;
        }
        blocks
    }

    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![];
        let mut lines = self.text.lines();
        while let Some(header) = lines.find(|line| line.starts_with('|')) {
            let rows = lines
                .by_ref()
                .take_while(|line| line.starts_with('|'))
                .skip(1)
                .map(|line| {
                    line.replace("\\|", "\u{0}")
                        .trim_matches('|')
                        .split('|')
                        .map(|cell| cell.trim().trim_matches('`').replace('\u{0}', "|"))
                        .collect()
                });
            tables.push(Table {
                header: header.to_owned(),
                rows: rows.collect(),
            });
        }
        tables
    }
}

/// All blocks in this language; at least one.
pub fn blocks(language: &str) -> Vec<Block> {
    let blocks = pages().into_iter().flat_map(|page| page.blocks());
    let blocks: Vec<Block> = blocks.filter(|block| block.language == language).collect();
    assert!(!blocks.is_empty(), "no block in {language}");
    blocks
}

/// All tables with this header; at least one.
pub fn tables(header: &str) -> Vec<Table> {
    let tables = pages().into_iter().flat_map(|page| page.tables());
    let tables: Vec<Table> = tables.filter(|table| table.header == header).collect();
    assert!(!tables.is_empty(), "no table {header}");
    tables
}
