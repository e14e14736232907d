//! Outcomes of citations that resolve to records.

use gongkai_index::keys::hash::hash_key;
use gongkai_index::record::Date;
use gongkai_index::relations::cited::Cited;
use gongkai_index::relations::links::Resolved;
use gongkai_index::schema::doc_ref::DocRef;

use crate::Collection;

/// Outcomes of the citations of one form.
#[derive(Default)]
struct Outcomes {
    to: u32,
    ambiguous: u32,
    own: u32,
    absent: u32,
}

impl Outcomes {
    fn count(&mut self, resolution: &Resolved) {
        *match resolution {
            Resolved::To(_) => &mut self.to,
            Resolved::Ambiguous(_) => &mut self.ambiguous,
            Resolved::Own => &mut self.own,
            Resolved::Absent => &mut self.absent,
        } += 1;
    }

    fn print(&self, name: &str) {
        let Self { to, ambiguous, own, absent } = self;
        let all = f64::from(to + ambiguous + own + absent);
        println!(
            "{name}: {all}; to a record {to} ({:.1} %), to itself {own}, ambiguous {ambiguous}, not held {absent}",
            f64::from(*to) / all * 100.0
        );
    }
}

/// Prints the outcomes, and `shown` resolved citations to judge by hand, drawn by the seed.
pub fn print(collection: &Collection, seed: u64, shown: usize) {
    let relations = collection.facts.relations();
    let [mut every, mut titled, mut numbered, mut both] = <[Outcomes; 4]>::default();
    let mut resolved = Vec::new();
    let mut unclear = Vec::new();
    for document in collection.facts.documents() {
        let id = relations.facts(document).expect("held").id.clone();
        for (cited, resolution) in relations.cites(document) {
            every.count(&resolution);
            match (cited.titles[0] != 0, cited.number != 0) {
                (true, true) => both.count(&resolution),
                (true, false) => titled.count(&resolution),
                _ => numbered.count(&resolution),
            }
            let (from, to) = cited.range;
            let draw =
                hash_key(&format!("{seed}|{id}|{from}|{to}|{:?}|{}", cited.relation(), cited.titles[0]));
            match resolution {
                Resolved::To(target) => resolved.push((draw, document, cited, target)),
                Resolved::Ambiguous(several) => unclear.push((document, cited, several)),
                _ => {}
            }
        }
    }
    for (share, name) in
        [(every, "citations"), (titled, "《title》"), (numbered, "number"), (both, "《title》 with a number")]
    {
        share.print(name);
    }
    for (document, cited, several) in unclear {
        println!("ambiguous: {}", describe_citation(collection, document, &cited));
        several.iter().for_each(|document| println!("    {}", describe_record(collection, *document)));
    }
    resolved.sort_unstable_by_key(|(draw, document, ..)| (*draw, *document));
    for (_, document, cited, target) in resolved.into_iter().take(shown) {
        println!(
            "{}\n  → {}",
            describe_citation(collection, document, &cited),
            describe_record(collection, target)
        );
        for version in relations.versions(target).into_iter().filter(|version| *version != target) {
            println!("    or {}", describe_record(collection, version));
        }
    }
}

fn describe_citation(collection: &Collection, document: DocRef, cited: &Cited) -> String {
    let facts = collection.facts.relations().facts(document).expect("held");
    let body = &collection.records[&facts.id].body;
    let (from, to) = (cited.range.0 as usize, cited.range.1 as usize);
    let quote = body.get(from..to).filter(|quote| !quote.is_empty()).unwrap_or("(a field or the title)");
    let quote = quote.replace('\n', "");
    format!(
        "{}\t{from}-{to}\t{:?}\t{quote}\t{} {}",
        facts.id,
        cited.relation(),
        facts.title,
        day_text(facts.day())
    )
}

fn describe_record(collection: &Collection, document: DocRef) -> String {
    let facts = collection.facts.relations().facts(document).expect("held");
    let record = &collection.records[&facts.id];
    let number = record.document_number.as_deref().unwrap_or("no number");
    format!(
        "{} {} | {number} | {} begins {} | {} {:?}",
        facts.id,
        facts.title,
        day_text(facts.day()),
        day_text(collection.facts.relations().first_day(document)),
        facts.place,
        facts.stated
    )
}

fn day_text(day: Option<Date>) -> String {
    day.map_or_else(|| "undated".into(), |day| day.to_string())
}
