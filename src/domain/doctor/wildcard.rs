//! Patterns with `*` and `?`, as policies and CORS rules have them.

/// Whether a text matches: `*` stands for any number of characters, slashes too, `?` for one.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut here) = (0, 0);
    // Where the last star stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, here));
                at += 1;
            }
            (Some(c), _) if *c == '?' || Some(c) == text.get(here) => (at, here) = (at + 1, here + 1),
            (_, Some((star_at, reach))) => {
                star = Some((star_at, reach + 1));
                (at, here) = (star_at + 1, reach + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_is_anything_and_a_question_mark_one_character() {
        let rows = [
            ("*", "", true),
            ("*", "a/b", true),
            ("", "", true),
            ("", "a", false),
            ("a*", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("a*b*c", "axxbxxbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("x-amz-*", "x-amz-meta-*", true),
            ("x-amz-meta-*", "x-amz-*", false),
            ("a**", "a", true),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_and_what_stars_hide_of_it(text in "[ab]{0,8}", from in 0usize..8, to in 0usize..8) {
            prop_assert!(matches(&text, &text));
            let (from, to) = (from.min(text.len()), to.min(text.len()));
            if from <= to {
                let starred = format!("{}*{}", &text[..from], &text[to..]);
                prop_assert!(matches(&starred, &text));
            }
        }
    }
}
