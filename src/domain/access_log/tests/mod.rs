//! Lines of access logs, as S3 writes them and as attackers would have it write them.

mod join;
mod record;
