//! Masking: no private number leaves a masked collection, whichever backend holds it.

use std::sync::Arc;

use gongkai_index::backend::Backend;
use gongkai_index::lexicon::LexiconSource;
use gongkai_index::query::{Clause, ParsedQuery, Phrase, Query, Sort};
use gongkai_index::record::Date;
use gongkai_index::schema::fields::Facet;
use gongkai_index::{Collection, Record};

use crate::backends::{fill, for_every_backend};
use crate::comparison::results;
use crate::records::record;

const PHONE: &str = "13800138000";
const IDENTITY: &str = "11010519491231002X";

fn private_record() -> Record {
    Record {
        body: format!("联系电话{PHONE}。身份证号码：{IDENTITY}。请到民政局领取补贴。"),
        keywords: vec![format!("电话{PHONE}")],
        ..record("private", &format!("关于领取补贴的通知（联系人 {PHONE}）"))
    }
}

fn query(text: &str) -> Query {
    let matching = Clause::Text(Phrase { text: text.to_owned(), field: None });
    let mut parsed = ParsedQuery::from_clause(matching);
    parsed.marks = vec![text.to_owned()];
    let day = Date::new(2024, 1, 1).expect("a day of the calendar");
    let facets = Facet::ALL.map(|facet| (facet, None)).to_vec();
    Query { sort: Sort::Relevance, facets, ..Query::new(parsed, day) }
}

/// Everything that readers of a collection see, in words.
fn shown(collection: &Collection) -> String {
    let reader = collection.reader();
    let mut seen = Vec::new();
    for text in ["补贴", "电话", PHONE, IDENTITY] {
        seen.push(format!("{:?}", results(&reader, &query(text))));
    }
    seen.push(format!("{:?}", reader.record("private").unwrap()));
    reader.each_record(&mut |record| seen.push(format!("{record:?}"))).unwrap();
    let source: &dyn LexiconSource = &reader;
    source.each_record(&mut |record| seen.push(format!("{record:?}"))).unwrap();
    source.each_word(&mut |word, _| seen.push(word.to_owned())).unwrap();
    let documents = reader.documents(None, 9).unwrap();
    let titles = reader.relations(|relations| {
        documents
            .iter()
            .filter_map(|document| Some(reader.visible_title(&*relations.facts(*document)?)))
            .collect::<Vec<_>>()
    });
    seen.extend(titles.unwrap());
    seen.join("\n")
}

for_every_backend! {
    masked_collection_shows_no_private_number(backend: Arc<dyn Backend>) {
        let masked = Collection::new(backend, true);
        fill(&masked, &[private_record(), record("other", "通知")]);
        let shown_masked = shown(&masked);
        for number in [PHONE, IDENTITY, &IDENTITY.to_lowercase()] {
            assert!(!shown_masked.contains(number), "{number} in {shown_masked}");
        }
        assert!(shown_masked.contains("领取补贴"));
        let unmasked = masked.unmasked();
        assert!(shown(&unmasked).contains(PHONE) && shown(&unmasked).contains(IDENTITY));
        assert_eq!(unmasked.reader().record("private").unwrap(), Some(private_record()));
    }

    masking_changes_no_count(backend: Arc<dyn Backend>) {
        let masked = Collection::new(backend, true);
        fill(&masked, &[private_record(), record("other", "关于补贴的通知")]);
        for text in ["补贴", PHONE] {
            let [hidden, open] = [&masked, &masked.unmasked()]
                .map(|collection| results(&collection.reader(), &query(text)));
            assert_eq!((hidden.total, hidden.matched), (open.total, open.matched), "{text}");
            assert_eq!(hidden.facets, open.facets);
        }
    }
}
