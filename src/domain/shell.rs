//! Words for a POSIX shell.

/// A word that the shell takes as it stands.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The same, without quotes where it needs none.
pub fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,".contains(&byte);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_takes_a_word_as_it_stands() {
        for text in ["/tmp/a", "it's", "$(date) `date` \"x\" \\ *", "a b", "~", "a=b", "http://h:1/b?c&d", ""] {
            for written in [quoted(text), word(text)] {
                let printed = std::process::Command::new("sh").args(["-c", &format!("printf %s {written}")]).output();
                assert_eq!(String::from_utf8(printed.unwrap().stdout).unwrap(), text, "{written}");
            }
        }
        assert_eq!(word("dir/presignd.toml"), "dir/presignd.toml");
    }
}
