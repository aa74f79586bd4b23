//! What is allowed in a configuration, but seldom meant.

use std::collections::BTreeSet;
use std::collections::HashSet;

use crate::adapters::config::buckets;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::grants::Placed;
use crate::adapters::config::nesting;
use crate::domain::action::Action;
use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::claims::ClaimPath;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::store::Store;

/// Looks at buckets and grants together.
pub(super) fn check(buckets: &[buckets::Placed<'_>], grants: &[Placed<'_>], report: &Report) {
    let deleting: HashSet<_> = grants.iter().filter(|placed| deletes(&placed.grant)).map(place_of).collect();
    for placed in grants {
        match placed.grant.effect {
            Effect::Allow => write_once_beside_delete(placed, &deleting, report),
            Effect::Deny => {
                half_denied(placed, report);
                side_door(placed, buckets, report);
            }
        }
    }
    one_identity(buckets, grants, report);
    nesting::check(grants, report);
}

/// Warns of a template that lets a caller choose another's folder, by a claim that callers can set at their issuer.
pub(super) fn changeable_claims<'c>(claims: impl Iterator<Item = &'c ClaimPath>, at: &Spot, report: &Report) {
    let told: BTreeSet<_> = claims.filter(|claim| is_changeable(claim)).map(ClaimPath::to_string).collect();
    for name in told {
        let wrong = format!("callers can often change their {name} themselves, and so become another here");
        report.warn(at, fault(wrong, "use a claim that only the issuer sets, such as {sub}"));
    }
}

fn is_changeable(claim: &ClaimPath) -> bool {
    matches!(claim.to_string().as_str(), "email" | "preferred_username" | "name")
}

/// A deny of one operation leaves the others of its kind open, and the versions.
fn half_denied(placed: &Placed<'_>, report: &Report) {
    let denied = placed.grant.rights();
    let of = |right: Right| Rights::NONE.with(right);
    let rows = [
        (Operation::PutObject, Action::Write, Action::Write.denies(), "forms and multipart uploads"),
        (Operation::DeleteObject, Action::Delete, of(Right::DeleteVersion), "versions"),
        (Operation::GetObject, Action::Read, of(Right::GetVersion), "versions"),
        (Operation::HeadObject, Action::Read, of(Right::HeadVersion), "versions"),
    ];
    for (operation, instead, others, open) in rows {
        if denied.allow(operation) && !denied.allow_all(others) {
            let wrong = format!("a deny of {} leaves {open} open", operation.as_str());
            report.warn(placed.actions_at, fault(wrong, format!("deny {:?} instead", instead.as_str())));
        }
    }
}

/// A deny holds for a bucket, by whichever alias; where an access point leads, nobody may have said.
fn side_door(placed: &Placed<'_>, buckets: &[buckets::Placed<'_>], report: &Report) {
    let Some(denied) = buckets.iter().find(|known| known.bucket.alias == placed.grant.bucket) else {
        return;
    };
    let door = buckets.iter().find(|other| {
        let hidden = other.bucket.leads_anywhere() || denied.bucket.leads_anywhere();
        hidden && other.bucket.resource != denied.bucket.resource && other.may_meet(denied)
    });
    if let Some(door) = door {
        let hidden = if door.bucket.leads_anywhere() { door } else { denied };
        let (door, alias) = (&door.bucket, &hidden.bucket.alias);
        let wrong = match door.leads_anywhere() {
            true => format!("the access point {alias} may lead to the same bucket, where this deny does not hold"),
            false => {
                format!("{} may be the bucket behind this access point, where this deny does not hold", door.alias)
            }
        };
        let mend = format!("name the bucket behind it: underlying in [buckets.{alias}]");
        report.warn(placed.bucket_at, fault(wrong, mend));
    }
}

/// Stores that take an unsigned `x-amz-copy-source` let an upload copy whatever its signer can read.
fn one_identity(buckets: &[buckets::Placed<'_>], grants: &[Placed<'_>], report: &Report) {
    let allows = grants.iter().filter(|placed| placed.grant.effect == Effect::Allow);
    let written: HashSet<_> =
        allows.filter(|placed| placed.grant.writes()).map(|placed| &placed.grant.bucket).collect();
    for placed in buckets {
        let bucket = &placed.bucket;
        let one = bucket.read_credentials == bucket.write_credentials;
        if one && placed.endpoint.is_some() && bucket.store != Store::Aws && written.contains(&bucket.alias) {
            let wrong = "one identity reads and writes: at some stores an upload's holder can copy any object it reads";
            let mend = "write credentials = { read = \"…\", write = \"…\" }, the second without the right to read";
            report.warn(placed.credentials_at.both, fault(wrong, mend));
        }
    }
}

/// Who may delete what was written once, also by a wider grant, can write it again.
fn write_once_beside_delete(placed: &Placed<'_>, deleting: &HashSet<(&Name, &str)>, report: &Report) {
    let grant = &placed.grant;
    let mut around = std::iter::once(grant.scope.as_str()).chain(nesting::prefixes(grant));
    if grant.upload.write_once && grant.writes() && around.any(|scope| deleting.contains(&(&grant.bucket, scope))) {
        let wrong = "write_once beside a right to delete: what is deleted can be written again";
        report.warn(placed.actions_at, fault(wrong, "leave delete to another prefix, or to nobody"));
    }
}

fn deletes(grant: &Grant) -> bool {
    let deletes = Action::Delete.allows().or(Action::DeleteVersion.allows());
    grant.effect == Effect::Allow && grant.rights().allow_any(deletes)
}

fn place_of<'p>(placed: &'p Placed<'_>) -> (&'p Name, &'p str) {
    (&placed.grant.bucket, placed.grant.scope.as_str())
}
