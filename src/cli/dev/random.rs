//! Chance: names and secrets that nobody guesses.

use std::fmt::Write;
use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::SecretString;

/// 16 lower-case hex digits.
pub fn name() -> io::Result<String> {
    bytes::<8>().map(|bytes| hex(&bytes))
}

/// 32 lower-case hex digits: the id of a version or an upload, or a salt.
pub fn long_name() -> io::Result<String> {
    bytes::<16>().map(|bytes| hex(&bytes))
}

/// A secret of 40 characters, as AWS's are.
pub fn secret() -> io::Result<SecretString> {
    bytes::<30>().map(|bytes| BASE64_STANDARD.encode(bytes).into())
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("the machine gives no random numbers"))?;
    Ok(bytes)
}
