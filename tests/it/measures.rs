//! Measures of the source, which `docs/measures.md` explains and `.ci/measures` prints; the first
//! ones are held to a limit here.
//!
//! Reads the text of the files, not what the compiler makes of them. Names nothing but the standard
//! library, so that `.ci/measures` can compile this file alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The parts of the program whose files must not depend on one another in a circle.
const WITHOUT_CIRCLES: [&str; 4] = ["apply", "cli", "recovery", "session"];

/// The section that lists the files to change for a new key.
const KEY_SECTION: &str = "\n## Adding a key of the desired state\n";

/// What can be counted in a tree of the project.
pub(crate) struct Measures {
    /// Groups of files that depend on one another, directly or through others.
    pub(crate) circles: Vec<Vec<String>>,
    /// `None` where the architecture does not list them.
    pub(crate) files_for_a_key: Option<usize>,
    /// Functions that take `&mut Output`, as `FILE: NAME`.
    pub(crate) take_output: Vec<String>,
    /// Functions with a parameter whose pattern is a tuple, once for each such parameter.
    pub(crate) tuple_parameters: Vec<String>,
    /// Functions whose name appears at one place besides its definition.
    pub(crate) called_once: Vec<String>,
    pub(crate) lines_of_code: usize,
}

impl Measures {
    pub(crate) fn of(tree: &Path) -> Self {
        let files = ["src", "simulator/src"].iter().flat_map(|it| source_files(&tree.join(it)));
        let mut files = files.map(|path| File::read(tree, &path)).collect::<Vec<_>>();
        let tests = files.iter().flat_map(File::test_modules).collect::<Vec<_>>();
        files.retain(|it| !tests.contains(&it.module()) && !it.path.starts_with("src/testing/"));
        for file in &mut files {
            file.code = without_tests(&file.code);
        }
        let functions = files.iter().flat_map(functions).collect::<Vec<_>>();
        let place = |it: &&Function<'_>| format!("{}: {}", it.path, it.name);
        let take_output = functions.iter().filter(|it| it.parameters.contains("&mut Output"));
        let tuples = functions.iter().flat_map(|it| vec![it; it.n_tuples()]);
        let n_named = count_words(&files);
        let called_once = functions.iter().filter(|it| n_named.get(it.name) == Some(&2));
        Self {
            circles: circles(&files),
            files_for_a_key: files_for_a_key(tree),
            take_output: take_output.map(|it| place(&it)).collect(),
            tuple_parameters: tuples.map(|it| place(&it)).collect(),
            called_once: called_once.map(|it| place(&it)).collect(),
            lines_of_code: files.iter().map(File::n_lines).sum(),
        }
    }

    /// The measures with their names, in the order of the table.
    pub(crate) fn rows(&self) -> [(&'static str, String); 6] {
        let key = self.files_for_a_key.map_or("not listed".to_owned(), |it| it.to_string());
        [
            ("circles of files in apply, cli, recovery, session", self.circles.len().to_string()),
            ("source files to change for a new key", key),
            ("functions that take `&mut Output`", self.take_output.len().to_string()),
            ("parameters with a tuple pattern", self.tuple_parameters.len().to_string()),
            ("functions called once", self.called_once.len().to_string()),
            ("lines of code, the simulator included", self.lines_of_code.to_string()),
        ]
    }
}

/// A source file without comments and literals.
struct File {
    /// Below the tree, such as `src/cli/mod.rs`.
    path: String,
    code: String,
}

impl File {
    fn read(tree: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(tree).unwrap().to_str().unwrap().to_owned();
        Self { path, code: blanked(&text) }
    }

    /// The modules in files of their own that only tests have.
    fn test_modules(&self) -> Vec<String> {
        let items = self.code.split("#[cfg(test)]").skip(1).map(str::trim_start);
        let modules = items.filter_map(|it| it.split_once("mod ")?.1.split_once(';'));
        let names = modules.map(|(name, _)| name).filter(|it| it.chars().all(is_word));
        names.map(|it| format!("{}::{it}", self.module())).collect()
    }

    fn n_lines(&self) -> usize {
        self.code.lines().filter(|it| !it.trim().is_empty()).count()
    }

