//! The limits of a grant against what a request says: what is unmet, and what the grant signs in.

mod client_side_encryption;
mod encryption;
mod retention;

use std::net::IpAddr;
use std::time::SystemTime;

use crate::domain::disposition;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::forms;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::Grant;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::StorageClass;
use crate::domain::grant::UploadLimits;
use crate::domain::media_type::MediaType;
use crate::domain::media_type::TypePattern;
use crate::domain::operation::Operation;
use crate::domain::parameters::Parameters;
use crate::domain::refusal::MemberError;
use crate::domain::request::Object;
use crate::domain::request::Request;
use crate::domain::template::Filling;
use crate::domain::template::ValueTemplate;

/// Adds to the parameters what the grant signs in, and tells every limit that they do not meet even so.
pub fn hold(grant: &Grant, operation: Operation, parameters: &mut Parameters, around: Around<'_>) -> Vec<MemberError> {
    let upload = |parameters| Upload { limits: &grant.upload, parameters, around, unmet: Vec::new() };
    match operation {
        Operation::CompleteMultipartUpload => upload(parameters).complete(),
        Operation::CreateMultipartUpload => upload(parameters).create(),
        Operation::GetObject | Operation::HeadObject => download(&grant.download, parameters),
        Operation::PostObject => upload(parameters).post(),
        Operation::PutObject => upload(parameters).put(),
        Operation::UploadPart => upload(parameters).part(),
        Operation::AbortMultipartUpload
        | Operation::DeleteObject
        | Operation::ListObjectsV2
        | Operation::ListParts
        | Operation::RestoreObject => Vec::new(),
    }
}

/// What bears on limits beside the grant and the request.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    pub filling: Filling<'a>,
    /// The bucket's.
    pub default_encryption: Option<&'a ServerSideEncryption>,
    /// What retentions are counted from.
    pub signed_at: SystemTime,
}

/// Whether the caller's address is one that the grant demands; no member of a request can mend it.
pub fn address(grant: &Grant, address: Option<IpAddr>) -> Option<MemberError> {
    let demanded = grant.source_ips.as_ref()?;
    let met = address.is_some_and(|address| demanded.iter().any(|net| net.contains(&address)));
    (!met).then(|| MemberError::at("", "this grant is for other client addresses"))
}

/// Whether the grant lets a form leave the end of its key to the holder.
pub fn key_prefix(grant: &Grant, request: &Request) -> Option<MemberError> {
    let leaves_open = request.operation == Operation::PostObject && matches!(request.object, Object::Prefix(_));
    (leaves_open && !grant.upload.post_key_prefix)
        .then(|| MemberError::at("/key_prefix", "this grant's forms name the whole key: give key"))
}

/// The table of limits: a column for each operation, first, then a row for each limit.
struct Upload<'a> {
    limits: &'a UploadLimits,
    parameters: &'a mut Parameters,
    around: Around<'a>,
    unmet: Vec<MemberError>,
}

