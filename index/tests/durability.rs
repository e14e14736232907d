//! Durability: commits, generations, locks, and folders that are no index.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gongkai_index::analysis::Analyzer;
use gongkai_index::backend::Load;
use gongkai_index::query::{Mode, Query, Start, parse};
use gongkai_index::record::parse_iso_date;
use gongkai_index::results::SearchResults;
use gongkai_index::{Budget, Collection, Error, Put, Record, RecordWriter, checksum};
use tempfile::TempDir;

use crate::support::{bulk_writer, open, read_record, search_at, try_open, writer};

fn record(id: &str, title: &str) -> Record {
    let json =
        serde_json::json!({ "id": id, "kind": "policy", "title": title, "body": format!("{title}的正文。") });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

fn write_records(collection: &Collection, records: impl IntoIterator<Item = Record>) -> Vec<Put> {
    let mut writer = bulk_writer(collection);
    let outcomes = records.into_iter().map(|record| writer.put(&record).expect("taken")).collect();
    writer.commit().expect("commits");
    outcomes
}

fn search(collection: &Collection, text: &str) -> SearchResults {
    let today = parse_iso_date("2026-01-01").expect("a date");
    let query = Query::new(parse::parse(text, Mode::Literal, &Analyzer::shared()), today);
    collection.reader().search(&query, &Budget::default()).expect("answers")
}

fn count_hits(collection: &Collection, text: &str) -> u64 {
    search(collection, text).total
}

#[test]
fn committed_records_are_found_after_reopening() {
    let folder = TempDir::new().unwrap();
    let records: Vec<Record> =
        (0..30).map(|i| record(&format!("r{i}"), &format!("第{i}号养老补贴办法"))).collect();
    let collection = open(folder.path());
    assert!(collection.is_empty() && collection.generation() == 0);
    write_records(&collection, records.clone());
    let generation = collection.generation();
    drop(collection);
    let reopened = open(folder.path());
    assert_eq!((reopened.len(), reopened.generation()), (30, generation));
    assert_eq!(count_hits(&reopened, "养老补贴"), 30);
    for record in &records {
        assert_eq!(read_record(&reopened, &record.id).as_ref(), Some(record));
    }
    assert_eq!(read_record(&reopened, "r30"), None);
}

#[test]
fn uncommitted_changes_are_lost() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, [record("a", "甲")]);
    let mut writer = bulk_writer(&collection);
    writer.put(&record("b", "乙")).unwrap();
    assert!(writer.delete("a").unwrap());
    assert_eq!((collection.len(), read_record(&collection, "b")), (1, None));
    drop(writer);
    drop(collection);
    let reopened = open(folder.path());
    assert_eq!((reopened.len(), reopened.generation()), (1, 1));
    assert!(read_record(&reopened, "a").is_some());
}

#[test]
fn put_reports_added_updated_or_unchanged() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let (first, second) = (record("a", "收费办法"), record("a", "收费标准"));
    assert_eq!(write_records(&collection, [first.clone(), first.clone()]), [Put::Added, Put::Unchanged]);
    assert_eq!(write_records(&collection, [first.clone()]), [Put::Unchanged]);
    assert_eq!(collection.generation(), 1, "an unchanged record makes no generation");
    assert_eq!(write_records(&collection, [second.clone()]), [Put::Updated]);
    assert_eq!(
        (collection.len(), count_hits(&collection, "收费办法"), count_hits(&collection, "收费标准")),
        (1, 0, 1)
    );
    // Within one commit the last change wins.
    assert_eq!(write_records(&collection, [first.clone(), second, first.clone()]), [Put::Updated; 3]);
    assert_eq!(read_record(&collection, "a"), Some(first));
    assert_eq!(collection.len(), 1);
}

#[test]
fn deleted_record_can_be_put_again() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, [record("a", "甲"), record("b", "乙")]);
    let mut writer = bulk_writer(&collection);
    assert!(writer.delete("a").unwrap() && !writer.delete("a").unwrap() && !writer.delete("c").unwrap());
    assert_eq!(writer.put(&record("a", "甲")).unwrap(), Put::Added);
    assert!(writer.delete("b").unwrap());
    writer.commit().unwrap();
    assert_eq!((collection.len(), count_hits(&collection, "甲"), count_hits(&collection, "乙")), (1, 1, 0));
    assert_eq!(read_record(&collection, "b"), None);
}

