//! Every input that is kept for the fuzz targets, tried without a fuzzer.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::fuzzed::TARGETS;

fn of_fuzz(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_input_that_is_kept_holds() {
    for (target, hold) in TARGETS {
        let folder = of_fuzz("corpus").join(target);
        for name in names(&folder) {
            let input = fs::read(folder.join(&name)).unwrap();
            let outcome = std::panic::catch_unwind(|| hold(&input));
            assert!(outcome.is_ok(), "fuzz/corpus/{target}/{name}");
        }
    }
}

#[test]
fn each_target_has_its_program_its_inputs_and_nothing_is_left_over() {
    let targets = TARGETS.map(|(target, _)| target.to_owned());
    assert!(targets.is_sorted());
    assert_eq!(names(&of_fuzz("corpus")), targets);
    assert_eq!(names(&of_fuzz("fuzz_targets")), targets.clone().map(|target| format!("{target}.rs")));
    let manifest = fs::read_to_string(of_fuzz("Cargo.toml")).unwrap();
    let programs: Vec<&str> = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")).collect();
    assert_eq!(programs, targets.map(|target| format!("{target}.rs\"")));
}
