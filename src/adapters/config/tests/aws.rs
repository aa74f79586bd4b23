//! `provider = "default"` and `"assume_role"`: what they may say, and where AWS is asked.

use std::time::Duration;

use super::*;
use crate::domain::name::Name;
use crate::domain::region::Region;
use crate::domain::role::RoleArn;
use crate::domain::role::SessionName;

#[test]
fn roles_are_checked_whole() {
    check_rows(&ROLES);
}

pub(super) const ROLES: [Row; 5] = [
    (
        "a role has an ARN and a source, and the rest is what STS takes",
        "any",
        r#"[credentials.one]
provider = "assume_role"
[credentials.two]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:user/uploads"
source = "mian"
external_id = "an id"
session_name = "s"
duration = "13h"
[credentials.three]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/uploads"
source = 5
duration = "14m"
path = "x"
[credentials.main]
provider = "default"
profile = "x"
"#,
        &[
            r#"1:1: [credentials.one] has no role_arn; add role_arn = "arn:aws:iam::111122223333:role/uploads""#,
            r#"1:1: [credentials.one] has no source; add source = "…" with one of one, two, three, main"#,
            r#"5:12: not the ARN of a role; write one such as "arn:aws:iam::111122223333:role/uploads""#,
            r#"6:10: there is no credentials "mian"; write "main" if that is meant"#,
            "7:15: an external id is 2 to 1224 of the characters A-Z a-z 0-9 _ + = , . @ : / -; write what the role's owner gave",
            r#"8:16: a session's name is 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -; write one such as "presignd""#,
            r#"9:12: a role's session lasts 15m to 12h; write "1h", or up to what the role allows"#,
            "13:10: a string is expected, not an integer; write it in quotes",
            r#"14:12: a role's session lasts 15m to 12h; write "1h", or up to what the role allows"#,
            r#"15:1: unknown key "path" in [credentials.three]; remove it; the keys of [credentials.three] are provider, role_arn, source, external_id, session_name, duration"#,
            r#"18:1: unknown key "profile" in [credentials.main]; remove it; the keys of [credentials.main] are provider"#,
            r#"26:1: [buckets.media] has no credentials; add credentials = "…" with one of one, two, three, main"#,
        ],
    ),
    (
        "no role is made from itself",
        "any",
        r#"[credentials.one]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/one"
source = "one"
[credentials.two]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/two"
source = "three"
[credentials.three]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/three"
source = "two"
[credentials.four]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/four"
source = "two"
"#,
        &[
            "4:10: the sources of one lead back to it; name credentials that are made from no others",
            "8:10: the sources of two lead back to it; name credentials that are made from no others",
            "12:10: the sources of three lead back to it; name credentials that are made from no others",
            r#"24:1: [buckets.media] has no credentials; add credentials = "…" with one of one, two, three, four"#,
        ],
    ),
    (
        "signing keys ask nobody",
        "any",
        r#"[credentials.one]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/one"
source = "keys"
[credentials.keys]
provider = "signing_key"
path = "k"
"#,
        &[
            "4:10: the credentials keys are signing keys, which sign no call of STS; name others, which hold a secret",
            r#"15:1: [buckets.media] has no credentials; add credentials = "…" with one of one, keys"#,
        ],
    ),
    (
        "a chain of roles gives an hour at most",
        "any",
        r#"[credentials.base]
provider = "default"
[credentials.one]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/one"
source = "base"
duration = "12h"
[credentials.two]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/two"
source = "one"
duration = "1h"
[credentials.three]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/three"
source = "one"
duration = "61m"
"#,
        &[
            "17:12: a role assumed from another role's session lasts 1h at most; write 1h or less",
            r#"25:1: [buckets.media] has no credentials; add credentials = "…" with one of base, one, two, three"#,
        ],
    ),
    (
        "a role does not excuse from naming who signs",
        "any",
        r#"[credentials.one]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/one"
source = "tow"
[credentials.two]
provider = "default"
"#,
        &[
            r#"4:10: there is no credentials "tow"; write "two" if that is meant"#,
            r#"14:1: [buckets.media] has no credentials; add credentials = "…" with one of one, two"#,
        ],
    ),
];

