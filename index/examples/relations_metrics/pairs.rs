//! Interpretations and their policies against the judged pairs.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::Collection;

/// Prints the numbers of linked pairs and of wrong links.
pub fn print(shared: &Path, collection: &Collection) {
    let text = std::fs::read_to_string(shared.join("relevance/pairs.jsonl")).expect("pairs");
    let relations = collection.facts.relations();
    let (mut linked, mut pairs, mut links, mut wrong) = (0, 0, 0, 0);
    let mut judged = BTreeSet::new();
    for line in text.lines() {
        let pair: Value = serde_json::from_str(line).expect("JSON");
        let id = pair["interpretation"].as_str().expect("an id");
        let policies: Vec<&str> =
            pair["policies"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        judged.insert(id.to_owned());
        let Some(document) = relations.find(id) else { continue };
        if !policies.iter().any(|id| relations.find(id).is_some()) {
            continue;
        }
        let explained = relations.explains(document);
        let found: Vec<String> =
            explained.iter().map(|other| relations.facts(*other).expect("held").id.clone()).collect();
        let right = found.iter().filter(|id| policies.contains(&id.as_str())).count();
        pairs += 1;
        linked += usize::from(right > 0);
        links += found.len();
        wrong += found.len() - right;
        if right == 0 || right < found.len() {
            println!("  {id} {}: found {found:?}, judged {policies:?}", pair["name"]);
        }
    }
    println!("pairs: {linked} of {pairs} linked, {wrong} of {links} links to another record");
    println!("links of interpretations without a judged pair:");
    for document in collection.facts.documents() {
        let facts = relations.facts(document).expect("held");
        let unjudged = !facts.explains.is_empty() && !judged.contains(&facts.id);
        for target in relations.explains(document).iter().filter(|_| unjudged) {
            println!("  {} → {}", facts.title, relations.facts(*target).expect("held").title);
        }
    }
}
