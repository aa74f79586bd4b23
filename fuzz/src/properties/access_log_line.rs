//! A line of S3's access log: what is read of it, written again, is read the same.

use presignd::domain::access_log::Record;
use time::macros::format_description;

/// The input is the line.
pub fn hold(data: &[u8]) {
    let Ok(line) = std::str::from_utf8(data) else { return };
    let Ok(record) = Record::parse(line) else { return };
    let words = [record.bucket, record.address, record.request_id, record.operation, record.key.unwrap_or("-")];
    assert!(words.iter().all(|word| !word.contains(' ')), "{record:?}");
    // No method has a quote, and no target a blank: where both are, a request may end at several places.
    if record.request.is_none_or(|(method, target)| !method.contains('"') && !target.contains(' ')) {
        assert_eq!(Record::parse(&written(&record)), Ok(record.clone()), "what was read is not what is read again");
    }
    let longer = format!("{line} \"https://referer.example/\" \"agent \"GET /x\" 200 -\" -");
    assert_eq!(Record::parse(&longer), Ok(record), "what clients write behind changes what stands before");
}

/// The line that says no more than this.
fn written(record: &Record<'_>) -> String {
    let format = format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    let Record { bucket, address, request_id, operation, bytes_sent, object_size, .. } = record;
    let (time, key) = (record.time.format(format).unwrap(), record.key.unwrap_or("-"));
    let request = match record.request {
        Some((method, target)) => format!("\"{method} {target} HTTP/1.1\""),
        None => "-".to_owned(),
    };
    let status = record.status.map_or("-".to_owned(), |status| format!("{status:03}"));
    format!(
        "owner {bucket} [{time}] {address} requester {request_id} {operation} {key} {request} {status} - {bytes_sent} \
         {object_size} -"
    )
}
