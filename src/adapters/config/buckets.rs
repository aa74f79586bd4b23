//! `[buckets.ALIAS]`: the buckets that callers can name, and where they are.

use std::sync::Arc;

use crate::adapters::config::around::Around;
use crate::adapters::config::credentials::Credentials;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::diagnostic::told;
use crate::adapters::config::encryption;
use crate::adapters::config::names::Names;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::flag;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::domain::bucket::BucketName;
use crate::domain::bucket::Resource;
use crate::domain::custom_endpoint::CustomEndpoint;
use crate::domain::custom_endpoint::PlainHttp;
use crate::domain::endpoint::Addressing;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::region::Region;
use crate::domain::store::Store;
use crate::domain::store::access_points;
use crate::domain::store::features::Lacks;

/// The buckets of a file.
pub(super) struct Buckets<'t> {
    /// Those without an error.
    pub(super) whole: Vec<Placed<'t>>,
    /// All of them.
    pub(super) names: Names,
}

/// A bucket, with what only the checks of a whole file look at.
pub(super) struct Placed<'t> {
    pub(super) bucket: Bucket,
    /// The endpoint's host; none on AWS.
    pub(super) endpoint: Option<String>,
    pub(super) access_log: Option<AccessLog<'t>>,
    /// Where its default encryption stands.
    pub(super) default_encryption_at: Option<&'t Spot>,
    pub(super) credentials_at: CredentialsAt<'t>,
}

/// Where a bucket's credentials stand, each and both together, or its header.
#[derive(Clone, Copy)]
pub(super) struct CredentialsAt<'t> {
    pub(super) both: &'t Spot,
    pub(super) read: &'t Spot,
    pub(super) write: &'t Spot,
}

impl<'t> CredentialsAt<'t> {
    fn one(at: &'t Spot) -> Self {
        Self { both: at, read: at, write: at }
    }
}

impl Placed<'_> {
    /// Whether it can have the same bucket as another: an access point is in its bucket's region, a Multi-Region one in
    /// many, and a bucket on an outpost in no other place.
    pub(super) fn may_meet(&self, other: &Self) -> bool {
        let (own, others) = (&self.bucket.target, &other.bucket.target);
        let everywhere = |target: &Target| target.signing == Signing::SigV4A;
        let on_outposts = |target: &Target| target.service == "s3-outposts";
        let region = own.region == others.region || everywhere(own) || everywhere(others);
        region && self.endpoint == other.endpoint && on_outposts(own) == on_outposts(others)
    }
}

/// `access_log`: where S3 writes about who used the bucket.
pub(super) struct AccessLog<'t> {
    pub(super) bucket: BucketName,
    pub(super) prefix: String,
    pub(super) at: &'t Spot,
}

/// Reads the tables of `[buckets]`.
pub(super) fn buckets<'t>(entries: &'t [Entry], credentials: &Credentials, around: Around<'t>) -> Buckets<'t> {
    let mut buckets = Buckets { whole: Vec::new(), names: Names::of("bucket") };
    for entry in entries {
        let alias = buckets.names.declare_text(&entry.key, &entry.at, around.report);
        let section = Section::of(&entry.node, format!("[buckets.{}]", entry.key), around.report);
        buckets.whole.extend(section.and_then(|section| bucket(section, alias, credentials)));
    }
    buckets
}

fn bucket<'t>(mut section: Section<'t>, alias: Option<Name>, credentials: &Credentials) -> Option<Placed<'t>> {
    let resource = section.read_required("bucket", "\"the bucket's real name\"", resource);
    let location = location(&mut section, resource.as_ref());
    let signers = signers(&mut section, credentials);
    let underlying = underlying(&mut section, resource.as_ref());
    let own: Vec<_> = resource.iter().filter_map(Resource::bucket).chain(&underlying).collect();
    let access_log = access_log(&mut section, &own);
    let default_encryption = encryption::default(&mut section);
    let default_encryption_at = section.take("default_encryption").map(|node| &node.at);
    let log_id = section.read("log_id", flag).unwrap_or(true);
    section.close();
    let (location, signers, resource) = (location?, signers?, resource?);
    let bucket = Bucket {
        alias: alias?,
        underlying,
        target: Arc::new(location.target),
        store: location.store,
        lacks: Lacks::of(location.store).and(access_points::of(&resource)),
        resource,
        default_encryption,
        read_credentials: signers.read,
        write_credentials: signers.write,
        log_id,
    };
    let (endpoint, credentials_at) = (location.endpoint, signers.at);
    Some(Placed { bucket, endpoint, access_log, default_encryption_at, credentials_at })
}

fn resource(node: &Node) -> Result<Resource, Fault> {
    Resource::parse(text(node)?).map_err(|error| told(error, "write the bucket's real name"))
}

/// The bucket behind an access point; a Multi-Region one has several.
fn underlying(section: &mut Section<'_>, resource: Option<&Resource>) -> Vec<BucketName> {
    match section.take("underlying") {
        Some(node) if matches!(node.value, Value::List(_)) => {
            if !matches!(resource, Some(Resource::MultiRegion(_)) | None) {
                let wrong = "only a Multi-Region Access Point leads to several buckets";
                section.report().error(&node.at, fault(wrong, "write the one behind it, as a string"));
            }
            section.some("underlying", bucket_name).unwrap_or_default()
        }
        Some(_) | None => section.read("underlying", bucket_name).into_iter().collect(),
    }
}

fn bucket_name(node: &Node) -> Result<BucketName, Fault> {
    BucketName::parse(text(node)?).map_err(|error| told(error, "write the bucket's real name"))
}

