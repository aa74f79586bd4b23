//! SigV4A, as it is verified: an ECDSA key for each identity, and a signature over P-256.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html#how-sigv4a-works>
//! <https://github.com/awslabs/aws-c-auth/blob/main/source/key_derivation.c>

use aws_lc_rs::agreement;
use aws_lc_rs::signature;
use hmac::KeyInit;
use hmac::Mac;

use super::Fault;
use super::Key;

/// The region's part of the scope, which is empty, if the set of regions has the one that judges.
pub fn check_regions(set: &str, region: &str) -> Result<String, Fault> {
    match set.split(',').any(|one| one == "*" || one == region) {
        true => Ok(String::new()),
        false => Err(Fault::Scope(format!("{region} is not in {set}"))),
    }
}

/// Whether the signature, in hexadecimal, is this key's.
pub fn verifies(key: Key<'_>, string_to_sign: &str, signature: &str) -> bool {
    let private = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, &private_key(key)).unwrap();
    let public = private.compute_public_key().unwrap();
    let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, public.as_ref());
    bytes(signature).is_some_and(|signature| key.verify(string_to_sign.as_bytes(), &signature).is_ok())
}

/// NIST SP 800-108 in counter mode: the first candidate below the curve's order, and one more.
fn private_key(key: Key<'_>) -> Vec<u8> {
    let secret = format!("AWS4A{}", key.secret);
    let candidate = |counter: u8| {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(&1u32.to_be_bytes());
        mac.update(b"AWS4-ECDSA-P256-SHA256\0");
        mac.update(key.id.as_bytes());
        mac.update(&[counter]);
        mac.update(&256u32.to_be_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let mut found =
        (1..=254).map(candidate).find(|candidate| candidate.as_slice() <= ORDER_MINUS_2.as_slice()).unwrap();
    for byte in found.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    found
}

/// Of P-256: SP 800-186, 3.2.1.3.
const ORDER_MINUS_2: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(digits).collect()
}
