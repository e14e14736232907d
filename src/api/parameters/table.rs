//! Table of the parameters of a search.

/// Parameter with its description.
pub struct Parameter {
    /// Name on the wire.
    pub name: &'static str,
    /// True if several values may be given.
    pub repeats: bool,
    /// Description for the documentation.
    pub description: &'static str,
}

const fn single(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, repeats: false, description }
}

const fn repeated(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, repeats: true, description }
}

/// Parameters of a search.
pub const PARAMETERS: &[Parameter] = &[
    single(
        "q",
        "Query text; empty for all records. All words are required; “…” phrase, -x, OR, ( ), 《…》 title, prefixes 标题: 正文: 文号: 索引号: 发布机构:",
    ),
    single(
        "mode",
        "smart (default: synonyms and relaxation, all reported) or literal (the text exactly as typed)",
    ),
    repeated("kind", "document, policy or interpretation; !value excludes, _missing selects records without"),
    repeated("issuer", "Issuer; repeat for OR"),
    repeated("category", "Category path; includes all categories below it"),
    repeated("region", "Region path; includes all regions below it"),
    repeated(
        "validity",
        "in_force, amended, repealed, expired, not_yet_effective, unknown: on the day of the search",
    ),
    repeated("genre", "Genre (文种)"),
    repeated("year", "Year of date_field"),
    repeated("ignore", "Text of a preference (query.preferences) to leave out"),
    single("explain", "true: each hit has the parts of its score"),
    single("date_field", "published_on (default), written_on or effective_on"),
    single(
        "as_of",
        "A date, YYYY-MM-DD: only records in force on that day, in the version of that day; validity is computed for it",
    ),
    single(
        "collapse",
        "reprints (default: the copies of one text are one entry, the other copies are counted) or none (each record is an entry)",
    ),
    single("from", "First day: YYYY, YYYY-MM or YYYY-MM-DD"),
    single("to", "Last day, inclusive: YYYY, YYYY-MM or YYYY-MM-DD"),
    single(
        "sort",
        "relevance (default with a query), -published_on (default without), published_on, -effective_on, effective_on, -written_on, written_on",
    ),
    single(
        "facets",
        "Comma-separated list of kind, issuer, category, region, validity, genre, year, each with :N for at most N values; empty for none",
    ),
    single("per_page", "Hits per page, 1 to 100; default 10"),
    single("page", "Page number from 1, up to the 1,000th hit"),
    single("receipt", "true: the answer has a receipt of the search, to be verified later"),
    single(
        "cursor",
        "Cursor from `next` of the previous answer; continues without limit on the same generation",
    ),
];
