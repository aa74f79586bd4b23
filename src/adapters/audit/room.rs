//! Whether a file could take more lines, found out without writing one.

use std::fs::File;
use std::io;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::io::Errno;
use rustix::process::Resource;

/// Reserves the room that the next lines need, beyond the file's end: its length stays. This sees a full disk, a used-up
/// quota and a file system that became read-only.
pub fn ensure_room(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let most = rustix::process::getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX);
    if length.saturating_add(ROOM) > most {
        return Err(Errno::FBIG.into());
    }
    match reserve(file, length) {
        Err(Errno::NOSYS | Errno::OPNOTSUPP) => has_free_blocks(file),
        reserved => Ok(reserved?),
    }
}

#[cfg(target_os = "linux")]
fn reserve(file: &File, length: u64) -> rustix::io::Result<()> {
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, length, ROOM)
}

/// Others cannot without a change of the file's length.
#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _length: u64) -> rustix::io::Result<()> {
    Err(Errno::OPNOTSUPP)
}

/// In bytes.
const ROOM: u64 = 64 << 10;

/// For a file system that cannot reserve.
fn has_free_blocks(file: &File) -> io::Result<()> {
    match rustix::fs::fstatvfs(file)?.f_bavail {
        0 => Err(Errno::NOSPC.into()),
        _ => Ok(()),
    }
}

/// An error if nobody reads the stream any more.
pub fn is_broken(stream: &File) -> io::Result<()> {
    let mut polled = [PollFd::new(stream, PollFlags::OUT)];
    rustix::event::poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    match polled.iter().any(|one| one.revents().contains(PollFlags::ERR)) {
        true => Err(Errno::PIPE.into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_without_a_change_of_the_file() {
        let file = tempfile::tempfile().unwrap();
        ensure_room(&file).unwrap();
        has_free_blocks(&file).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 0);
    }
}