    /// Its module as a path, such as `cli::terminal`.
    fn module(&self) -> String {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs");
        path.trim_end_matches("/mod").replace('/', "::")
    }
}

fn source_files(dir: &Path) -> Vec<PathBuf> {
    let (mut found, mut pending) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = pending.pop() {
        // Older trees have no simulator of their own.
        let Ok(entries) = fs::read_dir(dir) else { continue };
        for path in entries.map(|it| it.unwrap().path()) {
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Replaces comments by nothing and literals by empty ones; lines stay where they are.
fn blanked(text: &str) -> String {
    let chars = text.chars().collect::<Vec<_>>();
    let starts =
        |at: usize, with: &str| with.chars().eq(chars[at..].iter().copied().take(with.len()));
    let mut code = String::new();
    let mut at = 0;
    while at < chars.len() {
        let is_in_word = at != 0 && is_word(chars[at - 1]) && chars[at - 1] != 'b';
        let n_hashes = chars[at..].iter().skip(1).take_while(|it| **it == '#').count();
        let end = if starts(at, "//") {
            chars[at..].iter().position(|it| *it == '\n').map_or(chars.len(), |it| at + it)
        } else if chars[at] == 'r' && !is_in_word && chars.get(at + 1 + n_hashes) == Some(&'"') {
            let close = format!("\"{}", "#".repeat(n_hashes));
            code.push_str("\"\"");
            (at + 2 + n_hashes..chars.len()).find(|it| starts(*it, &close)).unwrap() + close.len()
        } else if chars[at] == '"' || chars[at] == '\'' && is_character(&chars[at..]) {
            code.extend([chars[at], chars[at]]);
            let mut close = at + 1;
            while chars[close] != chars[at] {
                close += if chars[close] == '\\' { 2 } else { 1 };
            }
            close + 1
        } else {
            code.push(chars[at]);
            at += 1;
            continue;
        };
        // A literal of several lines is several lines of code.
        let is_comment = starts(at, "//");
        let n_breaks = chars[at..end].iter().filter(|it| **it == '\n').count();
        if !is_comment {
            code.extend((0..n_breaks).map(|_| "\n\"\""));
        }
        at = end;
    }
    code
}

/// Whether a quote begins a character rather than a lifetime.
fn is_character(rest: &[char]) -> bool {
    rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'')
}

/// Leaves out every item below `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        let mut depth = 0_usize;
        let end = after.char_indices().find(|(_, c)| {
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                _ => (),
            }
            depth == 0 && matches!(c, ';' | '}')
        });
        rest = end.map_or("", |(at, _)| &after[at + 1..]);
    }
    kept + rest
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap()
}

fn count_words(files: &[File]) -> BTreeMap<&str, usize> {
    let mut n_named = BTreeMap::new();
    for name in files.iter().flat_map(|it| it.code.split(|c| !is_word(c))) {
        *n_named.entry(name).or_default() += 1;
    }
    n_named
}

struct Function<'a> {
    path: &'a str,
    name: &'a str,
    /// Between the parentheses.
    parameters: &'a str,
}

impl Function<'_> {
    /// How many parameters have a tuple as their pattern.
    fn n_tuples(&self) -> usize {
        let mut depth = 0_usize;
        let mut is_start = true;
        let mut n_tuples = 0;
        for c in self.parameters.chars().filter(|it| !it.is_whitespace()) {
            n_tuples += usize::from(is_start && depth == 0 && c == '(');
            is_start = depth == 0 && c == ',';
            match c {
                '(' | '<' | '[' | '{' => depth += 1,
                ')' | '>' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => (),
            }
        }
        n_tuples
    }
}

fn functions(file: &File) -> Vec<Function<'_>> {
    let begins = file.code.match_indices("fn ").filter(|(at, _)| {
        let before = file.code[..*at].chars().next_back();
        before.is_none_or(|it| !is_word(it))
    });
    let functions = begins.filter_map(|(at, prefix)| {
        let rest = &file.code[at + prefix.len()..];
        let name = word(rest);
        let open = name.len() + after_generics(&rest[name.len()..]);
        if name.is_empty() || !rest[open..].starts_with('(') {
            return None;
        }
        let mut depth = 0_usize;
        let close = rest[open..].char_indices().find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => (),
            }
            depth == 0
        });
        let parameters = &rest[open + 1..open + close?.0];
        Some(Function { path: &file.path, name, parameters })
    });
    functions.collect()
}

