//! Client-side encryption: a client encrypts as the S3 Encryption Client's format v2 has it, and decrypts what it
//! fetched with nothing but its own key and what S3 kept beside the object.

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::support::client::Reply;
use crate::works::BODY;
use crate::world::World;

const CIPHER: &str = "AES/GCM/NoPadding";
/// The key that the client keeps.
const WRAPPING_KEY: [u8; 32] = [7; 32];
/// The key of this one object.
const DATA_KEY: [u8; 32] = [8; 32];
const WRAPPING_NONCE: [u8; 12] = [1; 12];
const NONCE: [u8; 12] = [2; 12];

fn key(bytes: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).unwrap())
}

fn encrypted(bytes: &[u8], by: &[u8], nonce: [u8; 12], with: &str) -> Vec<u8> {
    let mut sealed = bytes.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    key(by).seal_in_place_append_tag(nonce, Aad::from(with.as_bytes()), &mut sealed).unwrap();
    sealed
}

fn decrypted(sealed: &[u8], by: &[u8], nonce: &[u8], with: &str) -> Option<Vec<u8>> {
    let mut bytes = sealed.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    Some(key(by).open_in_place(nonce, Aad::from(with.as_bytes()), &mut bytes).ok()?.to_vec())
}

/// What a client makes of an answer.
fn opened(found: &Reply, wrapping_key: &[u8]) -> Option<Vec<u8>> {
    let kept = |name: &str| found.header(&format!("x-amz-meta-x-amz-{name}"));
    assert_eq!((kept("cek-alg"), kept("wrap-alg"), kept("tag-len")), (Some(CIPHER), Some("AES/GCM"), Some("128")));
    let wrapped = BASE64_STANDARD.decode(kept("key-v2")?).ok()?;
    let (nonce, wrapped) = wrapped.split_at(12);
    let data_key = decrypted(wrapped, wrapping_key, nonce, CIPHER)?;
    decrypted(&found.body, &data_key, &BASE64_STANDARD.decode(kept("iv")?).ok()?, "")
}

#[test]
fn client_side_encryption_goes_up_comes_back_and_opens_with_the_clients_key_alone() {
    let Some(world) = World::built("e2e-sealed") else { return };
    let wrapped = [&WRAPPING_NONCE[..], &encrypted(&DATA_KEY, &WRAPPING_KEY, WRAPPING_NONCE, CIPHER)].concat();
    let metadata = json!({"metadata": {
        "x-amz-key-v2": BASE64_STANDARD.encode(wrapped), "x-amz-iv": BASE64_STANDARD.encode(NONCE),
        "x-amz-matdesc": "{}", "x-amz-cek-alg": CIPHER, "x-amz-wrap-alg": "AES/GCM", "x-amz-tag-len": "128",
    }});
    let plain = world.presign("PutObject", "sealed", "x", &json!({}));
    assert_eq!((plain.status, plain.code().as_str()), (403, "grant_not_satisfied"), "{}", plain.text());
    let issued = world.issue("PutObject", "sealed", "x", &metadata);
    let sealed = encrypted(BODY.as_bytes(), &DATA_KEY, NONCE, "");
    let stored = issued.call("").body(sealed.clone()).send();
    assert_eq!(stored.status, 200, "{}", stored.text());
    let found = world.get("sealed", "x");
    assert_eq!(found.body, sealed, "the store has the cipher text");
    assert_eq!(opened(&found, &WRAPPING_KEY).as_deref(), Some(BODY.as_bytes()));
    assert_eq!(opened(&found, &[9; 32]), None, "another key opens nothing");
}
