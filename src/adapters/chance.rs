//! Chance, for what replicas should not do all at once.

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::time::Duration;

/// A duration from `least` on, below `most`.
pub fn between(least: Duration, most: Duration) -> Duration {
    let room = most.saturating_sub(least).as_millis().max(1);
    let chance = u128::from(RandomState::new().hash_one(())); // seeded by the system for each process, and moved on for each call
    least + Duration::from_millis(u64::try_from(chance % room).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chance_gives_lies_between() {
        let (least, most) = (Duration::from_millis(400), Duration::from_millis(600));
        let drawn: Vec<_> = (0..1000).map(|_| between(least, most)).collect();
        assert!(drawn.iter().all(|drawn| (least..most).contains(drawn)), "{drawn:?}");
        assert!(drawn.iter().any(|drawn| *drawn < Duration::from_millis(450)), "{drawn:?}");
        assert!(drawn.iter().any(|drawn| *drawn >= Duration::from_millis(550)), "{drawn:?}");
        assert_eq!(between(most, least), most);
    }
}
