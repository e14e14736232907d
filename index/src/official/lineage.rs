//! Organs that were renamed or merged, so that a search for one name finds the others too.
//!
//! Each fact has a date and a source. Local departments follow patterns: 酒泉市国土资源局 leads
//! to 酒泉市自然资源局. A pattern states what such organs became in general, not that this one
//! did: places chose between 自然资源局 and 自然资源和规划局, and both are returned.

use std::sync::LazyLock;

use jiff::civil::Date;

use super::{issuer, region};
use crate::record::parse_iso_date;

/// One change of an organ into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Old name.
    pub from: String,
    /// New name.
    pub to: String,
    /// Day of the change; for local organs, the day by which it was done.
    pub since: Date,
    /// Decision that laid it down.
    pub source: &'static str,
}

struct Fact {
    local: bool,
    old: &'static str,
    new: &'static str,
    since: Date,
    source: &'static str,
}

/// Longest chain of names that is followed. The square of it limits all names.
const MAX_CHAIN_LENGTH: usize = 8;
/// Levels that stand for a place: 省国土资源厅.
const LEVELS: [&str; 7] = ["自治区", "省", "市", "县", "区", "州", "旗"];

static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let lines = include_str!("../../dictionary/lineage.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(parse_fact).collect()
});

fn parse_fact(line: &'static str) -> Option<Fact> {
    let mut fields = line.split('\t');
    let (level, old, new) = (fields.next()?, fields.next()?, fields.next()?);
    let (since, source) = (parse_iso_date(fields.next()?)?, fields.next()?);
    Some(Fact { local: level == "地", old, new, since, source })
}

/// Later forms of an organ, nearest first.
pub fn successors(name: &str) -> Vec<Step> {
    follow(name, |fact, name| (fact.old == name).then_some(fact.new), true)
}

/// Earlier forms of an organ, nearest first.
pub fn predecessors(name: &str) -> Vec<Step> {
    follow(name, |fact, name| (fact.new == name).then_some(fact.old), false)
}

/// All other names of an organ, earlier and later, that a search for it should find too.
pub fn also_known_as(name: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let steps = predecessors(name)
        .into_iter()
        .map(|step| step.from)
        .chain(successors(name).into_iter().map(|step| step.to));
    for other in steps {
        if other != name && !names.contains(&other) {
            names.push(other);
        }
    }
    names
}

fn follow(name: &str, next: impl Fn(&Fact, &str) -> Option<&'static str>, forward: bool) -> Vec<Step> {
    let name = issuer::normalise(name);
    let (head, body) = split_place_prefix(&name);
    let mut steps: Vec<Step> = Vec::new();
    let mut reached = vec![body.to_owned()];
    let mut i = 0;
    while let Some(current) = reached.get(i).cloned().filter(|_| i < MAX_CHAIN_LENGTH * MAX_CHAIN_LENGTH) {
        for fact in FACTS.iter().filter(|fact| fact.local != head.is_empty()) {
            let Some(other) = next(fact, &current) else { continue };
            if reached.iter().all(|name| name != other) {
                reached.push(other.to_owned());
            }
            let (from, to) = if forward { (&current[..], other) } else { (other, &current[..]) };
            let step = Step {
                from: format!("{head}{from}"),
                to: format!("{head}{to}"),
                since: fact.since,
                source: fact.source,
            };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        i += 1;
    }
    steps
}

/// Splits the place or the level off the name of a department.
fn split_place_prefix(name: &str) -> (&str, &str) {
    let place = region::leading(name).map(|(_, length)| length);
    let short = || region::leading_short(name).map(|(_, length)| length);
    let level = || LEVELS.iter().find(|level| name.starts_with(**level)).map(|level| level.len());
    name.split_at(place.or_else(short).or_else(level).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(name: &str) -> Vec<String> {
        successors(name).into_iter().map(|step| step.to).collect()
    }

    fn before(name: &str) -> Vec<String> {
        predecessors(name).into_iter().map(|step| step.from).collect()
    }

    #[test]
    fn every_line_of_the_table_is_a_fact_with_full_names() {
        let lines = include_str!("../../dictionary/lineage.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count();
        assert_eq!(FACTS.len(), lines);
        for fact in FACTS.iter().filter(|fact| !fact.local) {
            for name in [fact.old, fact.new] {
                assert_eq!(issuer::normalise(name), name, "{name} should be the full name");
            }
        }
    }

    #[test]
    fn successors_of_local_departments_follow_patterns() {
        assert!(after("国土资源局").is_empty(), "no place, no organ");
        let became = after("酒泉市国土资源局");
        assert!(became.contains(&"酒泉市自然资源局".to_owned()));
        assert!(became.contains(&"酒泉市自然资源和规划局".to_owned()));
        for old in ["工商局", "质监局", "食药监局"] {
            assert_eq!(after(&format!("酒泉市{old}")), ["酒泉市市场监督管理局"], "{old}");
        }
        assert_eq!(after("酒泉市环保局"), ["酒泉市生态环境局"]);
        assert_eq!(after("酒泉市法制办"), ["酒泉市司法局"]);
        assert!(after("酒泉市卫生局").contains(&"酒泉市卫生健康委员会".to_owned()));
        assert!(after("酒泉市计生局").contains(&"酒泉市卫生健康局".to_owned()));
        assert!(before("酒泉市卫健委").contains(&"酒泉市卫生和计划生育委员会".to_owned()));
    }

    #[test]
    fn successors_of_central_organs_have_date_and_source() {
        let steps = successors("国家工商总局");
        assert_eq!(steps[0].to, "国家市场监督管理总局");
        assert_eq!(steps[0].since.to_string(), "2018-03-17");
        assert!(steps[0].source.contains("机构改革"));
        assert_eq!(after("卫生部"), ["国家卫生和计划生育委员会", "国家卫生健康委员会"]);
        assert!(before("国家卫健委").contains(&"卫生部".to_owned()));
        assert_eq!(after("银监会"), ["中国银行保险监督管理委员会", "国家金融监督管理总局"]);
    }

    #[test]
    fn also_known_as_with_level_instead_of_place_follows_patterns() {
        assert!(also_known_as("省国土资源厅").contains(&"省自然资源厅".to_owned()));
        assert!(also_known_as("河北省生态环境厅").contains(&"河北省环境保护厅".to_owned()));
    }

    proptest! {
        #[test]
        fn also_known_as_any_text_does_not_panic(name in "\\PC{0,30}|(酒泉市|省|)[国土资源卫生局部委]{0,6}") {
            also_known_as(&name);
        }
    }
}
