//! What a request asks for beside its key: each member parsed, and what it becomes on the wire.

use std::borrow::Cow;

use crate::domain::checksum::Checksum;
use crate::domain::checksum::ChecksumType;
use crate::domain::checksum::UploadChecksum;
use crate::domain::claims::Value;
use crate::domain::disposition;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::forms;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::StorageClass;
use crate::domain::headers;
use crate::domain::headers::Headers;
use crate::domain::key;
use crate::domain::member::Member;
use crate::domain::mfa_code::MfaCode;
use crate::domain::refusal::MemberError;
use crate::domain::restore::Tier;
use crate::domain::retention::ObjectLock;
use crate::domain::sigv4;

/// The members of a request that its operation takes, as far as they were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    pub stable: bool,
    pub part_number: Option<u32>,
    /// In the order of [`ResponseMember`].
    pub response: Vec<(ResponseMember, String)>,
    pub download_as: Option<String>,
    pub checksum_mode: bool,
    pub content_type: Option<String>,
    pub content_type_prefix: Option<String>,
    /// In bytes.
    pub content_length: Option<u64>,
    /// The least and the most, in bytes.
    pub content_length_range: Option<(u64, u64)>,
    /// Padded base64.
    pub content_md5: Option<String>,
    pub checksum: Option<Checksum>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub cache_control: Option<String>,
    /// Names in lower case.
    pub metadata: Vec<(String, String)>,
    pub tags: Vec<(String, String)>,
    pub storage_class: Option<StorageClass>,
    /// Beside a read only SSE-C.
    pub server_side_encryption: Option<ServerSideEncryption>,
    pub object_lock: ObjectLock,
    /// `If-None-Match: *`.
    pub if_none_match: bool,
    pub success_action_redirect: Option<String>,
    pub success_action_status: Option<u16>,
    pub delimiter: Option<String>,
    pub max_keys: Option<u32>,
    pub continuation_token: Option<String>,
    pub start_after: Option<String>,
    pub upload_id: Option<String>,
    /// Of an upload's parts.
    pub upload_checksum: Option<UploadChecksum>,
    /// Of a whole object's bytes.
    pub object_checksum: Option<Checksum>,
    /// Of the object that the parts come to, in bytes.
    pub object_size: Option<u64>,
    pub max_parts: Option<u32>,
    pub part_number_marker: Option<u32>,
    /// What an upload in parts shall come to in the end, in bytes, where it was planned here: held against a grant's
    /// limit, and not signed.
    pub planned_size: Option<u64>,
    pub days: Option<u32>,
    pub tier: Option<Tier>,
    pub version_id: Option<String>,
    pub mfa: Option<MfaCode>,
    pub bypass_governance_retention: bool,
}

