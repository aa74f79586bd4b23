//! Uploads planned from their size: one PUT, or parts; and what a call for the URLs of such parts asks.

mod steps;

pub use steps::MOST_PARTS_A_CALL;
pub use steps::SHARED;
pub use steps::Step;
pub use steps::StepKind;
pub use steps::steps;

use crate::domain::claims::Value;
use crate::domain::forms;
use crate::domain::member::LARGEST_OBJECT;
use crate::domain::member::LARGEST_PUT;
use crate::domain::member::MOST_PARTS;
use crate::domain::operation::Operation;
use crate::domain::refusal::MemberError;
use crate::domain::request::Request;
use crate::domain::request::Unreadable;

/// What an upload will be: the request that makes or begins it, and its parts if it has any.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadPlan {
    /// A PutObject, or the CreateMultipartUpload of these parts.
    pub request: Request,
    pub parts: Option<Parts>,
}

impl UploadPlan {
    /// Reads a body of `/v1/uploads`.
    pub fn parse(body: &Value) -> Result<Self, Unreadable> {
        if !matches!(body, Value::Object(_)) {
            return Err(Unreadable::not_an_object());
        }
        let mut errors = Vec::new();
        let length = forms::note(&mut errors, content_length(body));
        let part_size = forms::note(&mut errors, body.member(PART_SIZE).map(PartSize::parse).transpose());
        let (Some(length), Some(part_size)) = (length, part_size) else {
            if let Err(Unreadable::Shape(more)) = Request::read(Operation::PutObject.row(), body, &OF_PLANS) {
                errors.extend(more);
            }
            return Err(Unreadable::Shape(errors));
        };
        let part_size = part_size.unwrap_or(PartSize::USUAL);
        if length <= part_size.0 {
            let request = Request::read(Operation::PutObject.row(), body, &[PART_SIZE])?;
            return Ok(Self { request, parts: None });
        }
        let mut request = Request::read(Operation::CreateMultipartUpload.row(), body, &OF_PLANS)?;
        request.parameters.planned_size = Some(length);
        Ok(Self { request, parts: Some(Parts::grown(length, part_size)) })
    }
}

const PART_SIZE: &str = "part_size";
const CONTENT_LENGTH: &str = "content_length";

/// The members of a plan that no S3 operation has.
const OF_PLANS: [&str; 2] = [CONTENT_LENGTH, PART_SIZE];

fn content_length(body: &Value) -> Result<u64, MemberError> {
    match body.member(CONTENT_LENGTH) {
        Some(value) => Ok(forms::whole(CONTENT_LENGTH, value, 0, LARGEST_OBJECT)?.unsigned_abs()),
        None => Err(MemberError::at("/content_length", "give the length of the whole in bytes")),
    }
}

/// The size of an upload's parts, the last one apart, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSize(u64);

impl PartSize {
    /// The least and the most that S3 takes of a part that is not the last: 5 MiB and 5 GiB.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
    pub const LEAST: i64 = 5 << 20;
    /// See [`Self::LEAST`].
    pub const MOST: i64 = LARGEST_PUT;
    /// Where nothing else is asked for: 100 MiB.
    pub const USUAL: Self = Self(100 << 20);

    fn parse(value: &Value) -> Result<Self, MemberError> {
        Ok(Self(forms::whole(PART_SIZE, value, Self::LEAST, Self::MOST)?.unsigned_abs()))
    }

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

/// How a whole is cut: every part has the same size but the last, which is the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    content_length: u64,
    part_size: PartSize,
}

impl Parts {
    /// Parts of this size; `None` if they are more than S3 takes.
    pub fn of(content_length: u64, part_size: PartSize) -> Option<Self> {
        let parts = Self { content_length, part_size };
        (parts.count() <= MOST_PARTS.unsigned_abs()).then_some(parts)
    }

    /// Parts of this size, or of the least above it of which S3 takes as many.
    pub fn grown(content_length: u64, part_size: PartSize) -> Self {
        let least = content_length.div_ceil(MOST_PARTS.unsigned_abs());
        Self { content_length, part_size: PartSize(part_size.0.max(least)) }
    }

    /// The length of the whole in bytes.
    pub fn content_length(self) -> u64 {
        self.content_length
    }

