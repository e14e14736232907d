//! Receipts (检索凭证): the query, collection, time and answer of a search, and the verification
//! that the same search still gives the same answer.

use std::collections::{BTreeMap, HashMap};

use gongkai_index::collection::rewrite::{Answer, QueryRewriter};
use gongkai_index::keys::id::id_hash;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::{Mode, Query};
use gongkai_index::record::commit::Commit;
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::results::Ordered;
use gongkai_index::{Budget, Collection, Reader};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::parameters::SearchRequest;

/// Version of the receipt format that this program writes and reads.
const FORMAT_VERSION: u32 = 1;
/// Most hits that a receipt lists one by one; a longer answer has its digest only.
const MAX_ENTRIES: usize = 10_000;
/// Most differences that are listed; all are counted.
const MAX_LISTED_DIFFERENCES: usize = 1_000;
/// Parameters that change nothing of the answer a receipt is for.
const EXCLUDED_PARAMETERS: [&str; 6] = ["page", "per_page", "cursor", "facets", "receipt", "highlight"];

/// Receipt of a search.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Version of the receipt format.
    pub receipt: u32,
    /// Program that wrote the receipt.
    pub program: String,
    /// Time of writing.
    pub at: String,
    /// Query.
    pub asked: ReceiptQuery,
    /// Collection that was searched.
    pub searched: ReceiptCollection,
    /// Number of entries found, exact.
    pub total: u64,
    /// BLAKE3 hash of the ids and contents found, in their order.
    pub answer: String,
    /// Entries one by one: 16 hex digits of the hash of an id, 16 of the hash of its content; absent
    /// beyond 10,000 entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<String>>,
    /// Statement of all this as a sentence.
    pub statement: String,
    /// BLAKE3 hash of everything above, to detect accidental changes.
    pub checksum: String,
}

/// Query of a receipt.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Asked)]
#[serde(deny_unknown_fields)]
pub struct ReceiptQuery {
    /// Parameters as given, without those that only cut pages.
    pub parameters: Vec<(String, String)>,
    /// Parsed query in words.
    pub understood: String,
    /// smart or literal.
    pub mode: String,
    /// Text that was searched instead of the text typed.
    pub corrected_to: Option<String>,
    /// True if not all words were required.
    pub relaxed: bool,
    /// Day of every validity state.
    pub day: String,
}

/// Collection that was searched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Searched)]
#[serde(deny_unknown_fields)]
pub struct ReceiptCollection {
    /// Generation that was searched.
    pub generation: u64,
    /// Number of records in it.
    pub records: u64,
    /// Digest of all ids and contents in it.
    pub digest: String,
    /// Fields of a record that are searched.
    pub fields: Vec<String>,
}

/// Comparison of a receipt with the answer to the same search now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verification {
    /// same or different.
    pub outcome: &'static str,
    /// True if the checksum matches: the receipt is as it was written.
    pub intact: bool,
    /// True if the commit of the receipt is in the commit log with the same digest; absent if the log
    /// does not have it.
    pub on_record: Option<bool>,
    /// Generation it was compared with.
    pub generation: u64,
    /// Number of entries in the receipt.
    pub total_then: u64,
    /// Number of entries now.
    pub total_now: u64,
    /// Parsed query in words, if the query is parsed differently now.
    pub understood_now: Option<String>,
    /// True if only the order changed.
    pub reordered: bool,
    /// Entries found now and not then.
    pub came: Differences,
    /// Entries found then and not now.
    pub went: Differences,
    /// Entries found both times with different content.
    pub changed: Differences,
    /// True if the differences are complete: a receipt of more than 10,000 hits does not list its entries.
    pub exact: bool,
    /// Statement of all this as a sentence.
    pub statement: String,
}

/// Differences of one kind.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Differences {
    /// Number of differences.
    pub total: usize,
    /// First of the differences.
    pub records: Vec<Difference>,
}

/// Record that came, went or changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Difference {
    /// Record id; absent if the record went so long ago that only the hash of its id is known.
    pub id: Option<String>,
    /// Hash of the id, as in the receipt.
    pub hash: String,
    /// Title, if the record is in the collection.
    pub title: Option<String>,
    /// True if the record is in the collection now.
    pub held: bool,
    /// Generation of the last commit since the receipt that changed it.
    pub generation: Option<u64>,
    /// Time of that commit.
    pub at: Option<String>,
}

/// Rewrites a query as its answer did: corrected or relaxed.
pub fn rewritten_query(query: &Query, answer: &Answer) -> Query {
    let mut parsed = answer.parsed.clone();
    if answer.relaxed
        && let Some(clause) = parsed.relaxed.clone()
    {
        parsed.matching = clause;
    }
    Query { parsed, ..query.clone() }
}

