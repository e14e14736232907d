//! Metrics of ranking quality on judged queries.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// Hits evaluated per query.
pub const EVALUATED_HITS: usize = 100;

/// Judged query: a line of NDJSON with `id`, `text` and, where queries have classes, `class`.
#[derive(Debug, Clone, Deserialize)]
pub struct JudgedQuery {
    /// Id of the query in the judgements.
    pub id: String,
    /// Query text as typed.
    pub text: String,
    /// Class of the query, for metrics by class.
    #[serde(default)]
    pub class: Option<String>,
}

/// Grades by query id and record id.
pub type Judgements = HashMap<String, HashMap<String, u32>>;

/// Parses judgements: lines of query id, record id and grade, separated by tabs.
///
/// # Errors
/// The first invalid line.
pub fn parse_judgements(text: &str) -> Result<Judgements, String> {
    let mut judgements = Judgements::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [query, record, grade] = columns[..] else {
            return Err(format!("line {number}: expected query id, record id and grade, separated by tabs"));
        };
        let Ok(grade) = grade.trim().parse() else {
            return Err(format!("line {number}: “{grade}” is no grade, expected a whole number"));
        };
        judgements.entry(query.to_owned()).or_default().insert(record.to_owned(), grade);
    }
    Ok(judgements)
}

/// Mean metrics over queries, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Number of queries.
    pub queries: usize,
    /// Normalised discounted cumulative gain of the first ten hits, with linear gain.
    pub ndcg_10: f64,
    /// Reciprocal rank of the first relevant hit among the first ten.
    pub mrr_10: f64,
    /// Share of the relevant records among the first hundred hits.
    pub recall_100: f64,
    /// Share of queries whose first hit is relevant.
    pub success_1: f64,
    /// Share of queries with a relevant hit among the first ten.
    pub success_10: f64,
}

/// Computes the metrics of one query.
pub fn query_metrics(ranked: &[String], grades: &HashMap<String, u32>) -> Metrics {
    let grade = |id: &String| grades.get(id).copied().unwrap_or(0);
    let relevant = grades.values().filter(|grade| **grade > 0).count();
    let first = ranked.iter().take(10).position(|id| grade(id) > 0);
    let gain = dcg(ranked.iter().take(10).map(grade));
    let mut ideal: Vec<u32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let ideal_gain = dcg(ideal.into_iter().take(10));
    let found = ranked.iter().take(EVALUATED_HITS).filter(|id| grade(id) > 0).count();
    let share = |yes: bool| if yes { 1.0 } else { 0.0 };
    Metrics {
        queries: 1,
        ndcg_10: if ideal_gain > 0.0 { gain / ideal_gain } else { 0.0 },
        mrr_10: first.map_or(0.0, |position| 1.0 / (position as f64 + 1.0)),
        recall_100: if relevant > 0 { found as f64 / relevant as f64 } else { 0.0 },
        success_1: share(first == Some(0)),
        success_10: share(first.is_some()),
    }
}

/// Computes the discounted cumulative gain with linear gain.
fn dcg(grades: impl Iterator<Item = u32>) -> f64 {
    grades.zip(2_u32..).map(|(grade, position)| f64::from(grade) / f64::from(position).log2()).sum()
}

impl Metrics {
    /// Metrics with their names.
    pub fn by_name(&self) -> [(&'static str, f64); 5] {
        [
            ("nDCG@10", self.ndcg_10),
            ("MRR@10", self.mrr_10),
            ("recall@100", self.recall_100),
            ("success@1", self.success_1),
            ("success@10", self.success_10),
        ]
    }
}

/// Computes the mean over queries.
pub fn mean_metrics<'a>(all: impl IntoIterator<Item = &'a Metrics>) -> Metrics {
    let mut sum = Metrics::default();
    for one in all {
        sum.queries += one.queries;
        sum.ndcg_10 += one.ndcg_10;
        sum.mrr_10 += one.mrr_10;
        sum.recall_100 += one.recall_100;
        sum.success_1 += one.success_1;
        sum.success_10 += one.success_10;
    }
    let n = sum.queries.max(1) as f64;
    Metrics {
        queries: sum.queries,
        ndcg_10: sum.ndcg_10 / n,
        mrr_10: sum.mrr_10 / n,
        recall_100: sum.recall_100 / n,
        success_1: sum.success_1 / n,
        success_10: sum.success_10 / n,
    }
}

/// Mean metrics by class, and over all queries under `all`.
pub type Report = BTreeMap<String, Metrics>;

/// Computes the mean metrics by class.
pub fn report_by_class(results: &[(JudgedQuery, Metrics)]) -> Report {
    let mut groups: BTreeMap<String, Vec<Metrics>> = BTreeMap::new();
    for (query, metrics) in results {
        groups.entry("all".to_owned()).or_default().push(*metrics);
        if let Some(class) = &query.class {
            groups.entry(class.clone()).or_default().push(*metrics);
        }
    }
    groups.into_iter().map(|(class, metrics)| (class, mean_metrics(&metrics))).collect()
}

/// Describes every metric that fell by more than `tolerance` against `before`.
pub fn find_regressions(before: &Report, now: &Report, tolerance: f64) -> Vec<String> {
    let mut regressions = Vec::new();
    for (class, old) in before {
        let Some(new) = now.get(class) else {
            regressions.push(format!("{class}: no queries any more"));
            continue;
        };
        for ((name, old), (_, new)) in old.by_name().into_iter().zip(new.by_name()) {
            if new < old - tolerance {
                regressions.push(format!("{class}: {name} fell from {old:.4} to {new:.4}"));
            }
        }
    }
    regressions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn metrics_of_small_case_are_as_computed_by_hand() {
        let judged = parse_judgements("q\ta\t3\nq\tb\t1\nq\tc\t0\n").unwrap();
        let perfect = query_metrics(&ids(&["a", "b"]), &judged["q"]);
        assert!((perfect.ndcg_10 - 1.0).abs() < 1e-9);
        let late = query_metrics(&ids(&["c", "b", "x"]), &judged["q"]);
        assert!((late.mrr_10 - 0.5).abs() < 1e-9 && (late.recall_100 - 0.5).abs() < 1e-9);
        assert_eq!((late.success_1, late.success_10), (0.0, 1.0));
        assert!(parse_judgements("q a 1").unwrap_err().starts_with("line 1"));
    }

    #[test]
    fn regression_beyond_tolerance_is_described() {
        let metrics = |ndcg_10| Metrics { queries: 1, ndcg_10, ..Metrics::default() };
        let report = |value| Report::from([("all".to_owned(), metrics(value))]);
        assert!(find_regressions(&report(0.5), &report(0.495), 0.01).is_empty());
        assert_eq!(
            find_regressions(&report(0.5), &report(0.48), 0.01),
            ["all: nDCG@10 fell from 0.5000 to 0.4800"]
        );
    }
}
