//! Quoted substrings of records find exactly the records that contain them.

use crate::support::oracle::{RecordTexts, phrase_units};
use crate::support::{Random, SAMPLE, Server, record, sample_server};

/// Random substrings of 2 to 8 characters of titles, bodies, issuers and random.
fn random_substrings(random: &mut Random, count: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    while pieces.len() < count {
        let record = random.pick(&SAMPLE);
        let text = match random.below(6) {
            0 => &record.title,
            1 => record.issuers.first().unwrap_or(&record.title),
            2 => record.document_number.as_ref().unwrap_or(&record.title),
            _ => &record.body,
        };
        let chars: Vec<char> = text.chars().collect();
        let length = 2 + random.below(7);
        if chars.len() < length {
            continue;
        }
        let start = random.below(chars.len() - length + 1);
        let piece: String = chars[start..start + length].iter().collect();
        // Closing quotation marks would end the quoted query.
        if !phrase_units(&piece).is_empty() && !piece.contains(['"', '“', '”', '＂']) {
            pieces.push(piece);
        }
    }
    pieces
}

#[test]
fn quoted_substring_finds_exactly_its_records() {
    let texts: Vec<(String, RecordTexts)> =
        SAMPLE.iter().map(|r| (r.id.clone(), RecordTexts::from_record(r))).collect();
    let mut wrong = Vec::new();
    for piece in random_substrings(&mut Random(711), 400) {
        let units = phrase_units(&piece);
        let expected: usize = texts.iter().filter(|(_, texts)| texts.contains(&units)).count();
        let given = sample_server()
            .search(&[("q", &format!("\"{piece}\"")), ("facets", ""), ("collapse", "none")])
            .total();
        if given != expected as u64 {
            wrong.push(format!("{piece:?}: {given} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of 400: {}", wrong.len(), wrong.join("; "));
}

#[test]
fn quoted_title_finds_its_record() {
    for record in SAMPLE.iter().step_by(5).filter(|r| !r.title.contains(['"', '“', '”', '＂'])) {
        let reply = sample_server().search(&[
            ("q", &format!("“{}”", record.title)),
            ("per_page", "100"),
            ("facets", ""),
            ("collapse", "none"),
        ]);
        assert!(reply.ids().contains(&record.id), "{} {}", record.id, record.title);
    }
}

#[test]
fn quoted_phrase_with_punctuation_matches_in_order() {
    let mut water = record("water", "水、电、气缴费");
    water.body = "用水，用电。".into();
    let mut other = record("other", "电、水费");
    other.body = "气".into();
    let server = Server::with_records(&[water, other]);
    for (piece, total) in [
        ("水、电", 1),
        ("电、水", 1),
        ("水，电", 1),
        ("、电、", 2),
        ("电、气缴", 1),
        ("费、水", 0),
        ("气、水", 0),
        ("用水，用", 1),
        ("水，用电", 1),
        ("气、电", 0),
        ("水", 2),
    ] {
        assert_eq!(server.search_for(&format!("\"{piece}\"")).total(), total, "{piece}");
    }
}