/// Writes the receipt of an answer.
///
/// # Errors
/// A failure of the index.
pub fn issue_receipt(
    collection: &Collection,
    request: &SearchRequest,
    answer: &Answer,
    budget: &Budget,
) -> gongkai_index::Result<Receipt> {
    let query = rewritten_query(&request.query, answer);
    let reader = collection.reader_at(&answer.results.token)?;
    let ordered = reader.order(&query, budget)?;
    let commit = collection.commits().into_iter().find(|commit| commit.generation == ordered.generation);
    let parameters = request
        .given
        .iter()
        .filter(|(name, value)| !EXCLUDED_PARAMETERS.contains(&&**name) && !value.is_empty());
    let entries: Vec<String> = ordered.entries.iter().map(format_entry).collect();
    let searched = ReceiptCollection {
        generation: ordered.generation,
        records: commit.as_ref().map_or_else(|| reader.len(), |commit| commit.records),
        digest: commit.map(|commit| format!("{:032x}", commit.digest)).unwrap_or_default(),
        fields: ["标题", "正文", "发布机构", "文号", "索引号", "关键词"].map(str::to_owned).to_vec(),
    };
    let asked = ReceiptQuery {
        parameters: parameters.cloned().collect(),
        understood: answer.parsed.understood.clone(),
        mode: if request.mode == Mode::Literal { "literal" } else { "smart" }.to_owned(),
        corrected_to: answer.corrected.as_ref().map(|corrected| corrected.to.clone()),
        relaxed: answer.relaxed,
        day: request.query.today.to_string(),
    };
    let at = jiff::Timestamp::now().to_string();
    let total = entries.len() as u64;
    let mut receipt = Receipt {
        receipt: FORMAT_VERSION,
        program: format!("gongkai {}", env!("CARGO_PKG_VERSION")),
        statement: state_answer(&at, &asked, &searched, total),
        at,
        asked,
        searched,
        total,
        answer: answer_digest(&ordered),
        entries: (entries.len() <= MAX_ENTRIES).then_some(entries),
        checksum: String::new(),
    };
    receipt.checksum = compute_checksum(&receipt);
    Ok(receipt)
}

/// States query, collection and answer in a sentence.
fn state_answer(time: &str, asked: &ReceiptQuery, searched: &ReceiptCollection, total: u64) -> String {
    let filters = asked.parameters.iter().filter(|(name, _)| name != "q");
    let filters: Vec<String> = filters.map(|(name, value)| format!("{name}={value}")).collect();
    let under = if filters.is_empty() {
        "无筛选条件".to_owned()
    } else {
        format!("筛选条件 {}", filters.join("、"))
    };
    let found = if total == 0 {
        "未检索到符合条件的信息".to_owned()
    } else {
        format!("检索到 {total} 条")
    };
    let asked_for = if asked.understood.is_empty() { "全部信息" } else { &asked.understood };
    format!(
        "{time}，在第 {} 版馆藏（{} 条记录）的{}中检索 {asked_for}，{under}，{found}。",
        searched.generation,
        searched.records,
        searched.fields.join("、"),
    )
}

fn format_entry((id, content): &(u64, u128)) -> String {
    format!("{id:016x}{:016x}", (*content >> 64) as u64)
}

