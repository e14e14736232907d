//! Sort keys of documents, as positions in cursors have them: the larger comes first.

use crate::query::Sort;

/// Returns the key of a score; scores are not negative, so their bits order as they do.
#[inline]
pub fn score_key(score: f32) -> u64 {
    u64::from(score.max(0.0).to_bits())
}

/// Returns the key of a day as a number yyyymmdd, 0 for none; documents without the date come
/// last either way.
#[inline]
pub fn day_key(sort: Sort, day: u32) -> u64 {
    match sort {
        Sort::Oldest(_) if day > 0 => u64::from(u32::MAX - day),
        _ => u64::from(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::fields::DateField;

    #[test]
    fn key_orders_newest_oldest_and_undated() {
        let (newest, oldest) = (Sort::Newest(DateField::PublishedOn), Sort::Oldest(DateField::PublishedOn));
        assert!(day_key(newest, 20240101) > day_key(newest, 20230101));
        assert!(day_key(oldest, 20240101) < day_key(oldest, 20230101));
        assert_eq!((day_key(newest, 0), day_key(oldest, 0)), (0, 0));
        assert!(score_key(1.5) > score_key(1.25));
        assert_eq!(score_key(-0.0), score_key(-1.0));
    }
}