    /// The size of all parts but the last.
    pub fn part_size(self) -> PartSize {
        self.part_size
    }

    /// How many they are, at least one.
    pub fn count(self) -> u64 {
        self.content_length.div_ceil(self.part_size.0).max(1)
    }

    /// The length of the part of that number, from 1, in bytes.
    pub fn length(self, number: u32) -> Option<u64> {
        let before = u64::from(number.checked_sub(1)?).checked_mul(self.part_size.0)?;
        let is_one = u64::from(number) <= self.count();
        is_one.then(|| self.content_length.saturating_sub(before).min(self.part_size.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(body: serde_json::Value) -> Result<UploadPlan, Unreadable> {
        UploadPlan::parse(&serde_json::from_value(body).unwrap())
    }

    #[test]
    fn a_plan_is_one_put_up_to_the_part_size_and_parts_above() {
        const MIB: u64 = 1 << 20;
        let (most, ten_thousand) = (LARGEST_OBJECT.unsigned_abs(), MOST_PARTS.unsigned_abs());
        let rows = [
            (0, None, None),
            (100 * MIB, None, None),
            (100 * MIB + 1, None, Some((100 * MIB, 2))),
            (5 * MIB, Some(5 * MIB), None),
            (5 * MIB + 1, Some(5 * MIB), Some((5 * MIB, 2))),
            (12 * MIB, Some(5 * MIB), Some((5 * MIB, 3))),
            (5 << 30, Some(5 << 30), None),
            ((5 << 30) + 1, Some(5 << 30), Some((5 << 30, 2))),
            (ten_thousand * 5 * MIB, Some(5 * MIB), Some((5 * MIB, ten_thousand))),
            (ten_thousand * 5 * MIB + 1, Some(5 * MIB), Some((5 * MIB + 1, ten_thousand))),
            (most, None, Some((5 << 30, ten_thousand))),
            (most, Some(5 << 30), Some((5 << 30, ten_thousand))),
        ];
        for (length, part_size, expected) in rows {
            let mut body = serde_json::json!({"bucket": "media", "key": "a", "content_length": length});
            if let Some(part_size) = part_size {
                body["part_size"] = part_size.into();
            }
            let plan = parse(body).unwrap();
            let parts = plan.parts.map(|parts| (parts.part_size().bytes(), parts.count()));
            assert_eq!(parts, expected, "{length} bytes in parts of {part_size:?}");
            let operation = if expected.is_some() { Operation::CreateMultipartUpload } else { Operation::PutObject };
            assert_eq!(plan.request.operation, operation);
            let signed = plan.request.parameters.content_length;
            assert_eq!(signed, expected.is_none().then_some(length), "a PUT signs the length of all");
        }
    }

    proptest! {
        /// Laid end to end, the parts are the whole; each is one that S3 takes.
        #[test]
        fn the_parts_are_the_whole(
            length in prop_oneof![0..=LARGEST_OBJECT.unsigned_abs(), 0..=1u64 << 34],
            part_size in PartSize::LEAST.unsigned_abs()..=PartSize::MOST.unsigned_abs(),
        ) {
            let asked = PartSize(part_size);
            let parts = Parts::grown(length, asked);
            let (size, count) = (parts.part_size().bytes(), u32::try_from(parts.count()).unwrap());
            prop_assert!((1..=10_000).contains(&count));
            prop_assert!(size >= part_size && size <= PartSize::MOST.unsigned_abs());
            prop_assert_eq!(Parts::of(length, asked).is_some(), size == part_size, "it grows only where it must");
            prop_assert!(size == part_size || u64::from(count - 1) * size < length && size - 1 < length.div_ceil(9_999));
            let lengths: Vec<u64> = (1..=count).map(|number| parts.length(number).unwrap()).collect();
            prop_assert_eq!(lengths.iter().sum::<u64>(), length);
            let (last, others) = lengths.split_last().unwrap();
            prop_assert!(others.iter().all(|each| *each == size));
            prop_assert!(*last <= size && (*last > 0 || length == 0));
            prop_assert_eq!((parts.length(0), parts.length(count + 1)), (None, None));
        }
    }
}
