//! `client_side_encryption = "required"`: the metadata that the S3 Encryption Client leaves with what it encrypted.
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/s3-encryption/data-format/content-metadata.md>
//!
//! No signature shows whether the body is encrypted: this sees to it that nobody leaves it out by mistake.

use crate::domain::refusal::MemberError;

/// What of the metadata is not whole in the client's format v3 or v2. Format v1, and CBC, which nothing authenticates,
/// are never taken.
pub(super) fn unmet(metadata: &[(String, String)]) -> Vec<MemberError> {
    let value = |name: &str| metadata.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let has = |entry: &&Entry| value(entry.name).is_some();
    if value(OF_V1).is_some() {
        return vec![at(OF_V1, "leave it out: format v1 is not taken")];
    }
    let (own, others) = match (V3.iter().find(has), V2.iter().find(has)) {
        (None, None) => {
            return vec![MemberError::at("/metadata", "encrypt it by the S3 Encryption Client, v2 or later")];
        }
        (Some(_), _) => (V3.as_slice(), V2.as_slice()),
        (None, Some(_)) => (V2.as_slice(), V3.as_slice()),
    };
    let strange = others.iter().filter(has).map(|entry| at(entry.name, "leave it out: it is of another format"));
    let wrong = own.iter().filter_map(|entry| entry.wrong(value(entry.name)));
    let context = (value("x-amz-w") == Some("12") && value("x-amz-t").is_none()).then(|| at("x-amz-t", GIVE));
    strange.chain(wrong).chain(context).collect()
}

/// An entry of the metadata.
struct Entry {
    name: &'static str,
    asks: Asks,
}

enum Asks {
    Any,
    OneOf(&'static [&'static str]),
    /// It may be left out.
    Nothing,
}

impl Entry {
    fn wrong(&self, given: Option<&str>) -> Option<MemberError> {
        match (&self.asks, given) {
            (Asks::Nothing, _) => None,
            (Asks::Any | Asks::OneOf(_), None | Some("")) => Some(at(self.name, GIVE)),
            (Asks::OneOf(words), Some(word)) if !words.contains(&word) => {
                Some(at(self.name, format!("encrypt it so that this is {}", words.join(" or "))))
            }
            (Asks::Any | Asks::OneOf(_), Some(_)) => None,
        }
    }
}

const GIVE: &str = "give it, as the S3 Encryption Client wrote it";

const OF_V1: &str = "x-amz-key";

/// What v2 and v3 of the clients write, but for the length of the plain text, which both formats may have.
const V2: [Entry; 6] = [
    Entry { name: "x-amz-key-v2", asks: Asks::Any },
    Entry { name: "x-amz-iv", asks: Asks::Any },
    Entry { name: "x-amz-matdesc", asks: Asks::Any },
    Entry { name: "x-amz-cek-alg", asks: Asks::OneOf(&["AES/GCM/NoPadding"]) },
    Entry { name: "x-amz-tag-len", asks: Asks::OneOf(&["128"]) },
    Entry { name: "x-amz-wrap-alg", asks: Asks::OneOf(&["kms+context", "AES/GCM", "RSA-OAEP-SHA1"]) },
];

/// With a commitment to the key. 115 is AES-GCM with it; 02 wraps by AES-GCM, 12 by KMS with a context, 22 by RSA.
const V3: [Entry; 7] = [
    Entry { name: "x-amz-3", asks: Asks::Any },
    Entry { name: "x-amz-c", asks: Asks::OneOf(&["115"]) },
    Entry { name: "x-amz-d", asks: Asks::Any },
    Entry { name: "x-amz-i", asks: Asks::Any },
    Entry { name: "x-amz-w", asks: Asks::OneOf(&["02", "12", "22"]) },
    Entry { name: "x-amz-m", asks: Asks::Nothing },
    Entry { name: "x-amz-t", asks: Asks::Nothing },
];

fn at(name: &str, detail: impl Into<String>) -> MemberError {
    MemberError::at(format!("/metadata/{name}"), detail)
}
