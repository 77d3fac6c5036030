//! The rules of the source tree: which file may import which, and how long a file may be.
//!
//! Imports are read from the tokens of each file: `use` declarations and paths that start
//! with `crate`, `self`, `super` or a child module. `mod` declarations, re-exports
//! (`pub use`) and `#[cfg(test)]` modules are no imports; an import of a re-exported name
//! counts as one of the file that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Folders and files of `src`, from the top to the bottom. Imports run downwards.
const ROOMS: [&str; 24] = [
    "main",
    "allocator",
    "run",
    "plan",
    "args",
    "fetch",
    "record",
    "report",
    "verdict",
    "check",
    "wait",
    "request",
    "tls",
    "response",
    "outputs",
    "interrupt",
    "inputs",
    "files",
    "upstream",
    "duration",
    "size",
    "status",
    "syntax",
    "text",
];

/// Rooms that only look at data.
const PURE: [&str; 3] = ["check", "verdict", "report"];

/// Maximum length of a file without its tests, in lines.
const MAX_LINES: usize = 400;

/// What the tokens of one file say.
#[derive(Default)]
struct Source {
    text: String,
    /// Modules declared without a body.
    children: BTreeSet<String>,
    /// Paths of `pub use`.
    reexports: Vec<Vec<String>>,
    /// Paths of other `use` declarations, and paths in code.
    paths: Vec<Vec<String>>,
    identifiers: BTreeSet<String>,
    /// The string literals that are not documentation.
    strings: Vec<String>,
}

impl Source {
    fn read(text: &str) -> Self {
        let mut source = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        let tokens: TokenStream = text.parse().unwrap();
        source.visit(&tokens.into_iter().collect::<Vec<_>>());
        source
    }

    fn visit(&mut self, tokens: &[TokenTree]) {
        let mut position = 0;
        let mut is_public = false;
        while let Some(token) = tokens.get(position) {
            let rest = &tokens[position + 1..];
            position += match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => self.attribute(rest),
                TokenTree::Ident(name) if name == "pub" => {
                    is_public = true;
                    let restricted = matches!(
                        rest.first(),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
                    );
                    position += 1 + usize::from(restricted);
                    continue;
                }
                TokenTree::Ident(name) if name == "use" => self.import(rest, is_public),
                TokenTree::Ident(name) if name == "mod" => self.module(rest),
                TokenTree::Ident(_) => self.path(&tokens[position..]),
                TokenTree::Group(group) => {
                    self.visit(&group.stream().into_iter().collect::<Vec<_>>());
                    0
                }
                TokenTree::Literal(literal) => {
                    self.strings.push(literal.to_string());
                    0
                }
                TokenTree::Punct(_) => 0,
            };
            position += 1;
            is_public = false;
        }
    }

    /// How many tokens to skip after `#`: the attribute, and a test module with it.
    fn attribute(&mut self, rest: &[TokenTree]) -> usize {
        let inner = usize::from(matches!(rest, [TokenTree::Punct(_), ..]));
        let Some(TokenTree::Group(group)) = rest.get(inner) else {
            return 0;
        };
        let text = group.stream().to_string();
        let attribute = inner + 1;
        if text.starts_with("cfg")
            && text
                .split(|c: char| !c.is_alphanumeric())
                .any(|w| w == "test")
        {
            let item = &rest[attribute..];
            let is_module = matches!(item.first(), Some(TokenTree::Ident(name)) if name == "mod");
            return attribute + if is_module { 3 } else { 0 };
        }
        if !text.starts_with("doc") {
            self.visit(&group.stream().into_iter().collect::<Vec<_>>());
        }
        attribute
    }

    fn module(&mut self, rest: &[TokenTree]) -> usize {
        if let [TokenTree::Ident(name), TokenTree::Punct(_), ..] = rest {
            self.children.insert(name.to_string());
        }
        1
    }

    fn import(&mut self, rest: &[TokenTree], is_public: bool) -> usize {
        let end = rest
            .iter()
            .position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';'))
            .unwrap();
        let mut paths = Vec::new();
        use_tree(&rest[..end], &[], &mut paths);
        self.identifiers.extend(paths.iter().flatten().cloned());
        if is_public {
            self.reexports.extend(paths);
        } else {
            self.paths.extend(paths);
        }
        end
    }

    /// A path in code, from its first identifier.
    fn path(&mut self, tokens: &[TokenTree]) -> usize {
        let mut path = Vec::new();
        let mut length = 0;
        while let Some(TokenTree::Ident(name)) = tokens.get(length) {
            path.push(name.to_string());
            if !is_path_separator(&tokens[length + 1..]) {
                length += 1;
                break;
            }
            length += 3;
        }
        self.identifiers.extend(path.iter().cloned());
        if path.len() > 1 {
            self.paths.push(path);
        }
        // `collect::<Vec<_>>` ends behind the separator.
        length - 1
    }
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    matches!(
        tokens,
        [TokenTree::Punct(first), TokenTree::Punct(second), ..]
            if first.as_char() == ':' && second.as_char() == ':'
    )
}

