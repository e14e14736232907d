//! The contract of backends: what every one of them has to give through the seam
//! (`gongkai_index::backend`) and through a collection above it. A new backend is added in
//! `backends.rs` and has to pass all of it.
//!
//! Sets, totals, facets, date orders, trends, facts and look-ups are equal on all backends. So is
//! the order by relevance; documents may change places where their scores differ by less than
//! [`comparison::SCORE_TOLERANCE`]. Equal scores need equal statistics: a backend may count
//! documents that were replaced or deleted until it has merged them away, so scores are compared
//! on collections without such documents.

mod backends;
mod comparison;
mod facts;
mod limits;
mod masking;
mod paging;
mod plans;
mod records;
mod relevance;
mod searching;
mod snapshots;
mod writing;