impl Parameters {
    /// Takes up one member's value; the pointer of an error begins at the member.
    pub fn take(&mut self, member: Member, value: &Value) -> Result<(), MemberError> {
        let name = member.name();
        match member {
            Member::BypassGovernanceRetention => self.bypass_governance_retention = forms::boolean(name, value)?,
            Member::CacheControl => self.cache_control = Some(forms::header_text(name, value)?),
            Member::Checksum => self.checksum = Some(forms::checksum(value)?),
            Member::ChecksumMode => self.checksum_mode = forms::one_of(member, value)?,
            Member::ChecksumOfObject => self.object_checksum = Some(forms::object_checksum(value)?),
            Member::ChecksumOfUpload => self.upload_checksum = Some(forms::upload_checksum(value)?),
            Member::ContentDisposition => self.content_disposition = Some(forms::header_text(name, value)?),
            Member::ContentEncoding => self.content_encoding = Some(forms::header_text(name, value)?),
            Member::ContentLanguage => self.content_language = Some(forms::header_text(name, value)?),
            Member::ContentLength => self.content_length = Some(forms::integer(member, value)?.unsigned_abs()),
            Member::ContentLengthRange => self.content_length_range = Some(forms::length_range(member, value)?),
            Member::ContentMd5 => self.content_md5 = Some(forms::digest(name, forms::text(name, value)?, 16)?),
            Member::ContentType => self.content_type = Some(forms::header_text(name, value)?),
            Member::ContentTypePrefix => self.content_type_prefix = Some(forms::header_text(name, value)?),
            Member::ContinuationToken => self.continuation_token = Some(forms::text(name, value)?.to_owned()),
            Member::CustomerEncryption => self.server_side_encryption = Some(forms::customer_encryption(value)?),
            Member::Days => self.days = u32::try_from(forms::integer(member, value)?).ok(),
            Member::Delimiter => self.delimiter = Some(forms::text(name, value)?.to_owned()),
            Member::DownloadAs => self.download_as = Some(forms::file_name(value)?),
            Member::IfNoneMatch => self.if_none_match = forms::one_of(member, value)?,
            Member::MaxKeys => self.max_keys = u32::try_from(forms::integer(member, value)?).ok(),
            Member::MaxParts => self.max_parts = u32::try_from(forms::integer(member, value)?).ok(),
            Member::Metadata => self.metadata = forms::metadata(value)?,
            Member::Mfa => self.mfa = Some(forms::mfa(value)?),
            Member::ObjectLock => self.object_lock = forms::object_lock(value)?,
            Member::ObjectSize => self.object_size = Some(forms::integer(member, value)?.unsigned_abs()),
            Member::PartNumber => self.part_number = u32::try_from(forms::integer(member, value)?).ok(),
            Member::PartNumberMarker => self.part_number_marker = u32::try_from(forms::integer(member, value)?).ok(),
            Member::Response => self.response = forms::response(value)?,
            Member::ServerSideEncryption => self.server_side_encryption = Some(forms::server_side_encryption(value)?),
            Member::Stable => self.stable = forms::boolean(name, value)?,
            Member::StartAfter => self.start_after = Some(forms::text(name, value)?.to_owned()),
            Member::StorageClass => self.storage_class = Some(forms::storage_class(value)?),
            Member::SuccessActionRedirect => self.success_action_redirect = Some(forms::header_text(name, value)?),
            Member::SuccessActionStatus => self.success_action_status = Some(forms::one_of_numbers(member, value)?),
            Member::Tags => self.tags = forms::tags(value)?,
            Member::Tier => self.tier = Some(forms::tier(value)?),
            Member::UploadId => self.upload_id = Some(forms::id(name, value)?),
            Member::VersionId => self.version_id = Some(forms::id(name, value)?),
        }
        Ok(())
    }

    /// What two members together make wrong.
    pub fn conflicts(&self) -> Vec<MemberError> {
        let both = self.download_as.is_some() && self.response(ResponseMember::ContentDisposition).is_some();
        let two_types = self.content_type.is_some() && self.content_type_prefix.is_some();
        let latest = self.version_id.is_none();
        let summed = self.checksum.is_some() || self.content_md5.is_some() || self.upload_checksum.is_some();
        let rows = [
            (both, "/download_as", "leave out download_as or response.content_disposition"),
            (two_types, "/content_type_prefix", "leave out content_type or content_type_prefix"),
            (
                latest && self.mfa.is_some(),
                "/mfa",
                "leave out mfa, or give the version_id: S3 asks it of versions only",
            ),
            (
                !self.object_lock.is_empty() && !summed,
                "/checksum",
                "give a checksum: S3 takes no object_lock without one",
            ),
        ];
        let wrong = rows.into_iter().filter(|(wrong, ..)| *wrong);
        wrong.map(|(_, pointer, detail)| MemberError::at(pointer, detail)).collect()
    }

    /// What no form can carry: S3 puts the file's name in place of `${filename}` in every field, not only in the key.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
    pub fn variables(&self) -> Vec<MemberError> {
        let types = [("content_type", &self.content_type), ("content_type_prefix", &self.content_type_prefix)];
        let types = types.into_iter().filter_map(|(member, text)| Some((member, None, text.as_deref()?)));
        let metadata = self.metadata.iter().map(|(name, value)| ("metadata", Some(name), value.as_str()));
        let tags = self.tags.iter().map(|(name, value)| ("tags", Some(name), value.as_str()));
        let fields = types.chain(metadata).chain(tags);
        let found = fields
            .filter(|(_, name, value)| name.is_some_and(|name| key::has_variable(name)) || key::has_variable(value));
        let pointer = |member, name: Option<&String>| match name {
            Some(name) => format!("/{member}/{}", forms::escaped(name)),
            None => format!("/{member}"),
        };
        let detail = "leave out ${: S3 fills it in where a form is posted";
        found.map(|(member, name, _)| MemberError::at(pointer(member, name), detail)).collect()
    }

