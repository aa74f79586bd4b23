//! What S3's error says of the signature, the clock, the place and the right.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>

use crate::domain::diagnose::answer::Answer;
use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::place;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::diagnose::said_of_bodies;
use crate::domain::diagnose::said_of_forms;
use crate::domain::diagnose::silent;
use crate::domain::diagnose::url_alone;
use crate::domain::used_url::UsedUrl;

/// One finding for an error; none where what S3 saw tells more than its code.
pub fn findings(answer: &Answer, url: Option<&UsedUrl<'_>>, quotes: &Quotes) -> Option<Finding> {
    match answer.code.as_str() {
        _ if said_of_forms::is_of_form(answer, url) => Some(said_of_forms::finding(answer, quotes)),
        "AccessDenied" if silent::is_silent(answer, url) => Some(silent::finding(url, quotes)),
        "AccessDenied" => Some(of_access(answer, quotes)),
        "AuthorizationHeaderMalformed"
        | "PermanentRedirect"
        | "TemporaryRedirect"
        | "Redirect"
        | "IllegalLocationConstraintException" => Some(of_region(answer, quotes)),
        "AuthorizationQueryParametersError" => of_parameters(answer, quotes),
        "ExpiredToken" | "TokenRefreshRequired" => Some(session_ended()),
        "InvalidAccessKeyId" | "InvalidToken" | "InvalidSecurity" => Some(key_unknown(answer, url)),
        "InvalidArgument"
            if answer.says("auth mechanism")
                || answer.field("ArgumentName") == Some("Authorization")
                || silent::is_silent(answer, url) =>
        {
            Some(authorized_twice())
        }
        "NoSuchBucket" => Some(Finding::new(
            FindingCode::BucketNotFound,
            "There is no such bucket at that host: it was never made, was deleted, or belongs to another store.",
            "Tell the operator: the alias's `bucket`, `region` or `endpoint` is wrong.",
        )),
        "RequestExpired" => Some(expired(answer, quotes)),
        "RequestTimeTooSkewed" => Some(clock_off(answer, quotes)),
        "SignatureDoesNotMatch" => answer.field("CanonicalRequest").is_none().then(|| silent::finding(url, quotes)),
        "InvalidRequest" if answer.says("authorization mechanism") => Some(Finding::new(
            FindingCode::SignatureVersion2,
            "S3 got a signature of version 2, or none of version 4, and takes only AWS4-HMAC-SHA256 here.",
            "Have the URL signed by version 4, and send no Authorization of your own beside it.",
        )),
        _ => Some(said_of_bodies::finding(answer, quotes)),
    }
}

fn of_access(answer: &Answer, quotes: &Quotes) -> Finding {
    if let Some(names) = answer.field("HeadersNotSigned") {
        let names = names.split([',', ' ', ';']).filter(|name| !name.is_empty());
        return not_signed(quotes.names(names));
    }
    if answer.says("not signed") {
        return Finding::new(
            FindingCode::HeaderNotSigned,
            "The client sent an x-amz-… header that the URL does not bind, and S3 refuses that.",
            "Send the answer's `headers` and no other x-amz-… header.",
        );
    }
    match () {
        () if answer.says("expired") => expired(answer, quotes),
        () if answer.says("not yet valid") => Finding::new(
            FindingCode::NotYetValid,
            "S3's clock has not reached X-Amz-Date: the machine that signed is ahead of the time.",
            "Tell the operator: the signing machine's clock must be set by NTP.",
        ),
        () if answer.says("kms:") => kms_refused(),
        () if answer.says("object lock") || answer.says("worm") => Finding::new(
            FindingCode::LockRefused,
            "The object is under retention or a legal hold, and stays as it is until that ends.",
            "Wait for the end of the retention; a GOVERNANCE one can be passed by with bypass_governance_retention.",
        ),
        () if answer.says("not authorized to perform") => Finding::new(
            FindingCode::AccessDenied,
            format!("The signature is right, but its signer may not do this: {}.", quotes.quote(&answer.message)),
            "Tell the operator: the IAM policy, bucket policy, boundary or endpoint policy that the message names must \
             allow the signing identity that action on that key.",
        ),
        () => Finding::new(
            FindingCode::AccessDenied,
            "S3 denies it without a reason: the signer lacks the right, a bucket policy refuses (plain HTTP, address, \
             VPC, age of the signature, encryption), or the object is not there and the signer may not list the bucket.",
            "Tell the operator to look at the signing identity's policy and the bucket's; ListBucket turns the last \
             case into NoSuchKey.",
        ),
    }
}

/// Headers that were sent and not signed.
pub fn not_signed(names: String) -> Finding {
    Finding::new(
        FindingCode::HeaderNotSigned,
        format!("The client sent {names}, which the URL does not bind: S3 refuses every unsigned x-amz-… header."),
        "Leave that header out (SDKs, wrappers and gateways add some by themselves), or ask for a URL with the member that \
         sets it, and send what the answer's `headers` says.",
    )
}

fn expired(answer: &Answer, quotes: &Quotes) -> Finding {
    let at = match (answer.field("Expires"), answer.field("ServerTime")) {
        (Some(ended), Some(now)) => {
            format!(" (it ended at {}, S3's clock said {})", quotes.bare(ended), quotes.bare(now))
        }
        _ => String::new(),
    };
    Finding::new(
        FindingCode::Expired,
        format!("The URL had ended when the request began{at}."),
        "Ask for a new one, late and with a longer expires_in. If it was fresh, the clock of the machine that signed \
         it is behind.",
    )
}

