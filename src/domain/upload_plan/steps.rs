//! A call for URLs of one upload in parts: each step of it as a request of its own.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::domain::checksum::Checksum;
use crate::domain::claims::Value;
use crate::domain::forms;
use crate::domain::member::MOST_PARTS;
use crate::domain::member::Member;
use crate::domain::operation;
use crate::domain::operation::Method;
use crate::domain::operation::Names;
use crate::domain::operation::Operation;
use crate::domain::operation::Row;
use crate::domain::parameters::Parameters;
use crate::domain::refusal::MemberError;
use crate::domain::request::MOST_ERRORS;
use crate::domain::request::Request;
use crate::domain::request::Unreadable;
use crate::domain::upload_plan;
use crate::domain::upload_plan::PartSize;
use crate::domain::upload_plan::Parts;

/// One step that a call asks a URL for.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub kind: StepKind,
    pub asked: Result<Request, Unreadable>,
}

/// What a step is of its upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    Part {
        number: u32,
        /// In bytes.
        content_length: u64,
    },
    Complete,
    Abort,
    List,
}

/// The most parts that one call takes.
pub const MOST_PARTS_A_CALL: usize = 1000;

/// Reads a body of `/v1/uploads/parts`: its parts in their order, then what is included; at least one step.
pub fn steps(body: &Value) -> Result<Vec<Step>, Vec<MemberError>> {
    let mut errors = Vec::new();
    let shared = Request::read(&SHARED, body, &OWN);
    match &shared {
        Err(Unreadable::Shape(wrong)) if !matches!(body, Value::Object(_)) => return Err(wrong.clone()),
        Err(Unreadable::Shape(wrong)) => errors.extend(wrong.iter().cloned()),
        Err(Unreadable::Key { .. }) | Ok(_) => {}
    }
    let sizes = sizes(body, &mut errors);
    let most = sizes.map_or(MOST_PARTS.unsigned_abs(), Parts::count);
    let numbers = numbers(body, most, &mut errors);
    let mut checksums = checksums(body, &numbers, &mut errors);
    let include = include(body, &mut errors);
    if numbers.is_empty() && include.is_empty() && errors.is_empty() {
        errors.push(MemberError::at("/parts", "give at least one part, or something to include"));
    }
    let (Some(sizes), true) = (sizes, errors.is_empty()) else {
        errors.truncate(MOST_ERRORS);
        return Err(errors);
    };
    let parts =
        numbers.into_iter().filter_map(|number| Some(StepKind::Part { number, content_length: sizes.length(number)? }));
    let steps = parts.chain(include).map(|kind| Step { kind, asked: kind.asked(&shared, sizes, &mut checksums) });
    Ok(steps.collect())
}

/// What the call has of a request: the part's, apart from what differs from one part to the next.
pub static SHARED: Row = Row {
    operation: Operation::UploadPart,
    name: "this call",
    method: Method::Put,
    subresource: None,
    names: Names::Key,
    members: &[Member::UploadId, Member::CustomerEncryption],
    required: &[Member::UploadId],
    reads: false,
    permission: "s3:PutObject",
    permission_of_version: "s3:PutObject",
    permissions_on_key: operation::IN_PARTS,
    summary: "",
};

const OWN: [&str; 5] = [upload_plan::CONTENT_LENGTH, upload_plan::PART_SIZE, "parts", "checksums", "include"];

impl StepKind {
    /// The operation.
    pub fn operation(self) -> Operation {
        match self {
            Self::Part { .. } => Operation::UploadPart,
            Self::Complete => Operation::CompleteMultipartUpload,
            Self::Abort => Operation::AbortMultipartUpload,
            Self::List => Operation::ListParts,
        }
    }

