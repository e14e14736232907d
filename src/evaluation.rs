//! Measures of ranking on judged queries.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// Hits looked at for a query.
pub const DEPTH: usize = 100;

/// A judged query: NDJSON with `id`, `text` and, where queries are of kinds, `class`.
#[derive(Debug, Clone, Deserialize)]
pub struct JudgedQuery {
    /// Named by the judgements.
    pub id: String,
    /// What is typed.
    pub text: String,
    /// Its kind, for figures by kind.
    #[serde(default)]
    pub class: Option<String>,
}

/// Grades by query id and record id.
pub type Judgements = HashMap<String, HashMap<String, u32>>;

/// Reads tab-separated `query id, record id, grade`.
///
/// # Errors
/// The first line that is none.
pub fn judgements(text: &str) -> Result<Judgements, String> {
    let mut judged = Judgements::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [query, record, grade] = columns[..] else {
            return Err(format!("line {number}: expected query id, record id and grade, separated by tabs"));
        };
        let Ok(grade) = grade.trim().parse() else {
            return Err(format!("line {number}: “{grade}” is no grade, expected a whole number"));
        };
        judged.entry(query.to_owned()).or_default().insert(record.to_owned(), grade);
    }
    Ok(judged)
}

/// Means over some queries, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many queries.
    pub queries: usize,
    /// Normalised discounted cumulative gain of the first ten, with linear gain.
    pub ndcg_10: f64,
    /// Reciprocal rank of the first relevant hit among ten.
    pub mrr_10: f64,
    /// Share of the relevant records among the first hundred.
    pub recall_100: f64,
    /// Share of queries whose first hit is relevant.
    pub success_1: f64,
    /// Share of queries with a relevant hit among ten.
    pub success_10: f64,
}

/// The figures of one query.
pub fn figures(ranked: &[String], grades: &HashMap<String, u32>) -> Figures {
    let grade = |id: &String| grades.get(id).copied().unwrap_or(0);
    let relevant = grades.values().filter(|grade| **grade > 0).count();
    let first = ranked.iter().take(10).position(|id| grade(id) > 0);
    let gained = dcg(ranked.iter().take(10).map(grade));
    let mut ideal: Vec<u32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg(ideal.into_iter().take(10));
    let found = ranked.iter().take(DEPTH).filter(|id| grade(id) > 0).count();
    let share = |yes: bool| if yes { 1.0 } else { 0.0 };
    Figures {
        queries: 1,
        ndcg_10: if best > 0.0 { gained / best } else { 0.0 },
        mrr_10: first.map_or(0.0, |at| 1.0 / (at as f64 + 1.0)),
        recall_100: if relevant > 0 { found as f64 / relevant as f64 } else { 0.0 },
        success_1: share(first == Some(0)),
        success_10: share(first.is_some()),
    }
}

fn dcg(grades: impl Iterator<Item = u32>) -> f64 {
    grades.zip(2_u32..).map(|(grade, place)| f64::from(grade) / f64::from(place).log2()).sum()
}

impl Figures {
    /// The measures by name.
    pub fn named(&self) -> [(&'static str, f64); 5] {
        [
            ("nDCG@10", self.ndcg_10),
            ("MRR@10", self.mrr_10),
            ("recall@100", self.recall_100),
            ("success@1", self.success_1),
            ("success@10", self.success_10),
        ]
    }
}

/// The means of many.
pub fn mean<'a>(all: impl IntoIterator<Item = &'a Figures>) -> Figures {
    let mut sum = Figures::default();
    for one in all {
        sum.queries += one.queries;
        sum.ndcg_10 += one.ndcg_10;
        sum.mrr_10 += one.mrr_10;
        sum.recall_100 += one.recall_100;
        sum.success_1 += one.success_1;
        sum.success_10 += one.success_10;
    }
    let n = sum.queries.max(1) as f64;
    Figures {
        queries: sum.queries,
        ndcg_10: sum.ndcg_10 / n,
        mrr_10: sum.mrr_10 / n,
        recall_100: sum.recall_100 / n,
        success_1: sum.success_1 / n,
        success_10: sum.success_10 / n,
    }
}

/// Means by class, and under `all` of everything.
pub type Report = BTreeMap<String, Figures>;

/// Groups the figures of queries by their classes.
pub fn by_class(results: &[(JudgedQuery, Figures)]) -> Report {
    let mut groups: BTreeMap<String, Vec<Figures>> = BTreeMap::new();
    for (query, figures) in results {
        groups.entry("all".to_owned()).or_default().push(*figures);
        if let Some(class) = &query.class {
            groups.entry(class.clone()).or_default().push(*figures);
        }
    }
    groups.into_iter().map(|(class, figures)| (class, mean(&figures))).collect()
}

/// Every measure that fell by more than `tolerance` against `before`, in words.
pub fn regressions(before: &Report, now: &Report, tolerance: f64) -> Vec<String> {
    let mut fallen = Vec::new();
    for (class, old) in before {
        let Some(new) = now.get(class) else {
            fallen.push(format!("{class}: no queries any more"));
            continue;
        };
        for ((name, old), (_, new)) in old.named().into_iter().zip(new.named()) {
            if new < old - tolerance {
                fallen.push(format!("{class}: {name} fell from {old:.4} to {new:.4}"));
            }
        }
    }
    fallen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn measures_of_a_small_case() {
        let judged = judgements("q\ta\t3\nq\tb\t1\nq\tc\t0\n").unwrap();
        let perfect = figures(&ids(&["a", "b"]), &judged["q"]);
        assert!((perfect.ndcg_10 - 1.0).abs() < 1e-9);
        let late = figures(&ids(&["c", "b", "x"]), &judged["q"]);
        assert!((late.mrr_10 - 0.5).abs() < 1e-9 && (late.recall_100 - 0.5).abs() < 1e-9);
        assert_eq!((late.success_1, late.success_10), (0.0, 1.0));
        assert!(judgements("q a 1").unwrap_err().starts_with("line 1"));
    }

    #[test]
    fn a_fall_is_named() {
        let figures = |ndcg_10| Figures { queries: 1, ndcg_10, ..Figures::default() };
        let report = |value| Report::from([("all".to_owned(), figures(value))]);
        assert!(regressions(&report(0.5), &report(0.495), 0.01).is_empty());
        assert_eq!(
            regressions(&report(0.5), &report(0.48), 0.01),
            ["all: nDCG@10 fell from 0.5000 to 0.4800"]
        );
    }
}
