//! Receipts (检索凭证): what was asked, of which collection, when, with what answer; and
//! whether the same search still gives the same answer.

use std::collections::{BTreeMap, HashMap};

use gongkai_index::analysis::Analyzer;
use gongkai_index::collection::rewrite::{Answer, Asker};
use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::{Mode, Query};
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::relations::{Commit, key};
use gongkai_index::results::Ordered;
use gongkai_index::{Budget, Searcher};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::parameters::SearchRequest;

/// The form of receipts that this program writes and reads.
const FORM: u32 = 1;
/// Most hits that a receipt has one by one; beyond it only their digest stands.
const MOST_ENTRIES: usize = 10_000;
/// Most differences that are listed; all are counted.
const MOST_LISTED: usize = 1_000;
/// Parameters that change nothing of what a receipt vouches for.
const BESIDE: [&str; 6] = ["page", "per_page", "cursor", "facets", "receipt", "highlight"];

/// A receipt of a search.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The form of this receipt.
    pub receipt: u32,
    /// The program that wrote it.
    pub program: String,
    /// When it was written.
    pub at: String,
    /// What was asked.
    pub asked: Asked,
    /// What was searched.
    pub searched: Searched,
    /// How many entries were found, exactly.
    pub total: u64,
    /// BLAKE3 over the ids and contents found, in their order.
    pub answer: String,
    /// The same one by one: 16 digits of the hash of an id, 16 of its content; absent
    /// beyond 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<String>>,
    /// All of this as a sentence.
    pub statement: String,
    /// BLAKE3 over everything above: a receipt that was changed by accident is known.
    pub checksum: String,
}

/// What was asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The parameters as given, without those that only cut pages.
    pub parameters: Vec<(String, String)>,
    /// The query in words.
    pub understood: String,
    /// smart or literal.
    pub mode: String,
    /// What was searched instead of what was typed.
    pub corrected_to: Option<String>,
    /// Whether not all words were required.
    pub relaxed: bool,
    /// The day of every state of validity.
    pub day: String,
}

/// What was searched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Searched {
    /// The commit.
    pub generation: u64,
    /// How many records it held.
    pub records: u64,
    /// A digest of all ids and contents it held.
    pub digest: String,
    /// The parts of a record that words are looked for in.
    pub fields: Vec<String>,
}

/// Whether a search still gives the same answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verification {
    /// same or different.
    pub outcome: &'static str,
    /// Whether the receipt is as it was written.
    pub intact: bool,
    /// Whether the commit of the receipt is on record here with the same digest; absent if
    /// nothing is known of it.
    pub on_record: Option<bool>,
    /// The commit it was compared with.
    pub generation: u64,
    /// How many entries there were.
    pub total_then: u64,
    /// How many there are.
    pub total_now: u64,
    /// The query as it is understood now, if that is otherwise.
    pub understood_now: Option<String>,
    /// Whether only the order changed.
    pub reordered: bool,
    /// Found now and not then.
    pub came: Differences,
    /// Found then and not now.
    pub went: Differences,
    /// Found both times with another content.
    pub changed: Differences,
    /// Whether the differences are all: a receipt of more than 10,000 hits has them not one by one.
    pub exact: bool,
    /// All of this as a sentence.
    pub statement: String,
}

/// Differences of one kind.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Differences {
    /// How many.
    pub total: usize,
    /// The first of them.
    pub records: Vec<Difference>,
}

/// A record that came, went or changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Difference {
    /// Its id; absent if it went so long ago that only its hash is known.
    pub id: Option<String>,
    /// The hash of its id, as in the receipt.
    pub hash: String,
    /// Its title, if it is held.
    pub title: Option<String>,
    /// Whether it is held now.
    pub held: bool,
    /// The commit that changed it last since the receipt.
    pub generation: Option<u64>,
    /// When that was.
    pub at: Option<String>,
}

/// The query that an answer is to: corrected or relaxed where it was.
pub fn meant(query: &Query, answer: &Answer) -> Query {
    let mut understanding = answer.understanding.clone();
    if answer.relaxed
        && let Some(clause) = understanding.relaxed.clone()
    {
        understanding.matching = clause;
    }
    Query { understanding, ..query.clone() }
}

