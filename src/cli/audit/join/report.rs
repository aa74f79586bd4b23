//! How each URL was used, for people. Nothing that was signed is in it.

use std::io;
use std::io::Write;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::text::printable;
use crate::domain::access_log::Asker;
use crate::domain::access_log::Join;
use crate::domain::access_log::JoinedBy;
use crate::domain::access_log::Unexplained;
use crate::domain::access_log::Url;

/// All that is told.
pub struct Report<'a> {
    pub join: &'a Join,
    /// The first of them.
    pub findings: &'a [Finding],
    pub broken_lines: u64,
    pub broken_files: u64,
}

/// A use that no audit line explains, and where it stands.
pub struct Finding {
    pub unexplained: Unexplained,
    pub file: String,
    /// From 1.
    pub line: u64,
}

impl Report<'_> {
    /// For people.
    pub fn write_text(&self, mut out: impl Write) -> io::Result<()> {
        for url in self.join.urls() {
            writeln!(out, "{}", printable(&title(url)))?;
            for asker in &url.askers {
                writeln!(out, "  asked  {}", printable(&asked(asker)))?;
            }
            writeln!(out, "  used   {}", printable(&used(url)))?;
        }
        if !self.findings.is_empty() {
            writeln!(out, "\nUses that no audit line explains:")?;
        }
        for Finding { unexplained, file, line } in self.findings {
            writeln!(out, "{}", printable(&found(unexplained)))?;
            writeln!(out, "  {}", printable(&format!("{} ({file}:{line})", unexplained.why.told())))?;
        }
        self.write_totals(&mut out)?;
        out.flush()
    }

    fn write_totals(&self, out: &mut impl Write) -> io::Result<()> {
        let totals = self.join.totals();
        let (urls, used, uses) = self.counted();
        writeln!(out, "\nURLs and forms {urls}, used {used}; uses {uses}, unexplained {}", totals.unexplained)?;
        let rest = [
            ("unexplained uses that are not listed", totals.unexplained.saturating_sub(self.findings.len() as u64)),
            ("attempts that no audit line explains, and that S3 refused", totals.refused_attempts),
            ("requests presigned by keys that the audit does not name", totals.by_other_keys),
            ("lines that S3 wrote twice", totals.duplicates),
            ("lines that cannot be read", self.broken_lines),
            ("files that cannot be read", self.broken_files),
        ];
        for (what, count) in rest.into_iter().filter(|(_, count)| *count > 0) {
            writeln!(out, "{what}: {count}")?;
        }
        Ok(())
    }

    /// How many URLs there are, how many of them were used, and how often.
    pub fn counted(&self) -> (usize, usize, u64) {
        let uses = self.join.urls().iter().map(|url| url.uses.served);
        let used = uses.clone().filter(|served| *served > 0).count();
        (self.join.urls().len(), used, uses.sum())
    }
}

fn title(url: &Url) -> String {
    let stable = if url.stable { ", stable" } else { "" };
    let ends = seconds(url.expires_at);
    format!("{} {}/{} (until {ends}{stable})", url.operation.as_str(), url.bucket, url.key)
}

fn asked(asker: &Asker) -> String {
    let who = [asker.issuer.as_deref(), asker.subject.as_deref().or(asker.client_id.as_deref())];
    let who: Vec<_> = who.into_iter().flatten().collect();
    let from = asker.address.map(|address| format!(" from {address}")).unwrap_or_default();
    format!("{} by {}{from}, id {}", seconds(asker.asked_at), who.join(" "), asker.id)
}

fn used(url: &Url) -> String {
    let uses = &url.uses;
    let (Some(first), Some(last)) = (uses.first, uses.last) else {
        return "never, as far as the logs tell".to_owned();
    };
    let by = match uses.joined_by {
        Some(JoinedBy::KeyAndTime) => "; joined by key and time, since a form has no id",
        Some(JoinedBy::Id | JoinedBy::Signature) | None => "",
    };
    let refused = if uses.refused > 0 { format!(", refused {}", uses.refused) } else { String::new() };
    let elsewhere = match uses.from_elsewhere(&url.askers) {
        0 => String::new(),
        count => format!(" (elsewhere {count})"),
    };
    let mut from: Vec<_> = uses.addresses.iter().map(|(address, count)| format!("{address} x{count}")).collect();
    from.extend((uses.from_more_addresses > 0).then(|| format!("others x{}", uses.from_more_addresses)));
    let statuses: Vec<_> = uses.statuses.iter().map(|(status, count)| format!("{status} x{count}")).collect();
    format!(
        "served {}{refused}; {} to {}; from {}{elsewhere}; answers {}; {} bytes{by}",
        uses.served,
        rfc3339(first),
        rfc3339(last),
        from.join(", "),
        statuses.join(", "),
        uses.bytes
    )
}