    /// The member of the call that a member of the step's own request came from.
    pub fn pointer(self, of_step: &str) -> String {
        let below = |member: &str| {
            let rest = of_step.strip_prefix(member)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        match (self, below("/checksum"), below("/object_size")) {
            (Self::Part { number, .. }, Some(rest), _) => format!("/checksums/{number}{rest}"),
            (Self::Complete, _, Some(_)) => "/content_length".to_owned(),
            // A step is its operation: no member of the call names it.
            (_, _, _) if of_step == "/operation" => String::new(),
            (Self::Part { .. } | Self::Complete | Self::Abort | Self::List, _, _) => of_step.to_owned(),
        }
    }

    /// The step's own request.
    fn asked(
        self,
        shared: &Result<Request, Unreadable>,
        sizes: Parts,
        checksums: &mut HashMap<u32, Checksum>,
    ) -> Result<Request, Unreadable> {
        let of_call = match shared {
            Ok(request) => &request.parameters,
            Err(Unreadable::Key { parameters, .. }) => parameters,
            Err(shape @ Unreadable::Shape(_)) => return Err(shape.clone()),
        };
        let whole = Some(sizes.content_length());
        let of_upload = || Parameters { upload_id: of_call.upload_id.clone(), ..Parameters::default() };
        let parameters = match self {
            Self::Part { number, content_length } => Parameters {
                part_number: Some(number),
                content_length: Some(content_length),
                planned_size: whole,
                checksum: checksums.remove(&number),
                ..of_call.clone()
            },
            Self::Complete => Parameters { object_size: whole, planned_size: whole, ..of_upload() },
            Self::Abort | Self::List => of_upload(),
        };
        match shared.clone() {
            Ok(request) => Ok(Request { operation: self.operation(), parameters, ..request }),
            Err(Unreadable::Key { bucket, key, error, .. }) => {
                let parameters = Box::new(parameters);
                Err(Unreadable::Key { operation: self.operation(), bucket, key, parameters, error })
            }
            Err(shape @ Unreadable::Shape(_)) => Err(shape),
        }
    }

    /// The step of that name in `include`.
    fn named(name: &str) -> Option<Self> {
        match name {
            "complete" => Some(Self::Complete),
            "abort" => Some(Self::Abort),
            "list" => Some(Self::List),
            _ => None,
        }
    }
}

/// How the whole is cut, by the same numbers as when it was planned.
fn sizes(body: &Value, errors: &mut Vec<MemberError>) -> Option<Parts> {
    let length = forms::note(errors, upload_plan::content_length(body));
    let part_size = match body.member(upload_plan::PART_SIZE) {
        Some(value) => PartSize::parse(value),
        None => Err(MemberError::at("/part_size", "give the size of the parts in bytes, as the plan has it")),
    };
    let part_size = forms::note(errors, part_size);
    let too_many = || MemberError::at("/part_size", "S3 takes at most 10000 parts: give the plan's own part_size");
    forms::note(errors, Parts::of(length?, part_size?).ok_or_else(too_many))
}

/// The parts asked for, each once.
fn numbers(body: &Value, most: u64, errors: &mut Vec<MemberError>) -> Vec<u32> {
    let number = |place: &str, value: &Value| {
        let number = forms::whole(place, value, 1, i64::try_from(most).unwrap_or(MOST_PARTS))?;
        u32::try_from(number).map_err(|_| MemberError::at(format!("/{place}"), "give a smaller number"))
    };
    match body.member("parts") {
        None => Vec::new(),
        Some(Value::List(items)) if items.len() > MOST_PARTS_A_CALL => {
            errors.push(MemberError::at("/parts", "give at most 1000 parts"));
            Vec::new()
        }
        Some(Value::List(items)) => {
            let mut seen = HashSet::new();
            let read = items.iter().enumerate().filter_map(|(place, value)| {
                let place = format!("parts/{place}");
                let once = number(&place, value).and_then(|number| match seen.insert(number) {
                    true => Ok(number),
                    false => Err(MemberError::at(format!("/{place}"), "this part is given twice")),
                });
                forms::note(errors, once)
            });
            read.collect()
        }
        Some(range) => forms::note(errors, range_of(range, number)).unwrap_or_default(),
    }
}

/// `{"from", "to"}`, both of them included.
fn range_of(range: &Value, number: impl Fn(&str, &Value) -> Result<u32, MemberError>) -> Result<Vec<u32>, MemberError> {
    let what = "give a list of numbers, or from and to";
    if !matches!(range, Value::Object(_)) {
        return Err(MemberError::at("/parts", what));
    }
    match forms::members("parts", range, &["from", "to"])?.as_slice() {
        [Some(from), Some(to)] => {
            let range = number("parts/from", from)?..=number("parts/to", to)?;
            match range.clone().take(MOST_PARTS_A_CALL + 1).count() {
                0 => Err(MemberError::at("/parts/to", "give the last part, not before the first")),
                1..=MOST_PARTS_A_CALL => Ok(range.collect()),
                _ => Err(MemberError::at("/parts", "give at most 1000 parts")),
            }
        }
        _ => Err(MemberError::at("/parts", what)),
    }
}

/// The checksums of parts that are asked for, by their numbers.
fn checksums(body: &Value, numbers: &[u32], errors: &mut Vec<MemberError>) -> HashMap<u32, Checksum> {
    let mut checksums = HashMap::new();
    let given = match body.member("checksums") {
        None => return checksums,
        Some(Value::Object(given)) => given,
        Some(_) => {
            errors.push(MemberError::at("/checksums", "give an object of checksums by the numbers of their parts"));
            return checksums;
        }
    };
    let asked: HashMap<String, u32> = numbers.iter().map(|number| (number.to_string(), *number)).collect();
    for (name, value) in given {
        if errors.len() >= MOST_ERRORS {
            break;
        }
        let place = format!("/checksums{}", forms::pointer_to(name));
        let Some(number) = asked.get(name) else {
            errors.push(MemberError::at(place, "no part of this number is asked for"));
            continue;
        };
        let step = StepKind::Part { number: *number, content_length: 0 };
        let read = forms::checksum(value);
        let read = read.map_err(|error| MemberError::at(step.pointer(&error.pointer), error.detail));
        checksums.extend(forms::note(errors, read).map(|checksum| (*number, checksum)));
    }
    checksums
}

/// The steps beside the parts, each once.
fn include(body: &Value, errors: &mut Vec<MemberError>) -> Vec<StepKind> {
    let what = "give a list of complete, abort, list";
    let items = match body.member("include") {
        None => return Vec::new(),
        Some(Value::List(items)) => items.as_slice(),
        Some(_) => {
            errors.push(MemberError::at("/include", what));
            return Vec::new();
        }
    };
    let mut steps = Vec::new();
    for (place, item) in items.iter().enumerate().take(MOST_ERRORS) {
        match item.as_str().and_then(StepKind::named) {
            Some(step) if !steps.contains(&step) => steps.push(step),
            Some(_) => errors.push(MemberError::at(format!("/include/{place}"), "this is given twice")),
            None => errors.push(MemberError::at(format!("/include/{place}"), "give one of complete, abort, list")),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(body: serde_json::Value) -> Result<Vec<Step>, Vec<MemberError>> {
        steps(&serde_json::from_value(body).unwrap())
    }

    #[test]
    fn what_is_wrong_with_a_step_is_told_of_the_member_that_it_came_from() {
        let part = StepKind::Part { number: 7, content_length: 1 };
        let rows = [
            (part, "/checksum", "/checksums/7"),
            (part, "/checksum/value", "/checksums/7/value"),
            (part, "/checksums", "/checksums"),
            (part, "/content_length", "/content_length"),
            (part, "/key", "/key"),
            (part, "", ""),
            (part, "/operation", ""),
            (StepKind::Complete, "/object_size", "/content_length"),
            (StepKind::Complete, "/expires_in", "/expires_in"),
            (StepKind::Abort, "/upload_id", "/upload_id"),
            (StepKind::List, "", ""),
        ];
        for (kind, of_step, of_call) in rows {
            assert_eq!(kind.pointer(of_step), of_call, "{kind:?} {of_step}");
        }
    }

    proptest! {
        /// Whatever part is asked for, it is the part of the whole that its number says, and says nothing else.
        #[test]
        fn each_part_is_a_request_of_its_own(
            count in 1..50u32, rest in 1..5_242_880u64, asked in prop::collection::hash_set(1..50u32, 1..20),
        ) {
            let part_size = 5_242_880;
            let length = u64::from(count - 1) * part_size + rest;
            let asked: Vec<u32> = asked.into_iter().collect();
            let sums: serde_json::Map<_, _> = asked.iter().filter(|number| *number % 2 == 0).map(|number| {
                (number.to_string(), json!({"algorithm": "CRC32", "value": "AAAAAA=="}))
            }).collect();
            let body = json!({
                "bucket": "media", "key": "a", "upload_id": "u", "content_length": length, "part_size": part_size,
                "parts": asked, "checksums": sums,
            });
            let Ok(steps) = read(body) else {
                prop_assert!(asked.iter().any(|number| *number > count));
                return Ok(());
            };
            prop_assert_eq!(steps.len(), asked.len());
            for (step, number) in steps.into_iter().zip(asked) {
                let parameters = step.asked.unwrap().parameters;
                let own = if number == count { rest } else { part_size };
                prop_assert_eq!(parameters.checksum.is_some(), number % 2 == 0);
                let expected = Parameters {
                    upload_id: Some("u".to_owned()),
                    part_number: Some(number),
                    content_length: Some(own),
                    planned_size: Some(length),
                    checksum: parameters.checksum.clone(),
                    ..Parameters::default()
                };
                prop_assert_eq!(parameters, expected);
            }
        }

        #[test]
        fn no_value_of_a_member_makes_the_reader_panic(
            length in any::<i64>(), size in any::<i64>(), from in any::<i64>(), to in any::<i64>(), text in "\\PC{0,9}",
        ) {
            for parts in [json!([from, to]), json!({"from": from, "to": to}), json!(text)] {
                let checksums = json!({ text.clone(): { "algorithm": text, "value": text } });
                let body = json!({
                    "bucket": text, "key": text, "upload_id": text, "content_length": length, "part_size": size,
                    "parts": parts, "checksums": checksums, "include": [text],
                });
                prop_assert!(read(body).is_err());
            }
        }
    }
}