#[test]
fn counts_after_many_commits_and_merge_are_exact() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    let mut writer = bulk_writer(&collection);
    for round in 0..40_u32 {
        for i in 0..12 {
            let (id, title) = (format!("r{}", (round * 7 + i * 5) % 90), format!("第{round}轮公开通知"));
            writer.put(&record(&id, &title)).unwrap();
            expected.insert(id, title);
        }
        let deleted = format!("r{}", (round * 11) % 90);
        assert_eq!(writer.delete(&deleted).unwrap(), expected.remove(&deleted).is_some());
        assert_eq!(writer.commit().unwrap(), u64::from(round) + 1);
        assert_eq!(collection.len(), expected.len() as u64, "after round {round}");
        let matching = expected.values().filter(|title| **title == format!("第{round}轮公开通知")).count();
        assert_eq!(
            count_hits(&collection, &format!("“第{round}轮公开通知”")),
            matching as u64,
            "after round {round}"
        );
    }
    let before = collection.generation();
    let merged = writer.optimise(1).unwrap();
    assert!(
        merged > before && collection.generation() == merged,
        "a visible merge is a generation of its own"
    );
    assert_eq!(
        (collection.len(), count_hits(&collection, "公开通知")),
        (expected.len() as u64, expected.len() as u64)
    );
    for (id, title) in &expected {
        assert_eq!(read_record(&collection, id).map(|r| r.title), Some(title.clone()));
    }
}

#[test]
fn order_within_generation_is_the_same_after_merge() {
    let folder = TempDir::new().unwrap();
    let (reader, other) = (open(folder.path()), open(folder.path()));
    for round in 0..4 {
        write_records(
            &other,
            (0..60).map(|i| {
                record(&format!("r{}", i + round * 20), &format!("公开{}通知{round}", "公开".repeat(i % 7)))
            }),
        );
    }
    reader.refresh().unwrap();
    let ranked = |collection: &Collection, at| {
        let today = parse_iso_date("2026-01-01").unwrap();
        let mut query = Query::new(parse::parse("公开 通知", Mode::Literal, &Analyzer::shared()), today);
        query.per_page = 200;
        let results = search_at(collection, &query, at).unwrap();
        results.hits.iter().map(|hit| (hit.record.id.clone(), hit.score.to_bits())).collect::<Vec<_>>()
    };
    let generation = reader.generation();
    let before = ranked(&reader, generation);
    bulk_writer(&other).optimise(1).unwrap();
    reader.refresh().unwrap();
    assert_eq!(ranked(&reader, generation), before);
    assert!(reader.generation() > generation);
}

#[test]
fn commits_of_two_instances_are_visible_to_both() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    assert!(!second.refresh().unwrap());
    for round in 0..20_u64 {
        let (writes, reads) = if round % 2 == 0 { (&first, &second) } else { (&second, &first) };
        // The writer has not refreshed since the other's commit, and still builds on it.
        assert_eq!(
            write_records(
                writes,
                [record("same", &format!("第{round}版")), record(&format!("r{round}"), "新")]
            )
            .len(),
            2
        );
        assert!(reads.refresh().unwrap(), "round {round}");
        assert!(!reads.refresh().unwrap());
        for collection in [&first, &second] {
            assert_eq!((collection.generation(), collection.len()), (round + 1, round + 2), "round {round}");
            assert_eq!(read_record(collection, "same").unwrap().title, format!("第{round}版"));
        }
    }
}

#[test]
fn second_writer_is_refused() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    let writer = bulk_writer(&first);
    assert!(matches!(second.writer(Load::Bulk), Err(Error::InUse(path)) if path == folder.path()));
    drop(writer);
    assert!(second.writer(Load::Bulk).is_ok());
}

#[test]
fn search_on_earlier_generation_sees_its_records() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, (0..20).map(|i| record(&format!("r{i}"), "公开通知")));
    let first = search(&collection, "公开");
    write_records(&collection, (0..20).map(|i| record(&format!("r{i}"), "别的")));
    let mut query = Query::new(
        parse::parse("公开", Mode::Literal, &Analyzer::shared()),
        parse_iso_date("2026-01-01").unwrap(),
    );
    query.start = Start::After(first.hits.last().unwrap().position);
    let rest = search_at(&collection, &query, first.generation).unwrap();
    assert_eq!((rest.total, rest.hits.len(), rest.more), (20, 10, false));
    let gone = search_at(&collection, &query, 99);
    assert!(matches!(gone, Err(Error::GenerationGone { asked: 99, current: 2 })));
}

