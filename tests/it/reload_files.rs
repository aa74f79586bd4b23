//! How a change is noticed: in the configuration's file and in those that it takes in, written in pieces, swapped as
//! Kubernetes does it, or gone.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::Duration;

use serde_json::Value;

use crate::support::eventually;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::service::message;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::CORP;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::tls::Authority;
use crate::support::tls::Client;
use crate::support::tls::Identity;
use crate::support::tls::TLS;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

fn asked(service: &Service, token: &str, key: &str) -> u16 {
    service.post(token, "/v1/presign", &ask("GetObject", "media", key)).status
}

/// A grant of a folder.
fn folder(name: &str) -> String {
    let grant = ALL_OF_MEDIA.replace("\"all\"", &format!("{name:?}"));
    grant.replace("prefix = \"\"", &format!("prefix = \"{name}/\""))
}

fn of_folders(names: &[&str]) -> String {
    let grants: String = names.iter().map(|name| folder(name)).collect();
    [ISSUER, MEDIA, &grants].concat()
}

/// Each piece by itself makes a configuration that could be taken up, with fewer grants than before.
#[test]
fn a_file_that_is_written_in_pieces_is_taken_up_when_the_last_is_there() {
    let names: Vec<String> = (0..20).map(|number| format!("folder-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let service = setting(&[&of_folders(&names)]).serve();
    service.ready();
    let whole = of_folders(&[&names[..], &["last"]].concat());
    let mut file = std::fs::File::create(service.presignd.path("presignd.toml")).unwrap();
    let last_of_before = format!("{}/a", names[19]);
    for piece in whole.split_inclusive("[[grants]]") {
        file.write_all(piece.as_bytes()).unwrap();
        assert_eq!(asked(&service, &token(), &last_of_before), 200, "half of it is in force");
        // The writer's own pace: a look comes between two pieces, and no two looks between the same ones.
        std::thread::sleep(Duration::from_millis(60));
    }
    drop(file);
    eventually("all of it", || (asked(&service, &token(), "last/a") == 200).then_some(()));
    assert_eq!((service.reloads("success"), service.reloads("failure")), (1.0, 0.0));
}

#[test]
fn a_symlink_that_is_swapped_as_kubernetes_does_it_is_followed() {
    let presignd = setting(&["of no use"]);
    let put = |folder: &str, grant: &str, secret: &str| {
        presignd.write(
            &format!("{folder}/presignd.toml"),
            of_folders(&[grant]).replace("secret_env = \"CORP_SECRET\"", "secret_file = \"secret\""),
        );
        presignd.write(&format!("{folder}/secret"), secret);
    };
    let swap = |folder: &str, path: &dyn Fn(&str) -> std::path::PathBuf| {
        symlink(folder, path("..tmp")).unwrap();
        std::fs::rename(path("..tmp"), path("..data")).unwrap();
    };
    let (first, second) = ("first-secret-of-more-than-32-bytes!", "second-secret-of-more-than-32-bytes");
    put("..1", "one", first);
    put("..2", "two", second);
    swap("..1", &|name| presignd.path(name));
    std::fs::remove_file(presignd.path("presignd.toml")).unwrap();
    for name in ["presignd.toml", "secret"] {
        symlink(format!("..data/{name}"), presignd.path(name)).unwrap();
    }
    let service = presignd.serve();
    assert_eq!(asked(&service, &of_secret(first), "one/a"), 200);
    service.reloaded("success", || swap("..2", &|name| service.presignd.path(name)));
    assert_eq!(
        (asked(&service, &of_secret(second), "two/a"), asked(&service, &of_secret(second), "one/a")),
        (200, 403)
    );
    assert_eq!(asked(&service, &of_secret(first), "two/a"), 401, "verified before, by a secret that is no more");
    std::fs::remove_dir_all(service.presignd.path("..1")).unwrap();
    assert_eq!((service.reloads("success"), service.reloads("failure")), (1.0, 0.0));
}

fn of_secret(secret: &str) -> String {
    Issuer::hmac(secret).token(&claims(CORP, "presignd", "42", &serde_json::json!({})))
}

#[test]
fn a_secret_in_a_file_is_followed_and_what_it_held_stays_in_force_when_it_goes() {
    let issuer = ISSUER.replace("hmac_secret_env = \"CORP_SECRET\"", "hmac_secret_file = \"secret\"");
    let parts = [&issuer, MEDIA, ALL_OF_MEDIA];
    let (first, second) = ("first-secret-of-more-than-32-bytes!", "second-secret-of-more-than-32-bytes");
    let service = setting(&parts).file("secret", first).serve();
    let judged = || (asked(&service, &of_secret(first), "a"), asked(&service, &of_secret(second), "a"));
    assert_eq!(judged(), (200, 401));
    service.reloaded("success", || service.presignd.write("secret", second));
    assert_eq!(judged(), (401, 200));
    service.reloaded("failure", || service.presignd.write("secret", "short"));
    assert_eq!(judged(), (401, 200));
    service.logged("what is wrong", |line| message(line).contains("the HMAC secret has 5 bytes, fewer than 32"));
    service.reloaded("success", || std::fs::remove_file(service.presignd.path("secret")).unwrap());
    assert_eq!((judged(), service.admin("/readyz").status), ((401, 200), 200));
    service.logged("the loss", |line| message(line) == "a file of the configuration is lost; what it held is kept");
    service.reconfigured(&[&parts.concat().replace("\"all\"", "\"other\"")]);
    assert_eq!(judged(), (401, 200), "over a change of the configuration too");
    service.reloaded("success", || service.presignd.write("secret", first));
    assert_eq!(judged(), (200, 401));
}

#[test]
fn files_of_tls_may_be_others_from_a_reload_on_if_they_are_whole() {
    let authority = Authority::new();
    let [first, second, ended] = [authority.identity(), authority.identity(), authority.issue(now() - 60)];
    let put = |presignd: Presignd, name: &str, identity: &Identity| {
        presignd
            .file(&format!("{name}/cert.pem"), &identity.certificate)
            .file(&format!("{name}/key.pem"), &identity.key)
    };
    let presignd = put(setting(&[TLS, ISSUER, MEDIA, ALL_OF_MEDIA]), "second", &second);
    let service = first.beside(put(presignd, "ended", &ended)).serve();
    let shown = || {
        let stream = authority.connect(service.address, &Client::default()).unwrap();
        stream.conn.peer_certificates().unwrap()[0].to_vec()
    };
    let of = |folder: &str| [&TLS.replace("= \"", &format!("= \"{folder}/")), ISSUER, MEDIA, ALL_OF_MEDIA].concat();
    for folder in ["nowhere", "ended"] {
        service.refused(&[&of(folder)]);
        assert_eq!(shown(), first.der().to_vec(), "{folder}");
    }
    service
        .logged("the end of it", |line| message(line).contains("the certificate has ended; renew it, or name another"));
    service.reconfigured(&[&of("second")]);
    assert_eq!(shown(), second.der().to_vec());
    let taken_up = |line: &Value| message(line) == "certificate of server.tls taken up";
    service.presignd.write("second/cert.pem", &first.certificate);
    service.presignd.write("second/key.pem", &first.key);
    service.logged("the new files are followed", taken_up);
    assert_eq!(shown(), first.der().to_vec());
    eventually("the reload that a file of it brings", || (service.reloads("success") == 2.0).then_some(()));
    let count = service.log().iter().filter(|line| taken_up(line)).count();
    service.presignd.write("cert.pem", &second.certificate);
    service.presignd.write("key.pem", &second.key);
    service.reconfigured(&[&of("second"), "\n"]);
    assert_eq!(service.log().iter().filter(|line| taken_up(line)).count(), count, "the old ones are not");
}