/// How long the generic parameters at the beginning of a text are.
fn after_generics(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ if depth == 0 => return at,
            _ => (),
        }
        before = c;
    }
    text.len()
}

/// The `.rs` files that the architecture lists for a new key.
fn files_for_a_key(tree: &Path) -> Option<usize> {
    let page = fs::read_to_string(tree.join("src/ARCHITECTURE.md")).ok()?;
    let (_, section) = page.split_once(KEY_SECTION)?;
    let section = section.split("\n## ").next()?;
    let quoted = section
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|it| Path::new(it).extension().is_some_and(|it| it == "rs"));
    Some(quoted.collect::<BTreeSet<_>>().len())
}

/// The groups of files that depend on one another in a circle.
fn circles(files: &[File]) -> Vec<Vec<String>> {
    let in_scope = |it: &&File| {
        let first = it.module();
        WITHOUT_CIRCLES.contains(&first.split("::").next().unwrap())
    };
    let files = files.iter().filter(|it| it.path.starts_with("src/")).filter(in_scope);
    let modules = files.map(|it| (it.module(), it)).collect::<BTreeMap<_, _>>();
    let names = modules.iter().map(|(module, file)| (module.clone(), paths(module, &file.code)));
    let names = names.collect::<BTreeMap<_, _>>();
    // The front of a folder names what is in it, and has what its files share.
    let is_front = |module: &str| modules[module].path.ends_with("/mod.rs");
    let edges = names.iter().map(|(module, paths)| {
        let paths = paths.iter().filter(|_| !is_front(module));
        let used = paths.filter_map(|(_, path)| resolve(path, &names, 0));
        (module, used.filter(|it| it != module).collect::<BTreeSet<_>>())
    });
    let edges = edges.collect::<BTreeMap<_, _>>();
    let reached = edges.keys().map(|it| (*it, reachable(it, &edges))).collect::<BTreeMap<_, _>>();
    let mut circles = BTreeSet::new();
    for (module, far) in &reached {
        if far.contains(*module) {
            let circle = far.iter().filter(|it| reached[**it].contains(*module));
            circles.insert(circle.map(|it| modules[*it].path.clone()).collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

/// The modules that a module depends on, directly or through others.
fn reachable<'a>(
    from: &'a String,
    edges: &'a BTreeMap<&String, BTreeSet<String>>,
) -> BTreeSet<&'a String> {
    let (mut seen, mut pending) = (BTreeSet::new(), vec![from]);
    while let Some(module) = pending.pop() {
        pending.extend(edges[module].iter().filter(|it| seen.insert(*it)));
    }
    seen
}

/// The paths that a module's code names, from the root of the crate, each with the name that it has
/// in the module if it is imported.
fn paths(module: &str, code: &str) -> Vec<(Option<String>, Vec<String>)> {
    let mut found = Vec::new();
    let begins = code.match_indices("use ").filter(|(at, _)| !code[..*at].ends_with(is_word));
    let uses = begins.filter_map(|(at, prefix)| code[at + prefix.len()..].split_once(';'));
    for (tree, _) in uses {
        expand(tree, "", &mut found);
    }
    let inline = ["crate::", "super::", "self::"].iter().flat_map(|prefix| {
        code.match_indices(prefix).map(|(at, _)| {
            let rest = &code[at..];
            let end = rest.find(|c| !is_word(c) && c != ':').unwrap_or(rest.len());
            (None, rest[..end].trim_end_matches(':').to_owned())
        })
    });
    found.extend(inline);
    let bare = code.match_indices("::").filter_map(|(at, _)| {
        let start = code[..at].rfind(|c| !is_word(c) && c != ':').map_or(0, |it| it + 1);
        let rest = &code[start..];
        let end = rest.find(|c| !is_word(c) && c != ':').unwrap_or(rest.len());
        let path = rest[..end].trim_matches(':');
        path.starts_with(|c: char| c.is_lowercase()).then(|| (None, path.to_owned()))
    });
    found.extend(bare.collect::<Vec<_>>());
    found.into_iter().map(|(name, path)| (name, absolute(module, &path))).collect()
}

/// Expands a `use` tree to its paths.
fn expand(tree: &str, prefix: &str, found: &mut Vec<(Option<String>, String)>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let group = group.trim_end().strip_suffix('}').unwrap_or(group);
        let (mut depth, mut start) = (0_usize, 0);
        for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&group[start..at], &format!("{prefix}{head}"), found);
                    start = at + 1;
                }
                _ => (),
            }
        }
    } else if !tree.is_empty() {
        let (path, name) =
            tree.split_once(" as ").unwrap_or((tree, tree.rsplit("::").next().unwrap()));
        let path = format!("{prefix}{path}");
        let name = if name == "self" { path.rsplit("::").nth(1).unwrap() } else { name };
        found.push((Some(name.trim().to_owned()), path.trim_end_matches("::self").to_owned()));
    }
}