fn answer_digest(ordered: &Ordered) -> String {
    let mut hasher = blake3::Hasher::new();
    for (id, content) in &ordered.entries {
        hasher.update(&id.to_le_bytes()).update(&content.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn compute_checksum(receipt: &Receipt) -> String {
    let without_checksum = Receipt { checksum: String::new(), ..receipt.clone() };
    // A receipt is made of strings and numbers: writing it cannot fail.
    blake3::hash(&serde_json::to_vec(&without_checksum).unwrap_or_default()).to_hex().to_string()
}

/// Reason why a receipt cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Format version that this program does not read.
    #[error("the receipt is of form {0}, this program reads form {FORMAT_VERSION}")]
    Format(u32),
    /// Day or parameters that cannot be read.
    #[error("{0}")]
    Query(String),
    /// Failure of the index.
    #[error(transparent)]
    Engine(#[from] gongkai_index::Error),
}

/// Runs the search of a receipt again and compares the answers.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(
    collection: &Collection,
    lexicon: Option<&Lexicon>,
    receipt: &Receipt,
    budget: &Budget,
) -> Result<Verification, VerifyError> {
    if receipt.receipt != FORMAT_VERSION {
        return Err(VerifyError::Format(receipt.receipt));
    }
    let day: Date = parse_iso_date(&receipt.asked.day)
        .ok_or_else(|| VerifyError::Query(format!("“{}” is not a date", receipt.asked.day)))?;
    let request =
        SearchRequest::from_pairs(receipt.asked.parameters.clone(), &collection.parser(lexicon), day)
            .map_err(|errors| {
                let reasons: Vec<String> =
                    errors.iter().map(|e| format!("{}: {}", e.parameter, e.reason)).collect();
                VerifyError::Query(reasons.join("; "))
            })?;
    let reader = collection.reader();
    let rewriter = QueryRewriter { reader: &reader, lexicon, budget };
    let answer = rewriter.answer(&request.query, request.mode)?;
    let now = reader.order(&rewritten_query(&request.query, &answer), budget)?;
    let history = History::from_commits(collection.commits(), receipt.searched.generation);
    let mut verification = compare(&reader, receipt, &now, &history)?;
    verification.understood_now =
        Some(answer.parsed.understood.clone()).filter(|understood| *understood != receipt.asked.understood);
    verification.intact = compute_checksum(receipt) == receipt.checksum;
    verification.on_record = history.digest.map(|digest| format!("{digest:032x}") == receipt.searched.digest);
    verification.statement = verification.to_sentence();
    Ok(verification)
}

/// Changes by the commits since a receipt.
struct History {
    /// Digest of the receipt's own commit.
    digest: Option<u128>,
    /// Changed records by hash of the id: id, generation and time of the last commit that changed it.
    changed: HashMap<u64, (String, u64, u64)>,
    complete: bool,
}

impl History {
    fn from_commits(commits: Vec<Commit>, generation: u64) -> Self {
        let mut history = Self { digest: None, changed: HashMap::new(), complete: true };
        for commit in commits {
            if commit.generation == generation {
                history.digest = Some(commit.digest);
            }
            if commit.generation <= generation {
                continue;
            }
            history.complete &= commit.complete;
            for (id, _) in commit.changes {
                history.changed.insert(id_hash(&id), (id, commit.generation, commit.seconds));
            }
        }
        history
    }
}

/// Compares a receipt with the answer now.
fn compare(
    reader: &Reader,
    receipt: &Receipt,
    now: &Ordered,
    history: &History,
) -> gongkai_index::Result<Verification> {
    let same = answer_digest(now) == receipt.answer;
    let entries: Vec<String> = now.entries.iter().map(format_entry).collect();
    let parse_entries = |entries: &[String]| -> BTreeMap<String, String> {
        let halves = entries.iter().filter_map(|entry| Some((entry.get(..16)?, entry.get(16..)?)));
        halves.map(|(id, content)| (id.to_owned(), content.to_owned())).collect()
    };
    let then = receipt.entries.as_ref().map(|entries| parse_entries(entries));
    let found = parse_entries(&entries);
    let (mut came, mut went, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(then) = then.as_ref().filter(|_| !same) {
        came.extend(found.keys().filter(|id| !then.contains_key(*id)).cloned());
        went.extend(then.keys().filter(|id| !found.contains_key(*id)).cloned());
        changed.extend(
            then.iter()
                .filter(|(id, old)| found.get(*id).is_some_and(|new| new != *old))
                .map(|(id, _)| id.clone()),
        );
    } else if !same {
        // Without entries in the receipt: records found now that changed since.
        let is_changed =
            |id: &&String| u64::from_str_radix(id, 16).is_ok_and(|id| history.changed.contains_key(&id));
        changed.extend(found.keys().filter(is_changed).cloned());
    }
    let reordered = !same && then.is_some() && came.is_empty() && went.is_empty() && changed.is_empty();
    let list = |ids: Vec<String>| -> gongkai_index::Result<Differences> {
        let listed = ids.iter().take(MAX_LISTED_DIFFERENCES);
        let records = listed.map(|id| describe_difference(reader, id, history));
        Ok(Differences { total: ids.len(), records: records.collect::<gongkai_index::Result<_>>()? })
    };
    Ok(Verification {
        outcome: if same { "same" } else { "different" },
        intact: true,
        on_record: None,
        generation: now.generation,
        total_then: receipt.total,
        total_now: now.entries.len() as u64,
        understood_now: None,
        reordered,
        came: list(came)?,
        went: list(went)?,
        changed: list(changed)?,
        exact: same || then.is_some(),
        statement: String::new(),
    })
}

fn describe_difference(reader: &Reader, hash: &str, history: &History) -> gongkai_index::Result<Difference> {
    let number = u64::from_str_radix(hash, 16).unwrap_or_default();
    let facts = reader.relations(|relations| {
        relations.find_by_hash(number.max(1)).and_then(|document| relations.facts(document))
    })?;
    let found = facts.map(|facts| (facts.id.clone(), reader.visible_title(&facts)));
    let last = history.changed.get(&number.max(1));
    let (id, title) = found.clone().map_or((None, None), |(id, title)| (Some(id), Some(title)));
    let format_time =
        |seconds: u64| jiff::Timestamp::from_second(seconds as i64).ok().map(|time| time.to_string());
    Ok(Difference {
        id: id.or_else(|| last.map(|(id, ..)| id.clone())),
        hash: hash.to_owned(),
        title,
        held: found.is_some(),
        generation: last.map(|(_, generation, _)| *generation),
        at: last.and_then(|(.., at)| format_time(*at)),
    })
}

impl Verification {
    /// States the comparison in a sentence, in Chinese.
    fn to_sentence(&self) -> String {
        let warning = if self.intact { "" } else { "凭证内容与其校验值不符。" };
        if self.outcome == "same" {
            return format!(
                "{warning}与第 {} 版馆藏比对：同一检索仍得到相同结果，共 {} 条。",
                self.generation, self.total_now
            );
        }
        let order = if self.reordered { "仅排列次序不同。" } else { "" };
        format!(
            "{warning}与第 {} 版馆藏比对：结果已有变化，原 {} 条，现 {} 条；新增 {} 条，不再命中 {} 条，内容变更 {} 条。{order}",
            self.generation,
            self.total_then,
            self.total_now,
            self.came.total,
            self.went.total,
            self.changed.total
        )
    }
}