fn use_tree(tokens: &[TokenTree], prefix: &[String], paths: &mut Vec<Vec<String>>) {
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    for tree in tokens.split(is_comma).filter(|tree| !tree.is_empty()) {
        let mut path = prefix.to_vec();
        for token in tree {
            match token {
                // An alias, `a as b`, is of no interest.
                TokenTree::Ident(name) if name == "as" => break,
                TokenTree::Ident(name) => path.push(name.to_string()),
                _ => {}
            }
        }
        match tree.last() {
            Some(TokenTree::Group(group)) => {
                use_tree(
                    &group.stream().into_iter().collect::<Vec<_>>(),
                    &path,
                    paths,
                );
            }
            _ => paths.push(path),
        }
    }
}

static SOURCES: LazyLock<Crate> = LazyLock::new(Crate::read);

/// All source files by the path of their module: `check::json`. The root is empty.
struct Crate(BTreeMap<String, Source>);

impl Crate {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                if path.extension().is_none_or(|extension| extension != "rs") {
                    continue;
                }
                let relative = path.strip_prefix(&root).unwrap().with_extension("");
                let name = relative.to_str().unwrap().replace('/', "::");
                let name = match name.strip_suffix("::mod") {
                    Some(folder) => folder,
                    None if name == "lib" => "",
                    None => &name,
                };
                let source = Source::read(&fs::read_to_string(&path).unwrap());
                modules.insert(name.to_owned(), source);
            }
        }
        assert!(modules.contains_key("check::json"), "{:?}", modules.keys());
        Self(modules)
    }

    /// The module of this crate that a path in `module` leads to.
    fn resolve(&self, module: &str, path: &[String]) -> Option<String> {
        let (first, rest) = path.split_first()?;
        let parent = |module: &str| {
            module
                .rsplit_once("::")
                .map_or("", |(parent, _)| parent)
                .to_owned()
        };
        let (mut found, mut rest) = match first.as_str() {
            "crate" => (String::new(), rest),
            "healthprobe" if module == "main" => (String::new(), rest),
            "self" => (module.to_owned(), rest),
            "super" => (parent(module), rest),
            child if self.0[module].children.contains(child) => (module.to_owned(), path),
            _ => return None,
        };
        while let Some((name, after)) = rest.split_first() {
            let child = match (name.as_str(), found.as_str()) {
                ("super", _) => parent(&found),
                (name, "") => name.to_owned(),
                (name, found) => format!("{found}::{name}"),
            };
            if !self.0.contains_key(&child) {
                let reexport = self.0[&found]
                    .reexports
                    .iter()
                    .find(|path| path.last() == Some(name))
                    .and_then(|path| self.resolve(&found, path));
                return Some(reexport.unwrap_or(found));
            }
            (found, rest) = (child, after);
        }
        Some(found)
    }

    /// The modules that each module imports.
    fn imports(&self) -> BTreeMap<&str, BTreeSet<String>> {
        self.0
            .iter()
            .map(|(module, source)| {
                let imports = source
                    .paths
                    .iter()
                    .filter_map(|path| self.resolve(module, path))
                    .filter(|import| import != module && !import.is_empty());
                (module.as_str(), imports.collect())
            })
            .collect()
    }

    fn in_room<'c>(&'c self, rooms: &'c [&str]) -> impl Iterator<Item = (&'c str, &'c Source)> {
        self.0
            .iter()
            .map(|(module, source)| (module.as_str(), source))
            .filter(|(module, _)| rooms.contains(&room(module)))
    }
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap()
}

