//! When a change of the configuration's file, or of one that it takes in, is news.

use std::fs;

use super::*;

/// A configuration in a folder, looked at by hand.
struct Watched {
    folder: tempfile::TempDir,
    watch: Watch,
}

/// With the HMAC secret in a file.
fn by_file(log: &str) -> String {
    let issuer = ISSUER.replace("hmac_secret_env = \"JWT_SECRET\"", "hmac_secret_file = \"secret\"");
    format!("[log]\nlevel = {log:?}\n{issuer}{BUCKET}{GRANT}")
}

impl Watched {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("p.toml"), by_file("info")).unwrap();
        fs::write(folder.path().join("secret"), [b'a'; 32]).unwrap();
        let (watch, loaded) = Watch::begin(&folder.path().join("p.toml"), environment(&[])).unwrap();
        assert_eq!(loaded.settings.log.level, "info");
        Self { folder, watch }
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// What a look says: the level and the secret's first letter, an error, or nothing.
    fn look(&mut self) -> String {
        match self.watch.look() {
            None => "nothing".to_owned(),
            Some(Err(errors)) => {
                self.watch.refused();
                errors[0].to_string().split(':').next_back().unwrap().trim().to_owned()
            }
            Some(Ok(loaded)) => {
                self.watch.taken_up(&loaded.settings);
                let KeySource::Hmac(secret) = &loaded.settings.issuers[0].keys else { panic!("an HMAC secret") };
                let first = secret.as_ref().map(|secret| char::from(secret.expose()[0]));
                format!("{} {first:?}", loaded.settings.log.level)
            }
        }
    }

    fn looks(&mut self, expected: &[&str], row: &str) {
        let looks: Vec<_> = expected.iter().map(|_| self.look()).collect();
        assert_eq!(looks, expected, "{row}");
    }
}

#[test]
fn two_looks_in_a_row_must_see_the_same_also_where_one_is_demanded() {
    let mut watched = Watched::begin();
    watched.looks(&["nothing", "nothing"], "as it was");
    for piece in [10, 200, 250] {
        watched.write("p.toml", &by_file("warn")[..piece]);
        watched.looks(&["nothing"], "a piece");
    }
    watched.write("p.toml", &by_file("warn"));
    watched.looks(&["nothing", "warn Some('a')", "nothing"], "all of it");
    watched.watch.demand();
    watched.looks(&["warn Some('a')", "nothing"], "demanded, and as it was");
    watched.write("p.toml", &by_file("error")[..200]);
    watched.looks(&["nothing"], "half");
    assert!(watched.watch.demand());
    watched.looks(&["nothing"], "a look that comes too early counts as the first of two");
    assert!(!watched.watch.demand(), "demanded already, so the next look may be the second");
    watched.write("p.toml", &by_file("error"));
    watched.looks(&["nothing", "error Some('a')", "nothing"], "demanded while it was written");
}

#[test]
fn a_file_that_is_taken_in_is_looked_at_as_well() {
    let mut watched = Watched::begin();
    watched.write("secret", &"b".repeat(32));
    watched.looks(&["nothing", "info Some('b')", "nothing"], "another secret");
    watched.write("secret", "short");
    let short = "the HMAC secret has 5 bytes, fewer than 32; make one of 32 random bytes or more, such as by openssl rand \
                 -hex 32";
    watched.looks(&["nothing", short, "nothing"], "a broken one");
    fs::remove_file(watched.folder.path().join("secret")).unwrap();
    watched.looks(&["nothing", "info Some('b')", "nothing"], "none: the one before");
    watched.write("p.toml", &by_file("warn").replace("\"secret\"", "\"other\""));
    watched.write("other", &"c".repeat(32));
    watched.looks(&["nothing"], "another file");
    watched.write("other", &"d".repeat(32));
    watched.looks(&["nothing", "warn Some('d')", "nothing"], "which has to be seen twice too");
    watched.write("secret", &"e".repeat(32));
    watched.looks(&["nothing", "nothing"], "one that is no longer taken in");
}

#[test]
fn a_configuration_that_is_gone_or_broken_is_told_once_and_comes_back() {
    let mut watched = Watched::begin();
    let gone = "the file cannot be read (No such file or directory (os error 2)); name a configuration that is there";
    fs::remove_file(watched.folder.path().join("p.toml")).unwrap();
    watched.looks(&["nothing", gone, "nothing"], "gone");
    watched.watch.demand();
    watched.looks(&[gone, "nothing"], "demanded");
    watched.write("p.toml", &by_file("info"));
    watched.looks(&["nothing", "info Some('a')", "nothing"], "back");
}