/// The sources of `base` and of the role made from it, with buckets in these regions, or at these endpoints.
fn sources(role: &str, more: &str, environment: &[(&str, &str)]) -> Vec<AwsSource> {
    let text = format!(
        r#"[credentials.role]
provider = "assume_role"
role_arn = "{role}"
source = "base"
{more}
[credentials.base]
provider = "default"
"#
    );
    let bucket = "[buckets.media]\nbucket = \"acme\"\nregion = \"eu-west-1\"\ncredentials = \"role\"\n";
    let elsewhere = "[buckets.elsewhere]\nbucket = \"acme\"\nregion = \"us-west-2\"\n\
        endpoint = \"https://s3.example.net\"\ncredentials = \"base\"\n";
    let text = whole("bucket", &format!("{text}{elsewhere}{bucket}"));
    let loaded = read(&text, environment).unwrap_or_else(|wrong| panic!("{wrong:#?}\n{text}"));
    let of = |(_, provider): (Name, CredentialsProvider)| match provider {
        CredentialsProvider::Aws(source) => source,
        CredentialsProvider::Local(source) => panic!("{source:?}"),
    };
    loaded.settings.credentials.into_iter().map(of).collect()
}

#[test]
fn aws_is_asked_in_the_environments_region_or_a_buckets_or_the_partitions_own() {
    let (aws, china) = ("arn:aws:iam::111122223333:role/r", "arn:aws-cn:iam::111122223333:role/r");
    for (role, environment, of_role, of_base) in [
        (aws, &[][..], "eu-west-1", "eu-west-1"),
        (aws, &[("AWS_REGION", "us-east-2")], "us-east-2", "us-east-2"),
        (aws, &[("AWS_DEFAULT_REGION", "us-east-2")], "us-east-2", "us-east-2"),
        (aws, &[("AWS_DEFAULT_REGION", "us-east-2"), ("AWS_REGION", "eu-north-1")], "eu-north-1", "eu-north-1"),
        (aws, &[("AWS_REGION", "mars")], "eu-west-1", "eu-west-1"),
        (china, &[], "cn-northwest-1", "eu-west-1"),
        (china, &[("AWS_REGION", "cn-north-1")], "cn-north-1", "cn-north-1"),
        (china, &[("AWS_REGION", "us-east-2")], "cn-northwest-1", "us-east-2"),
    ] {
        let region = |source: &AwsSource| match source {
            AwsSource::AssumeRole(Role { region, .. }) | AwsSource::Default { region } => region.as_str().to_owned(),
        };
        let found: Vec<_> = sources(role, "", environment).iter().map(region).collect();
        assert_eq!(found, [of_role, of_base], "{role} {environment:?}");
    }
}

#[test]
fn a_provider_is_the_same_whichever_region_of_its_partition_sts_is_asked_in() {
    let (aws, china) = ("arn:aws:iam::111122223333:role/r", "arn:aws-cn:iam::111122223333:role/r");
    let before = sources(aws, "", &[]);
    for (row, role, more, environment, same_role, same_base) in [
        ("the same", aws, "", &[][..], true, true),
        ("another region", aws, "", &[("AWS_REGION", "us-east-2")], true, true),
        ("another partition for the chain", aws, "", &[("AWS_REGION", "cn-north-1")], true, false),
        ("another role", china, "", &[], false, true),
        ("another session", aws, "session_name = \"other\"", &[], false, true),
        ("another lifetime", aws, "duration = \"2h\"", &[], false, true),
        ("another external id", aws, "external_id = \"other\"", &[], false, true),
    ] {
        let after = sources(role, more, environment).into_iter().map(CredentialsProvider::Aws);
        let is =
            |(before, after): (&AwsSource, CredentialsProvider)| CredentialsProvider::Aws(before.clone()).is(&after);
        let same: Vec<bool> = before.iter().zip(after).map(is).collect();
        assert_eq!(same, [same_role, same_base], "{row}");
    }
    let [role, base] = [0, 1].map(|place| CredentialsProvider::Aws(before[place].clone()));
    assert!(!role.is(&base) && !base.is(&role));
}

#[test]
fn what_a_role_leaves_out_is_an_hour_for_presignd() {
    let arn = "arn:aws:iam::111122223333:role/teams/uploads";
    let AwsSource::AssumeRole(role) = sources(arn, "", &[]).remove(0) else { panic!("a role") };
    let expected = Role {
        arn: RoleArn::parse(arn).unwrap(),
        source: Name::parse("base").unwrap(),
        external_id: None,
        session_name: SessionName::parse("presignd").unwrap(),
        duration: Duration::from_secs(3600),
        region: Region::parse("eu-west-1").unwrap(),
    };
    assert_eq!(role, expected);
    let more = "external_id = \"a:b/c\"\nsession_name = \"uploads@acme\"\nduration = \"12h\"";
    let AwsSource::AssumeRole(role) = sources(arn, more, &[]).remove(0) else { panic!("a role") };
    assert_eq!(role.external_id.unwrap().as_str(), "a:b/c");
    assert_eq!((role.session_name.as_str(), role.duration.as_secs()), ("uploads@acme", 43_200));
}