/// The modules on a circle of imports, if there is one.
fn circle(imports: &BTreeMap<&str, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        module: &str,
        imports: &BTreeMap<&str, BTreeSet<String>>,
        trail: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = trail.iter().position(|other| other == module) {
            let mut circle = trail.split_off(start);
            circle.push(module.to_owned());
            return Some(circle);
        }
        if !done.insert(module.to_owned()) {
            return None;
        }
        trail.push(module.to_owned());
        for import in imports.get(module).into_iter().flatten() {
            if let Some(circle) = visit(import, imports, trail, done) {
                return Some(circle);
            }
        }
        trail.pop();
        None
    }
    let mut done = BTreeSet::new();
    imports
        .keys()
        .find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut imports = SOURCES.imports();
    let mut circles = Vec::new();
    while let Some(circle) = circle(&imports) {
        imports
            .get_mut(circle[0].as_str())
            .unwrap()
            .remove(&circle[1]);
        circles.push(circle.join(" → "));
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn imports_run_downwards() {
    let rank = |module: &str| {
        ROOMS
            .iter()
            .position(|other| *other == room(module))
            .unwrap_or_else(|| panic!("{module} has no place in the list of rooms"))
    };
    let mut upwards = Vec::new();
    for (module, imports) in SOURCES.imports() {
        // `lib` declares the rooms and belongs to none.
        for import in imports.iter().filter(|_| !module.is_empty()) {
            if room(module) != room(import) && rank(module) > rank(import) {
                upwards.push(format!("{module} imports {import}"));
            }
        }
    }
    assert!(upwards.is_empty(), "{}", upwards.join("\n"));
}

#[test]
fn checks_and_reports_know_only_data() {
    let imports = SOURCES.imports();
    for (module, source) in SOURCES.in_room(&PURE) {
        for outside in ["args", "plan", "fetch", "record", "inputs", "files"] {
            let mut rooms = imports[module].iter().map(|import| room(import));
            assert!(
                !rooms.any(|room| room == outside),
                "{module} imports {outside}"
            );
        }
        for outside in ["clap", "ureq", "Instant", "SystemTime", "env", "fs"] {
            assert!(
                !source.identifiers.contains(outside),
                "{module} names {outside}"
            );
        }
    }
}

#[test]
fn rooms_keep_to_themselves() {
    let imports = SOURCES.imports();
    let is_imported = |by: &str, what: &str| {
        imports
            .iter()
            .filter(|(module, _)| room(module) == by)
            .any(|(_, imports)| imports.iter().any(|import| room(import) == what))
    };
    assert!(!is_imported("fetch", "check"), "fetch imports a check");
    assert!(!is_imported("tls", "fetch"), "tls imports fetch");
    assert!(!is_imported("wait", "report"), "wait imports a report");
}

#[test]
fn only_fetch_names_ureq_and_only_tls_names_rustls() {
    for (module, source) in &SOURCES.0 {
        let names = |name| source.identifiers.contains(name);
        assert!(
            !names("ureq") || room(module) == "fetch",
            "{module} names ureq"
        );
        let may = room(module) == "tls" || module.starts_with("fetch::tls");
        assert!(
            may || !(names("rustls") || names("webpki")),
            "{module} names rustls"
        );
    }
}

#[test]
fn flags_are_named_above_the_data() {
    let names_flag = |text: &str| {
        let mut parts = text.split("--").skip(1);
        parts.any(|part| part.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let mut named = Vec::new();
    for (module, source) in SOURCES.in_room(&["check", "response", "tls"]) {
        let texts = source.strings.iter().filter(|text| names_flag(text));
        named.extend(texts.map(|text| format!("{module} names a flag: {text}")));
    }
    assert!(named.is_empty(), "{}", named.join("\n"));
}

#[test]
fn every_file_has_a_header_and_at_most_400_lines() {
    for (module, source) in &SOURCES.0 {
        assert!(
            source.text.starts_with("//! "),
            "{module} does not say what it is for"
        );
        let without_tests = source.text.split("\nmod tests {").next().unwrap();
        let lines = without_tests.lines().count();
        assert!(lines <= MAX_LINES, "{module} has {lines} lines");
    }
}

#[test]
fn main_is_only_the_edge_of_the_process() {
    let main = &SOURCES.0["main"].text;
    let lines = main
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .count();
    assert!(lines <= 20, "main.rs has {lines} lines of code");
}

/// The rules above would hold of everything if no import were found.
mod reader {
    use super::{Crate, Source, circle};
    use std::collections::BTreeMap;

    fn crate_of(files: &[(&str, &str)]) -> Crate {
        let modules = files
            .iter()
            .map(|(module, text)| ((*module).to_owned(), Source::read(text)));
        Crate(modules.collect())
    }

    #[test]
    fn every_form_of_import_is_found() {
        let sources = crate_of(&[
            ("", "pub mod a; pub mod b; pub use a::c::D;"),
            (
                "a",
                "mod c; mod d; pub use c::{D, E as F}; fn f() { d::g() }",
            ),
            (
                "a::c",
                "//! crate::b\n#[cfg(test)] mod tests { use crate::b; }\nuse std::fmt;\nconst X: &str = \"crate::b\";",
            ),
            (
                "a::d",
                "use super::{D, super::b::{self, x}}; pub(super) fn g() {}",
            ),
            (
                "b",
                "fn f() -> usize { g::<crate::a::d::G>(); write!(f, \"{}\", crate::D::new()) }",
            ),
        ]);
        let imports = sources.imports();
        let of = |module: &str| {
            imports[module]
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("a"), ["a::d"]);
        assert_eq!(of("a::c"), [""; 0]);
        assert_eq!(of("a::d"), ["a::c", "b"]);
        assert_eq!(of("b"), ["a::c", "a::d"]);
        assert_eq!(circle(&imports).unwrap().join(" "), "a::d b a::d");
    }

    #[test]
    fn what_is_no_circle_is_none() {
        let diamond = BTreeMap::from([
            ("a", ["b".to_owned(), "c".to_owned()].into()),
            ("b", ["d".to_owned()].into()),
            ("c", ["d".to_owned()].into()),
        ]);
        assert_eq!(circle(&diamond), None);
    }

    #[test]
    fn strings_are_told_from_documentation() {
        let source = Source::read("/// `--a`\nfn f() { g(\"--b\"); h!(\"{}\", r\"--c\") } // --d");
        assert_eq!(source.strings, ["\"--b\"", "\"{}\"", "r\"--c\""]);
    }
}
