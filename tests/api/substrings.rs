//! No substring is missed and none is invented: pieces cut out of records at any
//! place find exactly the records that hold them.

use crate::support::expectation::{Texts, wanted};
use crate::support::{Numbers, SAMPLE, Server, record, sample};

/// Pieces of 2 to 8 characters out of titles, bodies, issuers and numbers.
fn pieces(numbers: &mut Numbers, count: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    while pieces.len() < count {
        let record = numbers.pick(&SAMPLE);
        let text = match numbers.below(6) {
            0 => &record.title,
            1 => record.issuers.first().unwrap_or(&record.title),
            2 => record.document_number.as_ref().unwrap_or(&record.title),
            _ => &record.body,
        };
        let chars: Vec<char> = text.chars().collect();
        let length = 2 + numbers.below(7);
        if chars.len() < length {
            continue;
        }
        let start = numbers.below(chars.len() - length + 1);
        let piece: String = chars[start..start + length].iter().collect();
        // Marks that end a quotation would end the query's.
        if !wanted(&piece).is_empty() && !piece.contains(['"', '“', '”', '＂']) {
            pieces.push(piece);
        }
    }
    pieces
}

#[test]
fn a_quoted_piece_finds_exactly_the_records_that_hold_it() {
    let texts: Vec<(String, Texts)> = SAMPLE.iter().map(|r| (r.id.clone(), Texts::of(r))).collect();
    let mut wrong = Vec::new();
    for piece in pieces(&mut Numbers(711), 400) {
        let units = wanted(&piece);
        let due: usize = texts.iter().filter(|(_, texts)| texts.contain(&units)).count();
        let given =
            sample().search(&[("q", &format!("\"{piece}\"")), ("facets", ""), ("collapse", "none")]).total();
        if given != due as u64 {
            wrong.push(format!("{piece:?}: {given} instead of {due}"));
        }
    }
    assert!(wrong.is_empty(), "{} of 400: {}", wrong.len(), wrong.join("; "));
}

#[test]
fn a_title_typed_in_quotes_finds_its_record() {
    for record in SAMPLE.iter().step_by(5).filter(|r| !r.title.contains(['"', '“', '”', '＂'])) {
        let reply = sample().search(&[
            ("q", &format!("“{}”", record.title)),
            ("per_page", "100"),
            ("facets", ""),
            ("collapse", "none"),
        ]);
        assert!(reply.ids().contains(&record.id), "{} {}", record.id, record.title);
    }
}

#[test]
fn single_characters_beside_punctuation_stand_where_they_were_typed() {
    let mut water = record("water", "水、电、气缴费");
    water.body = "用水，用电。".into();
    let mut other = record("other", "电、水费");
    other.body = "气".into();
    let server = Server::holding(&[water, other]);
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
        assert_eq!(server.ask(&format!("\"{piece}\"")).total(), total, "{piece}");
    }
}