fn found(unexplained: &Unexplained) -> String {
    let Unexplained { time, address, operation, bucket, key, status, id, .. } = unexplained;
    let status = status.map_or("-".to_owned(), |status| status.to_string());
    let id = id.as_ref().map(|id| format!(", id {id}")).unwrap_or_default();
    format!(
        "{} {operation} {bucket}/{} from {address}: {status}{id}",
        rfc3339(*time),
        key.as_deref().unwrap_or_default()
    )
}

/// As JSON and audit lines have it.
pub fn rfc3339(time: OffsetDateTime) -> String {
    time.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// The same of a time in seconds.
pub fn seconds(from_epoch: i64) -> String {
    OffsetDateTime::from_unix_timestamp(from_epoch).map(rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_log::Issued;
    use crate::domain::access_log::Outcome;
    use crate::domain::access_log::Record;
    use crate::domain::operation::Operation;

    fn issued(operation: Operation, key: &str, id: &str, stable: bool) -> Issued {
        Issued {
            asker: Asker {
                id: id.to_owned(),
                asked_at: 1_795_521_600,
                issuer: Some("corp".to_owned()),
                subject: Some("42".to_owned()),
                client_id: None,
                address: Some("192.0.2.1".parse().unwrap()),
            },
            operation,
            bucket: "media".to_owned(),
            key: key.to_owned(),
            expires_at: 1_795_522_500,
            signing_key_id: "AKIA1".to_owned(),
            stable,
        }
    }

    fn line(minute: u32, address: &str, request: &str, rest: &str) -> String {
        let query =
            "X-Amz-Credential=AKIA1%2F20261124&X-Amz-Date=20261124T120000Z&X-Amz-Expires=900&X-Amz-Signature=5ec";
        let request = request.replace('?', &format!("?{query}"));
        format!("o acme [24/Nov/2026:12:{minute:02}:00 +0000] {address} - R{minute} REST.X {rest} 1 1 \"-\" \"-\" -")
            .replace("REQUEST", &format!("\"{request} HTTP/1.1\""))
    }

    #[test]
    fn what_was_issued_and_how_it_was_used_as_people_read_it() {
        let mut join = Join::default();
        join.issued(issued(Operation::PutObject, "users/42/a.png", "1", false));
        join.issued(issued(Operation::GetObject, "logo\u{1b}[2J.svg", "2", true));
        let second = issued(Operation::GetObject, "logo\u{1b}[2J.svg", "3", true);
        join.issued(Issued { asker: Asker { issuer: None, address: None, ..second.asker.clone() }, ..second });
        join.issued(issued(Operation::PostObject, "inbox/b", "4", false));
        join.issued(issued(Operation::GetObject, "c", "5", false));
        let lines = [
            line(1, "192.0.2.1", "PUT /users/42/a.png?&x-presignd-id=1", "users/42/a.png REQUEST 200 - - 4406583"),
            line(
                2,
                "203.0.113.9",
                "PUT /users/42/a.png?&x-presignd-id=1",
                "users/42/a.png REQUEST 403 AccessDenied 243 -",
            ),
            line(3, "198.51.100.7", "GET /logo%1B[2J.svg?", "logo%251B[2J.svg REQUEST 304 - - 10"),
            line(4, "192.0.2.1", "POST /", "inbox/b REQUEST 204 - - 77"),
            line(5, "203.0.113.9", "GET /c?&x-presignd-id=nobody", "c REQUEST 200 - 10 10"),
            line(5, "203.0.113.9", "GET /c?&x-presignd-id=nobody", "c REQUEST 200 - 10 10"),
            line(6, "203.0.113.9", "GET /c?&x-presignd-id=nobody", "c REQUEST 403 - 10 10"),
        ];
        let mut findings = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            if let Outcome::Unexplained(unexplained) = join.used(&Record::parse(line).unwrap()) {
                findings.push(Finding { unexplained, file: "logs/a".to_owned(), line: place as u64 + 1 });
            }
        }
        let report = Report { join: &join, findings: &findings, broken_lines: 3, broken_files: 0 };
        let mut text = Vec::new();
        report.write_text(&mut text).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap());
    }
}
