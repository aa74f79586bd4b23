//! Chains that hold, and every way in which one does not.

use proptest::prelude::*;

use crate::domain::audit_chain::Break;
use crate::domain::audit_chain::ChainKey;
use crate::domain::audit_chain::ChainedLine;
use crate::domain::audit_chain::Link;
use crate::domain::audit_chain::Mark;
use crate::domain::audit_chain::Verdict;
use crate::domain::audit_chain::Verification;
use crate::domain::audit_chain::seq_of;

fn key() -> ChainKey {
    ChainKey::new(b"0123456789abcdef0123456789abcdef")
}

fn text(seq: u64, word: &str) -> String {
    format!("{{\"time\":\"2026-11-24T12:00:00.000Z\",\"seq\":{seq},\"key\":\"{word}\",")
}

/// A line behind that mark, which then is of this line.
fn line(mark: &mut Mark, word: &str) -> String {
    let text = text(mark.seq + 1, word);
    let link = key().link(mark.link.as_ref(), text.as_bytes());
    let line = format!("{text}\"chain\":\"{}\"}}", link.as_str());
    *mark = Mark { seq: mark.seq + 1, link: Some(link) };
    line
}

/// Lines 1, 2, 3 … of a chain.
fn chain(count: usize) -> Vec<String> {
    let mut mark = Mark::default();
    (0..count).map(|_| line(&mut mark, "a")).collect()
}

fn unchained(seq: u64) -> String {
    text(seq, "a") + "\"chain\":null}"
}

/// HMAC-SHA256 by another implementation: `printf %s 00…0"{…," | openssl dgst -sha256 -hmac 0123…`.
#[test]
fn a_link_is_the_hmac_of_the_link_before_and_of_the_line() {
    use hmac::KeyInit;
    use hmac::Mac;
    let mac = |parts: &[&[u8]]| {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"0123456789abcdef0123456789abcdef").unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (zeros, first, second) = ("0".repeat(64), text(1, "a"), text(2, "a"));
    let one = mac(&[zeros.as_bytes(), first.as_bytes()]);
    let two = mac(&[one.as_bytes(), second.as_bytes()]);
    let expected = [format!("{first}\"chain\":\"{one}\"}}"), format!("{second}\"chain\":\"{two}\"}}")];
    assert_eq!(chain(2), expected);
}

#[test]
fn whatever_is_done_to_a_chain_shows() {
    let whole = chain(5);
    let edited = |edit: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        edit(&mut lines);
        lines
    };
    let linked = |count: usize| vec![Verdict::Linked; count];
    let broken =
        |count: usize, fault: Break, rest: usize| [linked(count), vec![Verdict::Broken(fault)], linked(rest)].concat();
    let longer = chain(9);
    let behind_its_head = [&longer[..5], &longer[7..]].concat();
    let (mut another, other) = (Mark::default(), ChainKey::new(&[7; 32]));
    another.link = Some(other.link(None, text(1, "a").as_bytes()));
    let by_another_key = format!("{}\"chain\":\"{}\"}}", text(1, "a"), another.link.unwrap().as_str());
    let rows: Vec<(&str, Vec<String>, Vec<Verdict>)> = vec![
        ("nothing", whole.clone(), linked(5)),
        ("no line at all", Vec::new(), Vec::new()),
        ("the end cut off, which only the head shows", whole[..3].to_vec(), linked(3)),
        ("the beginning cut off", whole[2..].to_vec(), broken(0, Break::Beginning(3), 2)),
        ("one line removed", edited(&|lines| _ = lines.remove(2)), broken(2, Break::Missing { from: 3, to: 3 }, 1)),
        ("three removed", edited(&|lines| _ = lines.drain(1..4)), broken(1, Break::Missing { from: 2, to: 4 }, 0)),
        (
            "one changed",
            edited(&|lines| lines[2] = lines[2].replace("\"a\"", "\"b\"")),
            broken(2, Break::Changed { seq: 3 }, 2),
        ),
        (
            "one renumbered",
            edited(&|lines| lines[2] = lines[2].replace("\"seq\":3", "\"seq\":4")),
            [broken(2, Break::Missing { from: 3, to: 3 }, 2)].concat(),
        ),
        (
            "the link of one changed",
            edited(&|lines| lines[2] = format!("{}{}\"}}", &lines[2][..lines[2].len() - 66], "f".repeat(64))),
            [
                linked(2),
                vec![Verdict::Broken(Break::Changed { seq: 3 }), Verdict::Broken(Break::Changed { seq: 4 })],
                linked(1),
            ]
            .concat(),
        ),
        (
            "two swapped",
            edited(&|lines| lines.swap(1, 2)),
            vec![
                Verdict::Linked,
                Verdict::Broken(Break::Missing { from: 2, to: 2 }),
                Verdict::Broken(Break::Order { seq: 2, after: 3 }),
                Verdict::Broken(Break::Missing { from: 3, to: 3 }),
                Verdict::Linked,
            ],
        ),
        (
            "one twice",
            edited(&|lines| lines.insert(1, lines[0].clone())),
            [broken(1, Break::Order { seq: 1, after: 1 }, 4)].concat(),
        ),
        (
            "a line without a chain put in",
            edited(&|lines| lines.insert(2, unchained(3))),
            [
                linked(2),
                vec![Verdict::Broken(Break::Unchained(3)), Verdict::Broken(Break::Order { seq: 3, after: 3 })],
                linked(2),
            ]
            .concat(),
        ),
        ("by another key", vec![by_another_key], broken(0, Break::Beginning(1), 0)),
        ("behind its head", behind_its_head, broken(5, Break::Missing { from: 6, to: 7 }, 1)),
        (
            "torn lines, which count for nothing",
            edited(&|lines| {
                lines.insert(2, lines[2][..50].to_owned());
                lines.push(String::new());
            }),
            [linked(2), vec![Verdict::Torn], linked(3), vec![Verdict::Torn]].concat(),
        ),
        (
            "whole lines in another form put in",
            edited(&|lines| {
                let forged = text(3, "b") + "\"chain\":\"\"}";
                lines.push(format!("{forged} {{\"time\":\""));
                lines.insert(2, forged);
            }),
            [
                linked(2),
                vec![Verdict::Broken(Break::Foreign { after: 2 })],
                linked(3),
                vec![Verdict::Broken(Break::Foreign { after: 5 })],
            ]
            .concat(),
        ),
        (
            "a whole line torn afterwards",
            edited(&|lines| lines[2].truncate(100)),
            [linked(2), vec![Verdict::Torn, Verdict::Broken(Break::Missing { from: 3, to: 3 })], linked(1)].concat(),
        ),
    ];
    for (row, lines, expected) in rows {
        let chain_key = key();
        let mut verification = Verification::new(&chain_key);
        let verdicts: Vec<_> = lines.iter().map(|line| verification.line(line.as_bytes())).collect();
        assert_eq!(verdicts, expected, "{row}");
        let broken = expected.iter().filter(|verdict| matches!(verdict, Verdict::Broken(_))).count() as u64;
        assert_eq!(verification.breaks(), broken, "{row}");
    }
}

