//! The README's client for large files, run as it stands.

use std::process::Command;

use crate::support::readme::section;
use crate::world::World;

#[test]
fn the_client_in_python_sends_a_large_file_in_parts() {
    let Some(world) = World::built("readme-large") else { return };
    let directory = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..11_u32 << 18).flat_map(u32::to_le_bytes).collect();
    std::fs::write(directory.path().join("large.bin"), &large).unwrap();
    let shown = section("Large files, in parts");
    // The least that S3 takes, so that there are three parts, and then more than the whole.
    for size in ["PART_SIZE = 5 *", "PART_SIZE = 64 *"] {
        let code = shown.block("python").replace("PART_SIZE = 64 *", size).replace("users/alice/", "alice/");
        let mut python = Command::new("python3");
        python.args(["-c", &code]).current_dir(&directory).env("no_proxy", "*").envs(world.environment());
        let output = python.output().unwrap();
        assert!(output.status.success(), "{size}: {}", String::from_utf8_lossy(&output.stderr));
        let stored = world.get("media", "large.bin");
        assert!(stored.body == large, "{size}: {} bytes of {}", stored.body.len(), large.len());
        let tag = stored.header("etag").unwrap();
        assert_eq!(tag.ends_with("-3\""), size.contains(" 5 "), "{size}: {tag}");
    }
}