fn clock_off(answer: &Answer, quotes: &Quotes) -> Finding {
    let at = match (answer.field("RequestTime"), answer.field("ServerTime")) {
        (Some(asked), Some(now)) => {
            format!(": the request says {}, S3's clock {}", quotes.bare(asked), quotes.bare(now))
        }
        _ => String::new(),
    };
    Finding::new(
        FindingCode::ClockOff,
        format!("The signer's clock and S3's are too far apart{at}."),
        "Set the clock of the machine that signs by NTP; with a container or a sleeping laptop, that of its host.",
    )
}

fn of_region(answer: &Answer, quotes: &Quotes) -> Finding {
    let place = match (answer.field("Region"), answer.field("Endpoint")) {
        (Some(region), _) => format!("S3 expects the region {}", quotes.bare(region)),
        (None, Some(endpoint)) => format!("S3 points to {}", quotes.bare(endpoint)),
        (None, None) => "the bucket is elsewhere".to_owned(),
    };
    Finding::new(
        FindingCode::RegionDiffers,
        format!("The URL was signed for a region or a host that is not the bucket's: {place}."),
        "Tell the operator: the bucket's `region` (or `endpoint`) must be that one. Following the redirect does not \
         help, since the host is signed; a bucket that is younger than a day may need its regional host.",
    )
}

/// S3 says which parameter; most of them show in the URL too.
fn of_parameters(answer: &Answer, quotes: &Quotes) -> Option<Finding> {
    match () {
        () if answer.field("Region").is_some() || answer.says("the region") => Some(of_region(answer, quotes)),
        () if answer.says("incorrect service") => Some(Finding::new(
            FindingCode::CredentialMalformed,
            format!("X-Amz-Credential names another service than the host's: {}.", quotes.quote(&answer.message)),
            place::OF_SERVICE,
        )),
        () if answer.says("requires the x-amz-algorithm") => Some(parameter_missing()),
        () if answer.says("x-amz-expires") => Some(Finding::new(
            FindingCode::ExpiresOutOfRange,
            "S3 does not take X-Amz-Expires: it is a whole number of 1 to 604800 seconds, seven days.",
            "Ask for a URL of seven days at most, and for a new one when it has ended.",
        )),
        () if answer.says("credential date") => Some(url_alone::date_disagrees()),
        () if answer.says("x-amz-date") => Some(Finding::new(
            FindingCode::DateMalformed,
            "S3 cannot read X-Amz-Date, or it is not the day of X-Amz-Credential.",
            "Use the URL as it was issued; nothing may rewrite its date.",
        )),
        () if answer.says("x-amz-credential") => Some(Finding::new(
            FindingCode::CredentialMalformed,
            "S3 cannot read X-Amz-Credential.",
            "Use the URL as it was issued: its slashes are %2F, encoded once.",
        )),
        () => Some(parameter_missing()),
    }
}

fn parameter_missing() -> Finding {
    Finding::new(
        FindingCode::ParameterMissing,
        "S3 misses one of X-Amz-Algorithm, -Credential, -Date, -Expires, -SignedHeaders and -Signature, or of a \
         Multi-Region Access Point's URL X-Amz-Region-Set.",
        "Use the whole URL: an unquoted & on a command line cuts it off.",
    )
}

fn session_ended() -> Finding {
    Finding::new(
        FindingCode::SessionEnded,
        "The temporary credentials that signed the URL have ended, and the URL with them, whatever X-Amz-Expires says.",
        "Ask for a new URL; the operator should let presignd see when its credentials end, so that it shortens URLs.",
    )
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html>
fn key_unknown(answer: &Answer, url: Option<&UsedUrl<'_>>) -> Finding {
    let detail = match answer.code.as_str() {
        "InvalidToken" if url.is_some_and(url_alone::is_of_every_region) => {
            "S3 does not take the session token in the URL: it was cut, or comes from the global STS endpoint \
             (sts.amazonaws.com), whose tokens are for the regions alone that are enabled by default, unless the \
             account's settings say otherwise; a signature for every region needs one of a regional endpoint."
        }
        "InvalidToken" => "S3 does not know the session token in the URL: it was cut, or belongs to another store.",
        _ => {
            "S3 does not know the access key that signed: it was deleted or disabled, is another store's, or is a \
             session's whose X-Amz-Security-Token was lost from the URL."
        }
    };
    Finding::new(
        FindingCode::AccessKeyUnknown,
        detail,
        "Ask for a new URL; if that fails too, tell the operator: the bucket's `credentials` are not this store's.",
    )
}

/// The caller's token went along.
pub fn authorized_twice() -> Finding {
    Finding::new(
        FindingCode::AuthorizedTwice,
        "The client sent an Authorization header to S3 beside the signature in the URL, and S3 takes one only.",
        "Send your token to presignd alone: use a client without default headers for the URL.",
    )
}

fn kms_refused() -> Finding {
    Finding::new(
        FindingCode::KmsRefused,
        "The signature is right, but its signer may not use the object's KMS key.",
        "Tell the operator: the signing identity needs kms:GenerateDataKey to write and kms:Decrypt to read, in its \
         policy and in the key's.",
    )
}