impl Upload<'_> {
    fn put(mut self) -> Vec<MemberError> {
        self.size("content_length", self.parameters.content_length);
        self.content_type();
        self.object_lock();
        self.checksum(self.is_locked(), "give checksum or content_md5");
        self.write_once();
        self.encryption();
        self.storage_class();
        self.tags();
        self.metadata();
        self.unmet
    }

    fn post(mut self) -> Vec<MemberError> {
        self.length_range();
        self.form_content_type();
        self.object_lock();
        self.checksum(self.is_locked(), "give checksum");
        self.no_form_is_write_once();
        self.encryption();
        self.storage_class();
        self.tags();
        self.metadata();
        self.redirect();
        // The caller's own were told before: these are what the grant signs in.
        self.unmet.extend(self.parameters.variables());
        self.unmet
    }

    /// Nobody shall begin what can never be completed: where the size is known, it is held too.
    fn create(mut self) -> Vec<MemberError> {
        self.size_of_plan();
        self.content_type();
        self.object_lock();
        self.checksum_algorithm();
        self.encryption();
        self.storage_class();
        self.tags();
        self.metadata();
        self.unmet
    }

    fn part(mut self) -> Vec<MemberError> {
        let planned = self.parameters.planned_size.unwrap_or_default();
        self.size("content_length", self.parameters.content_length.map(|length| length.max(planned)));
        self.checksum(self.limits.object_lock.is_some(), "give checksum or content_md5");
        self.customer_encryption();
        self.unmet
    }

    /// The body that lists the parts is bound by no signature: only the size of what they come to is.
    fn complete(mut self) -> Vec<MemberError> {
        self.size("object_size", self.parameters.object_size);
        self.write_once();
        self.unmet
    }

    fn say(&mut self, pointer: &str, detail: impl Into<String>) {
        self.unmet.push(MemberError::at(pointer, detail));
    }

    fn size(&mut self, member: &str, given: Option<u64>) {
        let Some(most) = self.limits.max_size else { return };
        match given {
            None => self.say(&forms::pointer_to(member), format!("give the length, at most {most} bytes")),
            Some(length) if length > most => self.say(&forms::pointer_to(member), format!("give at most {most} bytes")),
            Some(_) => {}
        }
    }

    fn size_of_plan(&mut self) {
        if let Some(planned) = self.parameters.planned_size {
            self.size("content_length", Some(planned));
        }
    }

    /// Browsers take the last of several types, so a value that is not one media type is none of these.
    fn content_type(&mut self) {
        let Some(patterns) = &self.limits.content_types else { return };
        if let (None, [only]) = (&self.parameters.content_type, patterns.as_slice()) {
            self.parameters.content_type = only.exact().map(str::to_owned);
        }
        let given = self.parameters.content_type.as_deref().and_then(|given| MediaType::parse(given).ok());
        if !given.is_some_and(|given| patterns.iter().any(|pattern| pattern.allows(&given))) {
            let allowed = patterns.iter().map(TypePattern::to_string).collect::<Vec<_>>().join(", ");
            self.say("/content_type", format!("give one of {allowed}"));
        }
    }

    fn object_lock(&mut self) {
        let given = &mut self.parameters.object_lock;
        self.unmet.extend(retention::hold(self.limits.object_lock.as_ref(), given, self.around.signed_at));
    }

    fn is_locked(&self) -> bool {
        !self.parameters.object_lock.is_empty()
    }

    fn length_range(&mut self) {
        let Some(most) = self.limits.max_size else { return };
        let (_, asked) = *self.parameters.content_length_range.get_or_insert((0, most));
        if asked > most {
            self.say("/content_length_range", format!("give at most {most} bytes"));
        }
    }

    /// No exact type has a prefix of its own: what begins with `image/png` may go on to be another.
    fn form_content_type(&mut self) {
        let Some(prefix) = &self.parameters.content_type_prefix else { return self.content_type() };
        let patterns = self.limits.content_types.as_deref();
        let inside = patterns.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.holds_prefix(prefix)));
        if !self.limits.post_type_prefix {
            self.say("/content_type_prefix", "this grant's forms name the whole type: give content_type");
        } else if !inside {
            self.say("/content_type_prefix", "stay within one of the grant's patterns of types");
        }
    }

    fn no_form_is_write_once(&mut self) {
        if self.limits.write_once {
            self.say("", "a form cannot carry If-None-Match, which this grant demands: ask for PutObject");
        }
    }

    fn redirect(&mut self) {
        let asked = self.parameters.success_action_redirect.as_ref();
        if asked.is_some_and(|asked| !self.limits.post_redirects.contains(asked)) {
            self.say("/success_action_redirect", "this grant's forms do not redirect there");
        }
    }

    /// S3 takes no lock, and no part of what is locked, without one.
    fn checksum(&mut self, is_locked: bool, mend: &str) {
        let given = self.parameters.checksum.is_some() || self.parameters.content_md5.is_some();
        if (self.limits.require_checksum || is_locked) && !given {
            self.say("/checksum", mend);
        }
    }

    fn checksum_algorithm(&mut self) {
        let asked = self.limits.require_checksum || self.is_locked();
        if asked && self.parameters.upload_checksum.is_none() {
            self.say("/checksum", "give checksum with an algorithm");
        }
    }

    fn write_once(&mut self) {
        self.parameters.if_none_match |= self.limits.write_once;
    }

    fn storage_class(&mut self) {
        let standard = StorageClass::standard();
        let given = self.parameters.storage_class.as_ref().unwrap_or(&standard);
        if !self.limits.storage_classes.contains(given) {
            let allowed = self.limits.storage_classes.iter().map(StorageClass::as_str).collect::<Vec<_>>().join(", ");
            self.say("/storage_class", format!("give one of {allowed}"));
        }
    }

    fn encryption(&mut self) {
        let given = &mut self.parameters.server_side_encryption;
        self.unmet.extend(encryption::hold(self.limits, self.around.default_encryption, given));
    }

    fn customer_encryption(&mut self) {
        let given = &mut self.parameters.server_side_encryption;
        self.unmet.extend(encryption::hold_part(self.limits, given));
    }

    fn metadata(&mut self) {
        let set = &self.limits.set_metadata;
        let own = |name: &str| !set.iter().any(|(known, _)| known == name);
        let stray = self.parameters.metadata.iter().any(|(name, _)| own(name));
        if !self.limits.metadata && stray {
            self.say("/metadata", "this grant takes no metadata");
        }
        let mut given = std::mem::take(&mut self.parameters.metadata);
        self.sign_in("metadata", set, &mut given, forms::is_metadata_value);
        if forms::metadata_size(&given) > forms::MOST_METADATA {
            self.say("/metadata", "with what the grant adds, metadata takes more than 2048 bytes");
        }
        if self.limits.client_side_encryption {
            self.unmet.extend(client_side_encryption::unmet(&given));
        }
        self.parameters.metadata = given;
    }

    fn tags(&mut self) {
        let set = &self.limits.set_tags;
        let mut given = std::mem::take(&mut self.parameters.tags);
        for (name, _) in &given {
            if !self.limits.tags.contains(name) && !set.iter().any(|(known, _)| known == name) {
                self.say(&format!("/tags/{}", forms::escaped(name)), "this grant does not take this tag");
            }
        }
        self.sign_in("tags", set, &mut given, forms::is_tag_value);
        if given.len() > forms::MOST_TAGS {
            self.say("/tags", "with what the grant adds, there are more than 10 tags");
        }
        self.parameters.tags = given;
    }

    /// Adds the grant's own entries; a caller's entry of the same name must be equal.
    fn sign_in(
        &mut self,
        member: &str,
        set: &[(String, ValueTemplate)],
        given: &mut Vec<(String, String)>,
        fits: fn(&str) -> bool,
    ) {
        for (name, template) in set {
            let pointer = format!("/{member}/{}", forms::escaped(name));
            let value = template.fill(self.around.filling).filter(|value| value.is_ascii() && fits(value));
            match (value, given.iter().find(|(known, _)| known == name)) {
                (None, _) => self.say(&pointer, "the token lacks a claim that the grant puts here"),
                (Some(value), Some((_, own))) if *own != value => {
                    self.say(&pointer, "leave it out: the grant sets it");
                }
                (Some(_), Some(_)) => {}
                (Some(value), None) => given.push((name.clone(), value)),
            }
        }
    }
}

fn download(limits: &DownloadLimits, parameters: &mut Parameters) -> Vec<MemberError> {
    let mut unmet = Vec::new();
    if parameters.stable && !limits.stable {
        unmet.push(MemberError::at("/stable", "this grant gives no stable URLs"));
    }
    for (member, _) in &parameters.response {
        if !limits.overrides.contains(member) {
            let pointer = format!("/response/{}", member.as_str());
            unmet.push(MemberError::at(pointer, "this grant does not let a reader set this"));
        }
    }
    if parameters.download_as.is_some() && !limits.overrides.contains(&ResponseMember::ContentDisposition) {
        unmet.push(MemberError::at("/download_as", "this grant does not let a reader set this"));
    }
    if limits.force_attachment && parameters.download_as.is_none() {
        unmet.extend(force_attachment(parameters));
    }
    unmet
}

fn force_attachment(parameters: &mut Parameters) -> Option<MemberError> {
    match parameters.response(ResponseMember::ContentDisposition) {
        Some(given) if disposition::is_attachment(given) => None,
        Some(_) => Some(MemberError::at("/response/content_disposition", "this grant demands an attachment")),
        None => {
            parameters.response.push((ResponseMember::ContentDisposition, "attachment".to_owned()));
            None
        }
    }
}
