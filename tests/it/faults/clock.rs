//! The wall clock steps, back and forth, while load runs.

use serde_json::json;

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::inside::Inside;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::support::client::Call;
use crate::support::now;
use crate::support::setting::ask;
use crate::support::setting::token_with;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Steps back come after steps forth, over days and back over them.
const STEPS: [i64; 7] = [0, -HOUR, -DAY, 2 * DAY, -DAY, 400 * DAY, 0];

#[test]
fn urls_and_tokens_follow_a_clock_that_steps_and_no_line_is_lost() {
    let service = Inside::serve(of_corp(&["long", "short"], ""));
    let clock = service.clock();
    let ends = now() + HOUR;
    let long = Caller::new("long", &token_with(&json!({"exp": now() + 1000 * DAY})));
    let short = Caller::new("short", &token_with(&json!({"exp": ends})));
    let judge = Judge::told_by(move || clock.now());
    let load = Load::begin(To::plain(service.address), judge, vec![long, short], 2);
    for step in STEPS {
        let has_ended = step >= HOUR;
        load.may_after(|| service.set_clock(step), "short", if has_ended { &["expired_token"] } else { &[] });
        match has_ended {
            true => load.is_shut_out("short", "expired_token"),
            false => load.is_served(&["short"]),
        }
        load.is_served(&["long"]);
        assert_eq!(service.admin("/readyz").status, 200, "{step}");
    }
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}

#[test]
fn limits_do_not_follow_a_clock_that_steps() {
    let limits = "[rate_limits]\nper_subject = { rate = \"1/h\", burst = 2 }\n";
    let service = Inside::serve(of_corp(&["a"], limits));
    let asked = |subject: &str| {
        let token = token_with(&json!({"sub": subject, "exp": now() + 1000 * DAY}));
        Call::new("POST", service.address, "/v1/presign").bearer(&token).json(&ask("GetObject", "media", "a/a")).send()
    };
    assert_eq!([asked("spent"), asked("spent")].map(|reply| reply.status), [200, 200]);
    for (place, step) in STEPS.into_iter().enumerate() {
        service.set_clock(step);
        let refused = asked("spent");
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")), "{step}");
        assert_eq!(asked(&place.to_string()).status, 200, "a step costs nobody his limit");
    }
}
