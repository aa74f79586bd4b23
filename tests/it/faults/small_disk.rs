//! A service whose audit log lies on a small disk of its own, which ends with it.

use std::path::PathBuf;
use std::process::Command;

use crate::support::presignd::Presignd;
use crate::support::service::Service;

/// A running service, and its disk.
pub struct SmallDisk {
    pub service: Service,
}

/// Mounts a file system of that size over a folder, for this process and its children alone, and becomes the command.
const MOUNT: &str = "mount -t tmpfs -o size=$0 tmpfs disk && exec \"$@\"";

/// What takes the room.
const BALLAST: &str = "ballast";

impl SmallDisk {
    /// Starts the service on a disk of that size. `None` where this user can mount none, unless `PRESIGND_E2E` demands it.
    pub fn of(presignd: Presignd, size: &str) -> Option<Self> {
        let Some(mut unshare) = apart() else {
            assert!(std::env::var_os("PRESIGND_E2E").is_none(), "unshare(1) mounts nothing here");
            eprintln!("unshare(1) mounts nothing here, so no small disk is tried");
            return None;
        };
        std::fs::create_dir(presignd.path("disk")).unwrap();
        unshare.extend(["sh", "-c", MOUNT, size]);
        let presignd = presignd.env("PRESIGND__AUDIT__PATH", "disk/audit.jsonl");
        Some(Self { service: presignd.within(&unshare).serve() })
    }

    /// A file of the disk.
    pub fn file(&self, name: &str) -> PathBuf {
        let path = self.service.presignd.path("disk").join(name);
        PathBuf::from(format!("/proc/{}/root{}", self.service.id(), path.display()))
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let filled = std::fs::write(self.file(BALLAST), vec![0; 1 << 20]);
        assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    /// Gives it back.
    pub fn make_room(&self) {
        std::fs::remove_file(self.file(BALLAST)).unwrap();
    }
}

/// What starts a command that may mount: as root, or as the root of a user namespace.
fn apart() -> Option<Vec<&'static str>> {
    let can = |words: &Vec<&str>| {
        Command::new(words[0]).args(&words[1..]).arg("true").output().is_ok_and(|output| output.status.success())
    };
    [vec!["unshare", "--mount"], vec!["unshare", "--mount", "--map-root-user"]].into_iter().find(can)
}
