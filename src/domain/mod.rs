//! What presignd knows: keys, grants, the decision, S3 requests, SigV4. Pure: same inputs, same output.

pub mod action;
pub mod bucket;
pub mod caller;
pub mod claims;
pub mod custom_endpoint;
pub mod disposition;
pub mod endpoint;
pub mod forms;
pub mod grant;
pub mod key;
pub mod lifetime;
pub mod limits;
pub mod media_type;
pub mod member;
pub mod name;
pub mod operation;
pub mod parameters;
pub mod policy;
pub mod presign;
pub mod refusal;
pub mod region;
pub mod request;
pub mod scope;
pub mod sigv4;
pub mod template;