    /// The value of a response member, if it was given.
    pub fn response(&self, member: ResponseMember) -> Option<&str> {
        self.response.iter().find(|(given, _)| *given == member).map(|(_, value)| value.as_str())
    }

    /// The headers that these become, `content-length` among them.
    pub fn headers(&self) -> Headers {
        let mut headers = Vec::new();
        let mut add = |name: &str, value: Option<Cow<'_, str>>| {
            headers.extend(value.map(|value| (name.to_owned(), value.into_owned())));
        };
        add("cache-control", self.cache_control.as_deref().map(Cow::from));
        add("content-disposition", self.content_disposition.as_deref().map(Cow::from));
        add("content-encoding", self.content_encoding.as_deref().map(Cow::from));
        add("content-language", self.content_language.as_deref().map(Cow::from));
        add("content-length", self.content_length.map(|length| length.to_string().into()));
        add("content-md5", self.content_md5.as_deref().map(Cow::from));
        add("content-type", self.content_type.as_deref().map(Cow::from));
        add("if-none-match", self.if_none_match.then_some("*".into()));
        add("x-amz-bypass-governance-retention", self.bypass_governance_retention.then_some("true".into()));
        if let Some(checksum) = &self.checksum {
            add(checksum.algorithm.header(), Some(checksum.value.as_str().into()));
        }
        if let Some(checksum) = &self.object_checksum {
            add(checksum.algorithm.header(), Some(checksum.value.as_str().into()));
            add("x-amz-checksum-type", Some(ChecksumType::FullObject.as_str().into()));
        }
        if let Some(checksum) = &self.upload_checksum {
            add("x-amz-checksum-algorithm", Some(checksum.algorithm.as_str().into()));
            add("x-amz-checksum-type", checksum.kind.map(|kind| kind.as_str().into()));
        }
        add("x-amz-checksum-mode", self.checksum_mode.then_some("ENABLED".into()));
        add(headers::MFA, self.mfa.as_ref().map(|code| code.expose().into()));
        for (name, value) in &self.metadata {
            add(&format!("x-amz-meta-{name}"), Some(value.as_str().into()));
        }
        add("x-amz-mp-object-size", self.object_size.map(|size| size.to_string().into()));
        for (name, value) in self.server_side_encryption.iter().flat_map(ServerSideEncryption::headers) {
            add(name, Some(value.into()));
        }
        for (name, value) in self.object_lock.headers() {
            add(name, Some(value.into()));
        }
        add("x-amz-storage-class", self.storage_class.as_ref().map(|class| class.as_str().into()));
        add("x-amz-tagging", (!self.tags.is_empty()).then(|| tagging(&self.tags).into()));
        Headers::of(headers)
    }

    /// The query parameters that these become.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut query: Vec<_> =
            self.response.iter().map(|(member, value)| (member.parameter(), value.clone())).collect();
        let mut add = |name: &'static str, value: Option<String>| query.extend(value.map(|value| (name, value)));
        add(ResponseMember::ContentDisposition.parameter(), self.download_as.as_deref().map(disposition::attachment));
        add("partNumber", self.part_number.map(|number| number.to_string()));
        add("continuation-token", self.continuation_token.clone());
        add("delimiter", self.delimiter.clone());
        add("max-keys", self.max_keys.map(|most| most.to_string()));
        add("max-parts", self.max_parts.map(|most| most.to_string()));
        add("part-number-marker", self.part_number_marker.map(|number| number.to_string()));
        add("start-after", self.start_after.clone());
        add("uploadId", self.upload_id.clone());
        add("versionId", self.version_id.clone());
        query
    }
}

/// S3's `x-amz-tagging`: RFC 3986-encoded pairs.
fn tagging(tags: &[(String, String)]) -> String {
    let pairs = tags.iter().map(|(name, value)| format!("{}={}", sigv4::encoded(name), sigv4::encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
