//! presignd as a command, with a configuration and an environment of its own.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use super::hidden;

/// A configuration in a directory of its own, which is also the working directory and `$HOME`; nothing else of the
/// environment reaches the process.
pub struct Presignd {
    directory: TempDir,
    environment: Vec<(String, String)>,
    /// What becomes the command, with the command as its arguments.
    within: Vec<String>,
}

/// What a finished command left.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Presignd {
    /// With this text as `presignd.toml`.
    pub fn configured(toml: &str) -> Self {
        let presignd = Self { directory: tempfile::tempdir().unwrap(), environment: Vec::new(), within: Vec::new() };
        presignd.file("presignd.toml", toml)
    }

    /// With a file beside the configuration, written anew if it is there.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(name, content);
        self
    }

    /// Started by another command, which becomes it.
    pub fn within(mut self, command: &[&str]) -> Self {
        self.within = command.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Its variables.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// With a variable in the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        hidden::variable(name, value);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a log as `PRESIGND_TESTS_LOG` has it, such as `trace`, unless the configuration says what it tells.
    pub fn telling_more(self) -> Self {
        let configured = std::fs::read_to_string(self.path("presignd.toml")).unwrap_or_default();
        match std::env::var("PRESIGND_TESTS_LOG") {
            Ok(level) if !configured.contains("[log]") => self.env("PRESIGND__LOG__LEVEL", &level),
            Ok(_) | Err(_) => self,
        }
    }

    /// Writes a file of the directory, whole: nobody sees half of it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        hidden::file(content.as_ref());
        let made = self.path(&format!("{name}.new"));
        std::fs::create_dir_all(made.parent().unwrap()).unwrap();
        std::fs::write(&made, content).unwrap();
        std::fs::rename(made, self.path(name)).unwrap();
    }

    /// The path of a file of the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The process in the making; `--config` is not in it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let words = self.within.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_presignd")]);
        let mut words = words.chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.directory.path()).env_clear();
        command.env("HOME", self.directory.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `presignd NAME --config presignd.toml ARGUMENTS…` to its end.
    pub fn run(&self, name: &str, arguments: &[&str], stdin: &str) -> Output {
        self.run_with("presignd.toml", name, arguments, stdin)
    }

    /// The same with another file of the directory.
    pub fn run_with(&self, file: &str, name: &str, arguments: &[&str], stdin: &str) -> Output {
        let mut child = self.command(&[&[name, "--config", file], arguments].concat()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        arguments.iter().chain([&stdin]).for_each(|text| hidden::body(text.as_bytes()));
        let stdin = stdin.to_owned();
        // Beside reading: either pipe may fill up before the other is read. A command may end without reading all.
        let writer = std::thread::spawn(move || input.write_all(stdin.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let output = Output {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        match name {
            // What they are asked for.
            "derive-keys" | "sign" => hidden::body(output.stdout.as_bytes()),
            _ => hidden::look(&format!("what {name} prints"), &output.stdout),
        }
        hidden::look(&format!("the standard error of {name}"), &output.stderr);
        self.look_through();
        output
    }

    /// Fails if a file that was left beside those of the test tells a secret.
    #[track_caller]
    pub fn look_through(&self) {
        for entry in std::fs::read_dir(self.directory.path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with("audit") && !name.ends_with(".key") {
                let content = std::fs::read(self.path(&name)).unwrap_or_default();
                hidden::look(&name, &String::from_utf8_lossy(&content));
            }
        }
    }

    /// `presignd sign --grant GRANT --at AT --requests -`: an answer or a problem for each request, in order.
    #[track_caller]
    pub fn sign(&self, grant: &str, at: &str, requests: &[Value]) -> Vec<Value> {
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        let output = self.run("sign", &["--grant", grant, "--at", at, "--requests", "-"], &lines);
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let answers: Vec<Value> = output.stdout.lines().map(read).collect();
        assert_eq!(answers.len(), requests.len(), "a line for each request; {}", output.stderr);
        answers
    }
}
