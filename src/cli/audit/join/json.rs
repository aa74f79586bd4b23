//! How each URL was used, for programs. Nothing that was signed is in it.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::net::IpAddr;

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;

use crate::cli::audit::join::report::Finding;
use crate::cli::audit::join::report::Report;
use crate::cli::audit::join::report::rfc3339;
use crate::cli::audit::join::report::seconds;
use crate::domain::access_log::Asker;
use crate::domain::access_log::JoinedBy;
use crate::domain::access_log::Unexplained;
use crate::domain::access_log::Url;

impl Report<'_> {
    /// One JSON object.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("urls", &EachUrl(self.join.urls()))?;
        map.serialize_entry("unexplained", self.findings)?;
        let (totals, (urls, used, uses)) = (self.join.totals(), self.counted());
        let totals = TotalsEntry {
            urls,
            used,
            uses,
            unexplained: totals.unexplained,
            refused_attempts: totals.refused_attempts,
            by_other_keys: totals.by_other_keys,
            duplicates: totals.duplicates,
            broken_lines: self.broken_lines,
            broken_files: self.broken_files,
        };
        map.serialize_entry("totals", &totals)?;
        map.end()
    }
}

#[derive(Serialize)]
struct TotalsEntry {
    urls: usize,
    used: usize,
    uses: u64,
    unexplained: u64,
    refused_attempts: u64,
    by_other_keys: u64,
    duplicates: u64,
    broken_lines: u64,
    broken_files: u64,
}

/// Written one by one, so that the text of all is never in memory.
struct EachUrl<'a>(&'a [Url]);

impl Serialize for EachUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(UrlEntry::of))
    }
}

#[derive(Serialize)]
struct UrlEntry<'a> {
    operation: &'static str,
    bucket: &'a str,
    key: &'a str,
    expires_at: String,
    stable: bool,
    asked: Vec<AskerEntry<'a>>,
    uses: UsesEntry<'a>,
}

#[derive(Serialize)]
struct AskerEntry<'a> {
    id: &'a str,
    time: String,
    issuer: Option<&'a str>,
    subject: Option<&'a str>,
    client_id: Option<&'a str>,
    client_address: Option<IpAddr>,
}

#[derive(Serialize)]
struct UsesEntry<'a> {
    served: u64,
    refused: u64,
    first: Option<String>,
    last: Option<String>,
    bytes: u64,
    statuses: &'a BTreeMap<u16, u64>,
    addresses: &'a BTreeMap<Box<str>, u64>,
    from_more_addresses: u64,
    from_elsewhere: u64,
    joined_by: Option<&'static str>,
}

impl<'a> UrlEntry<'a> {
    fn of(url: &'a Url) -> Self {
        let uses = &url.uses;
        Self {
            operation: url.operation.as_str(),
            bucket: &url.bucket,
            key: &url.key,
            expires_at: seconds(url.expires_at),
            stable: url.stable,
            asked: url.askers.iter().map(AskerEntry::of).collect(),
            uses: UsesEntry {
                served: uses.served,
                refused: uses.refused,
                first: uses.first.map(rfc3339),
                last: uses.last.map(rfc3339),
                bytes: uses.bytes,
                statuses: &uses.statuses,
                addresses: &uses.addresses,
                from_more_addresses: uses.from_more_addresses,
                from_elsewhere: uses.from_elsewhere(&url.askers),
                joined_by: uses.joined_by.map(JoinedBy::as_str),
            },
        }
    }
}

impl<'a> AskerEntry<'a> {
    fn of(asker: &'a Asker) -> Self {
        Self {
            id: &asker.id,
            time: seconds(asker.asked_at),
            issuer: asker.issuer.as_deref(),
            subject: asker.subject.as_deref(),
            client_id: asker.client_id.as_deref(),
            client_address: asker.address,
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Unexplained { why, time, address, operation, bucket, key, status, id } = &self.unexplained;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("why", why.as_str())?;
        map.serialize_entry("time", &rfc3339(*time))?;
        map.serialize_entry("address", address)?;
        map.serialize_entry("operation", operation)?;
        map.serialize_entry("bucket", bucket)?;
        map.serialize_entry("key", key)?;
        map.serialize_entry("status", status)?;
        map.serialize_entry("id", id)?;
        map.serialize_entry("file", &self.file)?;
        map.serialize_entry("line", &self.line)?;
        map.end()
    }
}