/// Writes the receipt of an answer.
///
/// # Errors
/// A failure of the index.
pub fn issue(
    searcher: &dyn Searcher,
    request: &SearchRequest,
    answer: &Answer,
    budget: &Budget,
) -> gongkai_index::Result<Receipt> {
    let query = meant(&request.query, answer);
    let ordered = searcher.order(&query, Some(answer.results.generation), budget)?;
    let commit = searcher.commits()?.into_iter().find(|commit| commit.generation == ordered.generation);
    let parameters =
        request.given.iter().filter(|(name, value)| !BESIDE.contains(&&**name) && !value.is_empty());
    let entries: Vec<String> = ordered.entries.iter().map(entry).collect();
    let searched = Searched {
        generation: ordered.generation,
        records: commit.as_ref().map_or_else(|| searcher.len(), |commit| commit.records),
        digest: commit.map(|commit| format!("{:032x}", commit.digest)).unwrap_or_default(),
        fields: ["标题", "正文", "发布机构", "文号", "索引号", "关键词"].map(str::to_owned).to_vec(),
    };
    let asked = Asked {
        parameters: parameters.cloned().collect(),
        understood: answer.understanding.understood.clone(),
        mode: if request.mode == Mode::Literal { "literal" } else { "smart" }.to_owned(),
        corrected_to: answer.instead.as_ref().map(|instead| instead.to.clone()),
        relaxed: answer.relaxed,
        day: request.query.today.to_string(),
    };
    let at = jiff::Timestamp::now().to_string();
    let total = entries.len() as u64;
    let mut receipt = Receipt {
        receipt: FORM,
        program: format!("gongkai {}", env!("CARGO_PKG_VERSION")),
        statement: statement(&at, &asked, &searched, total),
        at,
        asked,
        searched,
        total,
        answer: digest(&ordered),
        entries: (entries.len() <= MOST_ENTRIES).then_some(entries),
        checksum: String::new(),
    };
    receipt.checksum = checksum(&receipt);
    Ok(receipt)
}

fn statement(at: &str, asked: &Asked, searched: &Searched, total: u64) -> String {
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
        "{at}，在第 {} 版馆藏（{} 条记录）的{}中检索 {asked_for}，{under}，{found}。",
        searched.generation,
        searched.records,
        searched.fields.join("、"),
    )
}

fn entry((id, content): &(u64, u128)) -> String {
    format!("{id:016x}{:016x}", (*content >> 64) as u64)
}