#[test]
fn folder_with_foreign_files_is_refused_unchanged() {
    for (name, content) in
        [("report.txt", "mine"), ("meta.json", "not json"), ("meta.json", "{}"), (".managed.json", "[]")]
    {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        assert!(matches!(try_open(folder.path()), Err(Error::Damaged { .. })), "{name} {content}");
        assert_eq!(
            read_all_files(folder.path()),
            [(name.to_owned(), content.as_bytes().to_vec())],
            "{name} {content}"
        );
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(try_open(file.path()).is_err());
}

/// File with the list of segments of the first version.
fn segment_list(folder: &Path) -> PathBuf {
    folder.join("1/meta.json")
}

#[test]
fn index_of_other_format_is_refused_unchanged() {
    let folder = TempDir::new().unwrap();
    write_records(&open(folder.path()), [record("a", "甲")]);
    let own = fs::read(segment_list(folder.path())).unwrap();
    let own = std::str::from_utf8(checksum::verify_checksum(&own).expect("a checksum")).unwrap();
    let other = own.replace("\\\"format\\\":", "\\\"format\\\":9");
    fs::write(segment_list(folder.path()), checksum::add_checksum(other.clone().into_bytes())).unwrap();
    let before = read_all_files(folder.path());
    assert!(matches!(try_open(folder.path()), Err(Error::Format { .. })));
    assert_eq!(read_all_files(folder.path()), before);
    let other = other.replace("\\\"generation\\\"", "\\\"number\\\"");
    fs::write(segment_list(folder.path()), checksum::add_checksum(other.into_bytes())).unwrap();
    assert!(matches!(try_open(folder.path()), Err(Error::Damaged { .. })));
}

#[test]
fn missing_segment_file_is_an_error() {
    let folder = TempDir::new().unwrap();
    write_records(&open(folder.path()), [record("a", "甲")]);
    let terms = read_all_files(folder.path()).into_iter().find(|(name, _)| name.ends_with(".term"));
    fs::remove_file(folder.path().join(terms.expect("a file of terms").0)).unwrap();
    let refused = try_open(folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(&refused, Error::Damaged { path, .. } if path.to_string_lossy().ends_with(".term")));
}

#[test]
fn interrupted_creation_is_started_again() {
    let complete = TempDir::new().unwrap();
    drop(open(complete.path()));
    let (meta, pointer) = (
        fs::read(segment_list(complete.path())).unwrap(),
        fs::read(complete.path().join("current")).unwrap(),
    );
    let states: [&[(&str, &[u8])]; 5] = [
        &[],
        &[("1/meta.json.new", b"{\"ind")],
        &[("1/meta.json", &meta), ("1/.tantivy-meta.lock", b"")],
        &[("gate.lock", b""), ("1/meta.json", &meta), ("current.new", &pointer[..9])],
        &[("1/meta.json", &meta), ("current", &pointer)],
    ];
    for state in states {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("1")).unwrap();
        state.iter().for_each(|(name, content)| fs::write(folder.path().join(name), content).unwrap());
        let collection = open(folder.path());
        write_records(&collection, [record("a", "甲")]);
        assert_eq!(open(folder.path()).len(), 1);
    }
}

#[test]
fn index_without_current_file_is_refused_unchanged() {
    let folder = TempDir::new().unwrap();
    write_records(&open(folder.path()), [record("a", "甲")]);
    let pointer = folder.path().join("current");
    let mut bytes = fs::read(&pointer).unwrap();
    bytes[20] ^= 1;
    fs::write(&pointer, bytes).unwrap();
    for _ in 0..2 {
        let before = read_all_files(folder.path());
        assert!(matches!(try_open(folder.path()), Err(Error::Damaged { .. })));
        assert_eq!(read_all_files(folder.path()), before);
        let _ = fs::remove_file(&pointer);
    }
}

#[test]
fn pinned_and_paged_generations_stay_open() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let total_at = |generation| {
        let today = parse_iso_date("2026-01-01").unwrap();
        let query = Query::new(parse::parse("", Mode::Literal, &Analyzer::shared()), today);
        search_at(&collection, &query, generation).map(|results| results.total)
    };
    write_records(&collection, [record("first", "甲")]);
    let pinned = collection.reader();
    assert_eq!(pinned.generation(), 1);
    let mut writer = writer(&collection);
    for round in 0..150 {
        writer.put(&record(&format!("r{round}"), "乙")).unwrap();
        writer.commit().unwrap();
        if round > 0 {
            // A cursor reads page after page of the second generation.
            assert_eq!(total_at(2).unwrap(), 2, "in round {round}");
        }
    }
    assert_eq!((pinned.len(), pinned.record("r0").unwrap()), (1, None), "pinned by its reader");
    assert!(matches!(total_at(5), Err(Error::GenerationGone { asked: 5, .. })), "no cursor has used it");
    assert_eq!(total_at(140).unwrap(), 140);
    drop(pinned);
    assert!(matches!(total_at(1), Err(Error::GenerationGone { asked: 1, .. })));
}

/// Name and content of each file, in order, without locks.
fn read_all_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                    found.push((name, fs::read(path).unwrap()));
                }
            }
        }
    }
    found.retain(|(name, _)| !name.ends_with(".lock"));
    found.sort();
    found
}
