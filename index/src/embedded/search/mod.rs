//! Running a search plan on a snapshot.

pub mod bits;
pub mod boosts;
pub mod collapse;
pub mod collect;
pub mod execute;
pub mod matching;
pub mod proximity;
pub mod scored;
pub mod scoring;
pub mod trend;
