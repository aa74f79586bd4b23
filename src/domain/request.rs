//! One request for a URL: JSON to a [`Request`], every wrong member reported.

use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::claims::Value;
use crate::domain::forms;
use crate::domain::key::FileName;
use crate::domain::key::InvalidKey;
use crate::domain::key::ObjectKey;
use crate::domain::key::RequestedPrefix;
use crate::domain::lifetime::Asked;
use crate::domain::member::Member;
use crate::domain::operation::Names;
use crate::domain::operation::Operation;
use crate::domain::operation::Row;
use crate::domain::operation::TABLE;
use crate::domain::parameters::Parameters;
use crate::domain::refusal::MemberError;

/// A well-formed request: what it asks may still be nobody's to have.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub operation: Operation,
    /// What the caller calls the bucket; perhaps no alias of any.
    pub bucket: String,
    pub object: Object,
    pub expires_in: Asked,
    pub parameters: Parameters,
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    Key(ObjectKey),
    /// A key that a grant's template makes.
    ForFile {
        file_name: FileName,
        grant: Option<String>,
    },
    Prefix(RequestedPrefix),
}

/// Why a JSON value is no [`Request`].
#[derive(Debug, Clone, PartialEq)]
pub enum Unreadable {
    /// Its shape is wrong: every wrong member, at least one, but of very many about [`MOST_ERRORS`].
    Shape(Vec<MemberError>),
    /// Only its key is no key.
    Key { operation: Operation, bucket: String, key: String, parameters: Box<Parameters>, error: MemberError },
}

impl Request {
    /// What a grant must allow for it, all of it.
    pub fn rights(&self) -> Rights {
        let versioned = self.parameters.version_id.is_some();
        let own = match self.operation {
            Operation::DeleteObject if versioned => Right::DeleteVersion,
            Operation::GetObject if versioned => Right::GetVersion,
            Operation::HeadObject if versioned => Right::HeadVersion,
            Operation::AbortMultipartUpload
            | Operation::CompleteMultipartUpload
            | Operation::CreateMultipartUpload
            | Operation::DeleteObject
            | Operation::GetObject
            | Operation::HeadObject
            | Operation::ListObjectsV2
            | Operation::ListParts
            | Operation::PostObject
            | Operation::PutObject
            | Operation::RestoreObject
            | Operation::UploadPart => Right::Operation(self.operation),
        };
        let rights = Rights::NONE.with(own);
        match self.parameters.bypass_governance_retention {
            true => rights.with(Right::BypassGovernance),
            false => rights,
        }
    }

    /// Reads a body of `/v1/presign`.
    pub fn parse(body: &Value) -> Result<Self, Unreadable> {
        match body {
            Value::Object(_) => Self::read(row_of(body)?, body, &["operation"]),
            _ => Err(Unreadable::not_an_object()),
        }
    }

    /// Reads a body that is known to be for the row's operation; the members `besides` are for others to read.
    pub(super) fn read(row: &Row, body: &Value, besides: &[&str]) -> Result<Self, Unreadable> {
        let Value::Object(members) = body else { return Err(Unreadable::not_an_object()) };
        let mut errors = Vec::new();
        let mut parameters = Parameters::default();
        for (name, value) in members.iter().filter(|(name, _)| !besides.contains(&name.as_str())) {
            if errors.len() >= MOST_ERRORS {
                break;
            }
            if let Some(member) = row.members.iter().find(|member| member.name() == name) {
                errors.extend(parameters.take(*member, value).err());
            } else if !is_common(row, name) {
                errors.push(MemberError::at(forms::pointer_to(name), stranger(row, name)));
            }
        }
        errors.extend(row.required.iter().filter_map(|member| missing(*member, body)));
        errors.extend(parameters.conflicts());
        if row.operation == Operation::PostObject {
            errors.extend(parameters.variables());
        }
        let bucket = forms::note(&mut errors, bucket(body));
        let expires_in = forms::note(&mut errors, expires_in(body));
        let named = forms::note(&mut errors, Named::of(row, body));
        let (Some(bucket), Some(expires_in), Some(named), true) = (bucket, expires_in, named, errors.is_empty()) else {
            return Err(Unreadable::Shape(errors));
        };
        match named.parse(row) {
            Ok(object) => Ok(Self { operation: row.operation, bucket, object, expires_in, parameters }),
            Err(error) => {
                let error = MemberError::at(format!("/{}", named.member), error.to_string());
                let (key, parameters) = (named.text.to_owned(), Box::new(parameters));
                Err(Unreadable::Key { operation: row.operation, bucket, key, parameters, error })
            }
        }
    }
}

impl Unreadable {
    /// A body that has no members at all.
    pub fn not_an_object() -> Self {
        Self::Shape(vec![MemberError::at("", "give an object")])
    }
}

/// So many wrong members say enough: a body can hold hundreds of thousands, and the answer would be larger than it.
pub const MOST_ERRORS: usize = 100;

