//! How one URL was used.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::domain::access_log::issued::Asker;
use crate::domain::access_log::record::Record;
use crate::domain::operation::Operation;

/// The uses of one URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Requests that S3 served, be it with a 404.
    pub served: u64,
    /// Requests that S3 refused, or failed to serve.
    pub refused: u64,
    pub first: Option<OffsetDateTime>,
    pub last: Option<OffsetDateTime>,
    /// What went out, or of uploads came in, as far as the log tells.
    pub bytes: u64,
    pub statuses: BTreeMap<u16, u64>,
    /// Requests by address, of the first `MOST_ADDRESSES`.
    pub addresses: BTreeMap<Box<str>, u64>,
    /// Requests from addresses beyond those.
    pub from_more_addresses: u64,
    pub joined_by: Option<JoinedBy>,
}

/// What shows that a request was of that URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinedBy {
    /// `x-presignd-id`.
    Id,
    /// A form: its key, and the time within which it worked.
    KeyAndTime,
    /// Key, operation, signing key and the instants that are signed.
    Signature,
}

impl JoinedBy {
    /// As JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::KeyAndTime => "key_and_time",
            Self::Signature => "signature",
        }
    }
}

/// Of one URL, so that a URL on a busy page does not fill the memory.
pub const MOST_ADDRESSES: usize = 100;

impl Uses {
    /// Adds a request.
    pub(super) fn add(&mut self, record: &Record<'_>, operation: Operation, by: JoinedBy) {
        match is_served(record) {
            true => self.served += 1,
            false => self.refused += 1,
        }
        self.joined_by = Some(by);
        self.first = Some(self.first.map_or(record.time, |first| first.min(record.time)));
        self.last = Some(self.last.map_or(record.time, |last| last.max(record.time)));
        if let Some(status) = record.status {
            *self.statuses.entry(status).or_default() += 1;
        }
        let uploads = [Operation::PostObject, Operation::PutObject, Operation::UploadPart].contains(&operation);
        let bytes = if uploads && is_served(record) { record.object_size } else { record.bytes_sent };
        self.bytes = self.bytes.saturating_add(bytes);
        let is_full = self.addresses.len() >= MOST_ADDRESSES;
        match self.addresses.get_mut(record.address) {
            Some(count) => *count += 1,
            None if is_full => self.from_more_addresses += 1,
            None => _ = self.addresses.insert(record.address.into(), 1),
        }
    }

    /// How many requests came from an address that is no asker's.
    pub fn from_elsewhere(&self, askers: &[Asker]) -> u64 {
        let asked_from = |address: &str| {
            let address = address.parse().ok();
            address.is_some() && askers.iter().any(|asker| asker.address == address)
        };
        let elsewhere = self.addresses.iter().filter(|(address, _)| !asked_from(address));
        elsewhere.map(|(_, count)| count).sum::<u64>().saturating_add(self.from_more_addresses)
    }
}

/// Whether S3 took the signature for right: it answers a wrong or late one with 400, 401 or 403, and what went wrong on
/// its own side with 500 and above.
pub(super) fn is_served(record: &Record<'_>) -> bool {
    record.status.is_none_or(|status| status < 500 && ![400, 401, 403].contains(&status))
}