fn digest(ordered: &Ordered) -> String {
    let mut hasher = blake3::Hasher::new();
    for (id, content) in &ordered.entries {
        hasher.update(&id.to_le_bytes()).update(&content.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn checksum(receipt: &Receipt) -> String {
    let bare = Receipt { checksum: String::new(), ..receipt.clone() };
    // A receipt is made of strings and numbers: writing it cannot fail.
    blake3::hash(&serde_json::to_vec(&bare).unwrap_or_default()).to_hex().to_string()
}

/// What is wrong with a receipt that cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is of another form.
    #[error("the receipt is of form {0}, this program reads form {FORM}")]
    Form(u32),
    /// Its day or its parameters cannot be read.
    #[error("{0}")]
    Asked(String),
    /// The index failed.
    #[error(transparent)]
    Engine(#[from] gongkai_index::Error),
}

/// Searches again what a receipt was given for.
///
/// # Errors
/// [`Unusable`].
pub fn verify(
    searcher: &dyn Searcher,
    typing: Option<&Lexicon>,
    receipt: &Receipt,
    budget: &Budget,
) -> Result<Verification, Unusable> {
    if receipt.receipt != FORM {
        return Err(Unusable::Form(receipt.receipt));
    }
    let day: Date = parse_iso_date(&receipt.asked.day)
        .ok_or_else(|| Unusable::Asked(format!("“{}” is not a date", receipt.asked.day)))?;
    let analyzer = Analyzer::shared();
    let request =
        SearchRequest::from_pairs(receipt.asked.parameters.clone(), &analyzer, day).map_err(|errors| {
            let told: Vec<String> = errors.iter().map(|e| format!("{}: {}", e.parameter, e.reason)).collect();
            Unusable::Asked(told.join("; "))
        })?;
    let asker = Asker { searcher, analyzer: &analyzer, typing, budget };
    let answer = asker.ask(&request.query, request.mode, None)?;
    let now = searcher.order(&meant(&request.query, &answer), Some(answer.results.generation), budget)?;
    let history = History::since(searcher.commits()?, receipt.searched.generation);
    let mut verification = compare(searcher, receipt, &now, &history);
    verification.understood_now = Some(answer.understanding.understood.clone())
        .filter(|understood| *understood != receipt.asked.understood);
    verification.intact = checksum(receipt) == receipt.checksum;
    verification.on_record = history.digest.map(|digest| format!("{digest:032x}") == receipt.searched.digest);
    verification.statement = verification.told();
    Ok(verification)
}

/// What the commits since a receipt did.
struct History {
    /// The digest of the receipt's own commit.
    digest: Option<u128>,
    /// By hash of the id: the id, the last commit that changed it, and when.
    changed: HashMap<u64, (String, u64, u64)>,
    complete: bool,
}

impl History {
    fn since(commits: Vec<Commit>, generation: u64) -> Self {
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
                history.changed.insert(key(&id), (id, commit.generation, commit.seconds));
            }
        }
        history
    }
}

fn compare(searcher: &dyn Searcher, receipt: &Receipt, now: &Ordered, history: &History) -> Verification {
    let same = digest(now) == receipt.answer;
    let entries: Vec<String> = now.entries.iter().map(entry).collect();
    let by_id = |entries: &[String]| -> BTreeMap<String, String> {
        let halves = entries.iter().filter_map(|entry| Some((entry.get(..16)?, entry.get(16..)?)));
        halves.map(|(id, content)| (id.to_owned(), content.to_owned())).collect()
    };
    let then = receipt.entries.as_ref().map(|entries| by_id(entries));
    let found = by_id(&entries);
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
        // Without the hits one by one: what changed since and is found now.
        let touched =
            |id: &&String| u64::from_str_radix(id, 16).is_ok_and(|id| history.changed.contains_key(&id));
        changed.extend(found.keys().filter(touched).cloned());
    }
    let reordered = !same && then.is_some() && came.is_empty() && went.is_empty() && changed.is_empty();
    let listed = |ids: Vec<String>| Differences {
        total: ids.len(),
        records: ids.iter().take(MOST_LISTED).map(|id| difference(searcher, id, history)).collect(),
    };
    Verification {
        outcome: if same { "same" } else { "different" },
        intact: true,
        on_record: None,
        generation: now.generation,
        total_then: receipt.total,
        total_now: now.entries.len() as u64,
        understood_now: None,
        reordered,
        came: listed(came),
        went: listed(went),
        changed: listed(changed),
        exact: same || then.is_some(),
        statement: String::new(),
    }
}

fn difference(searcher: &dyn Searcher, hash: &str, history: &History) -> Difference {
    let number = u64::from_str_radix(hash, 16).unwrap_or_default();
    let mut held = None;
    searcher.relations(&mut |relations| {
        let facts = relations.slot_of_hash(number).and_then(|slot| relations.facts(slot));
        held = facts.map(|facts| {
            (facts.id.clone(), gongkai_index::official::privacy::mask(&facts.title).into_owned())
        });
    });
    let last = history.changed.get(&number.max(1));
    let (id, title) = held.clone().map_or((None, None), |(id, title)| (Some(id), Some(title)));
    let seconds = |seconds: u64| jiff::Timestamp::from_second(seconds as i64).ok().map(|at| at.to_string());
    Difference {
        id: id.or_else(|| last.map(|(id, ..)| id.clone())),
        hash: hash.to_owned(),
        title,
        held: held.is_some(),
        generation: last.map(|(_, generation, _)| *generation),
        at: last.and_then(|(.., at)| seconds(*at)),
    }
}

impl Verification {
    fn told(&self) -> String {
        let edited = if self.intact { "" } else { "凭证内容与其校验值不符。" };
        if self.outcome == "same" {
            return format!(
                "{edited}与第 {} 版馆藏比对：同一检索仍得到相同结果，共 {} 条。",
                self.generation, self.total_now
            );
        }
        let order = if self.reordered { "仅排列次序不同。" } else { "" };
        format!(
            "{edited}与第 {} 版馆藏比对：结果已有变化，原 {} 条，现 {} 条；新增 {} 条，不再命中 {} 条，内容变更 {} 条。{order}",
            self.generation,
            self.total_then,
            self.total_now,
            self.came.total,
            self.went.total,
            self.changed.total
        )
    }
}