/// A path from the root of the crate, without `crate`.
fn absolute(module: &str, path: &str) -> Vec<String> {
    let mut base = module.split("::").map(str::to_owned).collect::<Vec<_>>();
    for part in path.split("::").map(str::trim) {
        match part {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => (),
            _ => base.push(part.to_owned()),
        }
    }
    base
}

type Named = BTreeMap<String, Vec<(Option<String>, Vec<String>)>>;

/// The module of which a path names something, re-exports followed.
fn resolve(path: &[String], names: &Named, depth: usize) -> Option<String> {
    let n = (1..=path.len()).rev().find(|n| names.contains_key(&path[..*n].join("::")))?;
    let module = path[..n].join("::");
    let item = path.get(n);
    let exported = item.and_then(|item| {
        names[&module].iter().find(|(name, _)| name.as_ref() == Some(item)).map(|(_, it)| it)
    });
    let followed = exported.filter(|it| depth < 8 && it.as_slice() != path);
    followed.and_then(|it| resolve(it, names, depth + 1)).or(Some(module))
}

/// Circles, source files to change for a new key, functions that take `&mut Output`: at most these.
#[cfg(test)]
const LIMITS: [usize; 3] = [0, 6, 10];

#[test]
fn the_structure_stays_within_its_limits() {
    let measures = Measures::of(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(10_000 < measures.lines_of_code, "the walk found next to nothing");
    let Measures { circles, take_output, .. } = &measures;
    assert!(circles.len() <= LIMITS[0], "circles of files: {circles:#?}");
    assert!(measures.files_for_a_key.unwrap_or_default() <= LIMITS[1], "{:?}", measures.rows());
    assert!(take_output.len() <= LIMITS[2], "functions that take `&mut Output`: {take_output:#?}");
}

#[test]
fn what_is_counted_is_code() {
    let code =
        blanked("/// fn a()\nlet b = r#\"fn c(\"#; '\\''; \"d\\\"\"; fn e<'f>(g: &'f str) {}");
    assert_eq!(code, "\nlet b = \"\"; ''; \"\"; fn e<'f>(g: &'f str) {}");
    let code = without_tests("fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}");
    assert_eq!(code, "fn a() {}\n\nfn c() {}");
    let file = File {
        path: "src/cli/x.rs".to_owned(),
        code: "fn f<T: Fn(u8)>(t: T, (a, b): (u8, (u8, u8))) {}".to_owned(),
    };
    let found = functions(&file);
    assert_eq!((found.len(), found[0].n_tuples()), (1, 1), "{}", found[0].parameters);
}

#[test]
fn circles_are_seen_through_re_exports() {
    let file = |path: &str, code: &str| File { path: path.to_owned(), code: code.to_owned() };
    let files = [
        file("src/cli/mod.rs", "mod a; mod b; mod c; pub(crate) use b::{B, other as renamed};"),
        file("src/cli/a.rs", "use super::B; use crate::model::C;"),
        file("src/cli/b.rs", "use crate::cli::c;"),
        file("src/cli/c.rs", "fn f() { super::a::g() }"),
        file("src/cli/d.rs", "use super::renamed;"),
    ];
    assert_eq!(circles(&files), [["src/cli/a.rs", "src/cli/b.rs", "src/cli/c.rs"]]);
}
