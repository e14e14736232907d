//! `GET /api/v1/search` and its stream: exact answers, strict parameters, paging, odd queries.

mod exactness;
mod hard_queries;
mod paging;
mod parameters;
mod query_report;
mod spellings;
mod stream;
mod substrings;