impl Object {
    /// The key or the prefix as it stands in answers and in the audit log: a file's name until it has a key.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Key(key) => key.as_str(),
            Self::ForFile { file_name, .. } => file_name.as_str(),
            Self::Prefix(prefix) => prefix.as_str(),
        }
    }
}

fn row_of(body: &Value) -> Result<&'static Row, Unreadable> {
    let known = || TABLE.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    let row = match body.member("operation") {
        Some(Value::String(name)) => Operation::named(name).map(Operation::row),
        _ => None,
    };
    row.ok_or_else(|| Unreadable::Shape(vec![MemberError::at("/operation", format!("give one of {}", known()))]))
}

/// Members that every operation has, in the shape that suits the row.
fn is_common(row: &Row, name: &str) -> bool {
    match name {
        "bucket" | "expires_in" => true,
        "key" => row.names != Names::Prefix,
        "file_name" | "grant" => matches!(row.names, Names::KeyOrFileName | Names::KeyFileNameOrPrefix),
        "key_prefix" => row.names == Names::KeyFileNameOrPrefix,
        "prefix" => row.names == Names::Prefix,
        _ => false,
    }
}

fn stranger(row: &Row, name: &str) -> String {
    let elsewhere =
        ["key", "file_name", "grant", "key_prefix", "prefix"].contains(&name) || Member::named(name).is_some();
    match name {
        _ if elsewhere => format!("{} does not take this member", row.name),
        _ => "no such member".to_owned(),
    }
}

fn missing(member: Member, body: &Value) -> Option<MemberError> {
    let name = member.name();
    body.member(name).is_none().then(|| MemberError::at(forms::pointer_to(name), format!("give {name}")))
}

fn bucket(body: &Value) -> Result<String, MemberError> {
    let value = body.member("bucket").ok_or_else(|| MemberError::at("/bucket", "give the bucket's alias"))?;
    forms::any_text("bucket", value).map(str::to_owned)
}

fn expires_in(body: &Value) -> Result<Asked, MemberError> {
    match body.member("expires_in") {
        None => Ok(Asked::Nothing),
        Some(Value::Integer(seconds @ 1..)) => Ok(Asked::Seconds(u64::try_from(*seconds).unwrap_or(u64::MAX))),
        // What 64 bits do not hold was read as a float: it is too long, rather than no number of seconds.
        Some(Value::Float(seconds)) if *seconds >= u64::MAX as f64 => Ok(Asked::Seconds(u64::MAX)),
        Some(_) => Err(MemberError::at("/expires_in", "give whole seconds, at least 1")),
    }
}

/// The one member that names the object, not yet held against the rules for keys.
struct Named<'a> {
    member: &'static str,
    text: &'a str,
    grant: Option<&'a str>,
}

impl<'a> Named<'a> {
    fn of(row: &Row, body: &'a Value) -> Result<Self, MemberError> {
        let given = |member| body.member(member).map(|value| forms::any_text(member, value)).transpose();
        let found = |member, text, grant| Ok(Self { member, text, grant });
        let missing = |member, detail| Err(MemberError::at(member, detail));
        match row.names {
            Names::Prefix => match given("prefix")? {
                Some(text) => found("prefix", text, None),
                None => missing("/prefix", "give the prefix; an empty one is the whole bucket"),
            },
            Names::Key => match given("key")? {
                Some(text) => found("key", text, None),
                None => missing("/key", "give the key"),
            },
            Names::KeyFileNameOrPrefix if body.member("key_prefix").is_some() => {
                match (given("key_prefix")?, ["key", "file_name", "grant"].map(|other| body.member(other).is_some())) {
                    (Some(text), [false, false, false]) => found("key_prefix", text, None),
                    _ => missing("/key_prefix", "give one of key, file_name and key_prefix, and key_prefix alone"),
                }
            }
            Names::KeyOrFileName | Names::KeyFileNameOrPrefix => {
                match (given("key")?, given("file_name")?, given("grant")?) {
                    (Some(_), Some(_), _) => missing("/file_name", "give either key or file_name"),
                    (Some(_), None, Some(_)) => missing("/grant", "name a grant only beside file_name"),
                    (Some(text), None, None) => found("key", text, None),
                    (None, Some(text), grant) => found("file_name", text, grant),
                    (None, None, _) => {
                        missing("/key", "give the key, or file_name for a key made by a grant's template")
                    }
                }
            }
        }
    }

    fn parse(&self, row: &Row) -> Result<Object, InvalidKey> {
        match self.member {
            "prefix" => RequestedPrefix::parse(self.text).map(Object::Prefix),
            "key_prefix" => RequestedPrefix::parse(self.text)?.in_form().map(Object::Prefix),
            "file_name" => {
                let grant = self.grant.map(str::to_owned);
                FileName::parse(self.text).map(|file_name| Object::ForFile { file_name, grant })
            }
            _ if row.operation == Operation::PostObject => ObjectKey::parse(self.text)?.in_form().map(Object::Key),
            _ => ObjectKey::parse(self.text).map(Object::Key),
        }
    }
}
