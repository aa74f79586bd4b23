//! One line of a server access log, as S3 really writes it.

use time::OffsetDateTime;
use time::macros::format_description;

/// What is read of a line. S3 adds fields at the end as years go by; none of them is needed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The bucket that was asked, by its real name.
    pub bucket: &'a str,
    /// When the request was received, to the second.
    pub time: OffsetDateTime,
    /// Where it came from: an address, or the name of a service of AWS.
    pub address: &'a str,
    pub request_id: &'a str,
    /// `REST.GET.OBJECT` and the like.
    pub operation: &'a str,
    /// As it stands in the line, encoded twice; `None` where the operation has none.
    pub key: Option<&'a str>,
    /// Method and target, of which the query may hold a signature that still works.
    pub request: Option<(&'a str, &'a str)>,
    /// `None` where the client went away before.
    pub status: Option<u16>,
    pub bytes_sent: u64,
    /// The whole object's, or the part's.
    pub object_size: u64,
}

/// Why a text is no line of an access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenLine {
    #[error("the line ends before its {0}")]
    Ends(&'static str),
    #[error("the time is none of the form [06/Feb/2019:00:00:38 +0000]")]
    Time,
    #[error("the {0} is neither a number nor -")]
    Number(&'static str),
    #[error("the request line does not end")]
    Request,
}

impl<'a> Record<'a> {
    /// Reads a line, without its line break.
    pub fn parse(line: &'a str) -> Result<Self, BrokenLine> {
        let mut rest = Rest(line);
        rest.field("bucket")?;
        let bucket = rest.field("time")?;
        let time = rest.time()?;
        let address = rest.field("requester")?;
        rest.field("request ID")?;
        let request_id = rest.field("operation")?;
        let operation = rest.field("key")?;
        let key = rest.field("request line")?;
        let request = rest.request()?;
        let status = rest.number("status", "error code")?;
        rest.field("bytes sent")?;
        let bytes_sent = rest.number("bytes sent", "object size")?.unwrap_or_default();
        let object_size = rest.number("object size", "total time")?.unwrap_or_default();
        let key = Some(key).filter(|key| *key != NONE);
        Ok(Self { bucket, time, address, request_id, operation, key, request, status, bytes_sent, object_size })
    }
}

/// What S3 writes for what there is not.
const NONE: &str = "-";

/// What is left of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The next field, behind which the one of that name has to begin.
    fn field(&mut self, next: &'static str) -> Result<&'a str, BrokenLine> {
        let (field, rest) = self.0.split_once(' ').ok_or(BrokenLine::Ends(next))?;
        self.0 = rest;
        Ok(field)
    }

    fn number<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        next: &'static str,
    ) -> Result<Option<T>, BrokenLine> {
        match self.field(next)? {
            NONE => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| BrokenLine::Number(name)),
        }
    }

    fn time(&mut self) -> Result<OffsetDateTime, BrokenLine> {
        let text = self.0.strip_prefix('[').ok_or(BrokenLine::Time)?;
        let (time, rest) = text.split_once("] ").ok_or(BrokenLine::Time)?;
        self.0 = rest;
        let format = format_description!(
            "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
        );
        OffsetDateTime::parse(time, format).map_err(|_| BrokenLine::Time)
    }

    /// The quoted request line. Quotes within are not escaped, and a client may well send some: it ends where a status
    /// follows, which a client cannot fake, since a request's target has no blanks. What clients write further on, the
    /// Referer and the User-Agent, comes behind all that is read here.
    fn request(&mut self) -> Result<Option<(&'a str, &'a str)>, BrokenLine> {
        let Some(text) = self.0.strip_prefix('"') else {
            // the GET half of a copy has none
            self.field("status")?;
            return Ok(None);
        };
        let ends = text.match_indices("\" ").map(|(place, _)| place);
        let end = ends.into_iter().find(|end| text.get(end + 2..).is_some_and(begins_with_a_status));
        let (request, rest) = end.and_then(|end| text.split_at_checked(end)).ok_or(BrokenLine::Request)?;
        self.0 = rest.get(2..).unwrap_or_default();
        let (method, target) = request.split_once(' ').unwrap_or((request, ""));
        Ok(Some((method, target.rsplit_once(" HTTP/").map_or(target, |(target, _)| target))))
    }
}

fn begins_with_a_status(text: &str) -> bool {
    let status = text.split(' ').next().unwrap_or_default();
    status == NONE || (status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()))
}
