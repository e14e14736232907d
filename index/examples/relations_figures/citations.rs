//! Which citations lead to records.

use gongkai_index::relations::Resolved;

use crate::Collection;

/// Every so many resolved citations one is shown.
const SHOWN: usize = 100;

/// Prints the shares, and a sample to look at.
pub fn print(collection: &Collection) {
    let relations = &collection.relations;
    let (mut to, mut ambiguous, mut own, mut absent) = (0u32, 0u32, 0u32, 0u32);
    let mut resolved = Vec::new();
    for slot in relations.slots() {
        for (cited, meant) in relations.cites(slot) {
            match meant {
                Resolved::To(target) => {
                    to += 1;
                    resolved.push((slot, cited, target));
                }
                Resolved::Ambiguous(_) => ambiguous += 1,
                Resolved::Own => own += 1,
                Resolved::Absent => absent += 1,
            }
        }
    }
    let all = f64::from(to + ambiguous + own + absent);
    println!(
        "citations: {all}; to a record {to} ({:.1} %), to itself {own}, ambiguous {ambiguous}, not held {absent}",
        f64::from(to) / all * 100.0
    );
    let step = (resolved.len() / SHOWN).max(1);
    for (slot, cited, target) in resolved.into_iter().step_by(step).take(SHOWN) {
        let (source, target) = (relations.facts(slot).expect("held"), relations.facts(target).expect("held"));
        let body = &collection.records[&source.id].body;
        let quote =
            body.get(cited.place.0 as usize..cited.place.1 as usize).unwrap_or("(a field or the title)");
        let day =
            |facts: &gongkai_index::relations::Facts| facts.day().map(|d| d.to_string()).unwrap_or_default();
        println!(
            "{} {} | {:?} {} | {} {} {}",
            source.title,
            day(source),
            cited.relation(),
            quote,
            target.title,
            day(target),
            target.place
        );
    }
}