struct Location {
    target: Target,
    store: Store,
    endpoint: Option<String>,
}

/// Everything that says where the bucket is.
fn location(section: &mut Section<'_>, resource: Option<&Resource>) -> Option<Location> {
    let allow_http = section.flag("allow_http");
    let plain_http = if allow_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly };
    let endpoint = match section.take("endpoint") {
        None => Ok(None),
        Some(node) => section.report().accept(&node.at, endpoint(node, plain_http)).map(Some).ok_or(()),
    };
    let arn = section.take("bucket").is_some_and(|node| text(node).is_ok_and(|text| text.starts_with("arn:")));
    let region = region(section, arn || endpoint != Ok(None));
    let store = store(section, endpoint != Ok(None));
    let use_arn_region = section.read("use_arn_region", flag).unwrap_or(true);
    let options = EndpointOptions {
        region: region?,
        only_own_region: !use_arn_region,
        addressing: section.read("addressing", addressing),
        dual_stack: section.flag("dual_stack"),
        fips: section.flag("fips"),
        accelerate: section.flag("accelerate"),
        endpoint: endpoint.ok()?,
    };
    let target = match Target::resolve(resource?, &options) {
        Ok(target) => target,
        Err(error) => {
            let at = section.take(error.key()).map_or(section.at(), |node| &node.at);
            section.report().error(at, told(error, "change it"));
            return None;
        }
    };
    let endpoint = options.endpoint.map(|endpoint| endpoint.signed_host().to_owned());
    Some(Location { target, store: store?, endpoint })
}

fn endpoint(node: &Node, plain_http: PlainHttp) -> Result<CustomEndpoint, Fault> {
    let like = "write the store's address, such as \"https://s3.example.net\"";
    CustomEndpoint::parse(text(node)?, plain_http).map_err(|error| told(error, like))
}

/// The region, where it is given or must be; `None` where what is given is wrong.
fn region(section: &mut Section<'_>, may_be_absent: bool) -> Option<Option<Region>> {
    let read = |node| Region::parse(text(node)?).map_err(|error| told(error, "correct it"));
    match section.take("region") {
        None if may_be_absent => Some(None),
        None | Some(_) => section.read_required("region", "\"eu-west-1\"", read).map(Some),
    }
}

fn store(section: &mut Section<'_>, has_endpoint: bool) -> Option<Store> {
    let Some(node) = section.take("store") else {
        return Some(if has_endpoint { Store::Generic } else { Store::Aws });
    };
    let store = section.report().accept(&node.at, store_named(node))?;
    if !has_endpoint && store != Store::Aws {
        let wrong = "only the store aws is found without an endpoint";
        section.report().error(&node.at, fault(wrong, "add endpoint = \"https://…\" or write \"aws\""));
        return None;
    }
    Some(store)
}

fn store_named(node: &Node) -> Result<Store, Fault> {
    let name = text(node)?;
    let known = Store::ALL.into_iter().map(Store::as_str);
    Store::named(name).ok_or_else(|| fault(format!("there is no store {name:?}"), meant(name, known)))
}

fn addressing(node: &Node) -> Result<Addressing, Fault> {
    match text(node)? {
        "path" => Ok(Addressing::Path),
        "virtual" => Ok(Addressing::Virtual),
        _ => Err(fault("no such addressing", "write \"virtual\" or \"path\"")),
    }
}

/// Whose keys sign reads and lists, and whose the rest.
struct Signers<'t> {
    read: Name,
    write: Name,
    at: CredentialsAt<'t>,
}

fn signers<'t>(section: &mut Section<'t>, credentials: &Credentials) -> Option<Signers<'t>> {
    let (names, report) = (&credentials.names, section.report());
    let node = match (section.take("credentials"), names.only()) {
        (Some(node), _) => node,
        (None, Some(only)) => {
            return Some(Signers { read: only.clone(), write: only.clone(), at: CredentialsAt::one(section.at()) });
        }
        (None, None) => section.require("credentials", &names.one_of())?,
    };
    if !matches!(node.value, Value::Table(_)) {
        let name = report.accept(&node.at, names.refer(node))?;
        return Some(Signers { read: name.clone(), write: name, at: CredentialsAt::one(&node.at) });
    }
    let mut pair = Section::of(node, "credentials", report)?;
    let read = pair.read_required("read", "NAME", |node| names.refer(node));
    let write = pair.read_required("write", "NAME", |node| names.refer(node));
    let mut at_of = |key| pair.take(key).map_or(&node.at, |node| &node.at);
    let at = CredentialsAt { both: &node.at, read: at_of("read"), write: at_of("write") };
    pair.close();
    Some(Signers { read: read?, write: write?, at })
}

/// `access_log`. A bucket that logs into itself is refused here; longer loops are found when all buckets are read.
fn access_log<'t>(section: &mut Section<'t>, own: &[&BucketName]) -> Option<AccessLog<'t>> {
    let mut section = section.section("access_log", "access_log")?;
    let at = section.at();
    let target = section.read_required("bucket", "\"the log bucket's real name\"", |node| {
        let bucket = bucket_name(node)?;
        match own.contains(&&bucket) {
            true => Err(fault(format!("{bucket} would log into itself, without end"), "log into another bucket")),
            false => Ok(bucket),
        }
    });
    let prefix = section.read("prefix", text).unwrap_or_default().to_owned();
    section.close();
    Some(AccessLog { bucket: target?, prefix, at })
}