#[test]
fn a_chain_may_begin_behind_lines_that_have_none_and_only_there() {
    let mut mark = Mark { seq: 2, link: None };
    let lines = [unchained(1), unchained(2), line(&mut mark, "a"), line(&mut mark, "a"), unchained(5)];
    let chain_key = key();
    let mut verification = Verification::new(&chain_key);
    let verdicts: Vec<_> = lines.iter().map(|line| verification.line(line.as_bytes())).collect();
    let (before, linked) = (Verdict::Unchained, Verdict::Linked);
    assert_eq!(verdicts, [before, before, linked, linked, Verdict::Broken(Break::Unchained(5))]);
    assert_eq!((verification.linked(), verification.unchained()), (2, 2));
    assert_eq!(verification.last().map(|mark| mark.seq), Some(5));
    let mut verification = Verification::new(&chain_key);
    assert_eq!(verification.line(b"{\"id\":\"of another format\"}"), Verdict::Unchained);
    assert_eq!(verification.endless_line(), Verdict::Unchained);
    assert_eq!(verification.line(chain(1)[0].as_bytes()), Verdict::Linked);
    assert_eq!(verification.endless_line(), Verdict::Broken(Break::Foreign { after: 1 }));
}

#[test]
fn a_link_is_64_lower_case_hexadecimal_digits() {
    let digits = "0123456789abcdef".repeat(4);
    assert_eq!(Link::parse(&digits).map(|link| link.as_str().to_owned()), Some(digits.clone()));
    for wrong in [digits[1..].to_owned(), format!("{digits}0"), digits.to_uppercase(), digits.replace('0', "g")] {
        assert_eq!(Link::parse(&wrong), None, "{wrong}");
    }
    assert_eq!(format!("{:?}", key()), "ChainKey");
}

#[test]
fn the_number_of_a_line_is_found_even_if_it_is_torn() {
    let rows = [
        ("{\"time\":\"2026\",\"seq\":7,\"id\":null}", Some(7)),
        ("{\"time\":\"2026\",\"seq\":18446744073709551615,", Some(u64::MAX)),
        ("{\"time\":\"2026\",\"seq\":7", None),
        ("{\"time\":\"2026\",\"se", None),
        ("{\"time\":\"2026", None),
        ("{\"time\":\"2026\",\"seq\":-7,", None),
        ("{\"seq\":7,\"time\":\"2026\"}", None),
        ("", None),
    ];
    for (line, expected) in rows {
        assert_eq!(seq_of(line.as_bytes()), expected, "{line}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        _ = seq_of(&bytes);
        _ = ChainedLine::parse(&bytes);
    }

    #[test]
    fn a_changed_byte_never_passes(place in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let lines = chain(3);
        let mut changed = lines[1].clone().into_bytes();
        let place = place.index(changed.len());
        prop_assume!(changed[place] != byte);
        changed[place] = byte;
        let chain_key = key();
        let mut verification = Verification::new(&chain_key);
        verification.line(lines[0].as_bytes());
        let (second, third) = (verification.line(&changed), verification.line(lines[2].as_bytes()));
        prop_assert!(second != Verdict::Linked && (second != Verdict::Torn || third != Verdict::Linked), "{second:?}");
    }
}
