//! Tests of lists and the records they name.

use crate::collection::cleanup_lists::{ListReport, apply};
use crate::collection::writer::RecordWriter;
use crate::record::{EvidenceSource, Record, Validity, ValidityEvidence};

use crate::backend::Load;
use crate::collection::Collection;
use crate::embedded::Embedded;

fn record(json: &serde_json::Value) -> Record {
    Record::from_json(json.to_string().as_bytes()).unwrap()
}

fn list() -> Record {
    record(&serde_json::json!({
        "id": "list", "kind": "document", "title": "澜江市人民政府关于公布规范性文件清理结果的通知",
        "issuers": ["澜江市人民政府"], "region": "云州省/澜江市", "written_on": "2020-05-01",
        "body": "一、废止的规范性文件目录\n1.《澜江市集市管理办法》（澜政发〔2001〕3号）\n2.澜江市人民政府关于加强水库管理的通知（澜政发〔2002〕8号）\n3.《澜江市不存在办法》（澜政发〔1999〕1号）\n4.关于做好春运工作的通知\n5.《澜江市养犬规定》（澜政发〔2003〕5号）\n二、继续有效的规范性文件目录\n| 序号 | 文件名称 | 文号 |\n| 1 | 澜江市停车办法 | 澜政发〔2010〕2号 |\n",
    }))
}

fn documents() -> Vec<Record> {
    let document = |id: &str, title: &str, number: Option<&str>, region: &str, written: &str| {
        let issuer = format!("{}人民政府", region.rsplit('/').next().unwrap());
        record(&serde_json::json!({
            "id": id, "kind": "policy", "title": title, "document_number": number,
            "issuers": [issuer], "region": region, "written_on": written, "validity": "in_force",
        }))
    };
    vec![
        document("market", "澜江市集市管理办法", Some("澜政发[2001]03号"), "云州省/澜江市", "2001-03-01"),
        document("water", "关于加强水库管理的通知", Some("澜政发〔2002〕8号"), "云州省/澜江市", "2002-03-01"),
        document(
            "travel-1",
            "关于做好春运工作的通知",
            Some("澜政发〔2004〕1号"),
            "云州省/澜江市",
            "2004-01-01",
        ),
        document(
            "travel-2",
            "关于做好春运工作的通知",
            Some("澜政发〔2005〕1号"),
            "云州省/澜江市",
            "2005-01-01",
        ),
        document("elsewhere", "关于做好春运工作的通知", None, "云州省/金驼市", "2004-01-01"),
        document("other", "澜江市殡葬管理实施细则", Some("澜政发〔2003〕5号"), "云州省/澜江市", "2003-01-01"),
        document("parking", "澜江市停车办法", Some("澜政发〔2010〕2号"), "云州省/澜江市", "2010-01-01"),
        document("new", "澜江市集市管理办法", None, "云州省/澜江市", "2021-01-01"),
    ]
}

struct TestCollection {
    collection: Collection,
    _folder: tempfile::TempDir,
}

impl TestCollection {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = std::sync::Arc::new(Embedded::open(folder.path()).unwrap());
        Self { collection: Collection::new(backend, false), _folder: folder }
    }

    /// Puts records and commits, then applies the lists and commits.
    fn put_and_apply(&self, records: &[Record]) -> ListReport {
        let mut writer = self.collection.writer(Load::Bulk).unwrap();
        for record in records {
            writer.put(record).unwrap();
        }
        writer.commit().unwrap();
        let report = apply(&self.collection.reader(), &mut writer).unwrap();
        writer.commit().unwrap();
        report
    }

    fn record(&self, id: &str) -> Record {
        self.collection.reader().record(id).unwrap().unwrap()
    }

    fn evidence_states(&self) -> Vec<(String, Vec<Validity>)> {
        let mut states = Vec::new();
        let visit = &mut |record: &Record| {
            let of_record = record.validity_evidence.iter().map(|evidence| evidence.state).collect();
            states.push((record.id.clone(), of_record));
        };
        self.collection.reader().each_record(visit).unwrap();
        states.sort();
        states
    }
}

#[test]
fn list_rows_update_named_records_and_report_the_others() {
    let collection = TestCollection::new();
    let report = collection.put_and_apply(&[documents(), vec![list()]].concat());
    assert_eq!((report.lists, report.rows, report.matched, report.updated), (1, 6, 3, 3), "{report:?}");
    let market = collection.record("market");
    assert_eq!(market.validity, Some(Validity::InForce), "the stated validity is unchanged");
    let evidence = &market.validity_evidence[0];
    assert_eq!((evidence.state, evidence.record.as_deref()), (Validity::Repealed, Some("list")));
    assert_eq!(evidence.since.unwrap().to_string(), "2020-05-01");
    assert_eq!(evidence.quote, "1.《澜江市集市管理办法》（澜政发〔2001〕3号）");
    assert_eq!(evidence.title.as_deref(), Some("澜江市人民政府关于公布规范性文件清理结果的通知"));
    assert_eq!(market.weighed_validity(), Some(Validity::Repealed));
    assert_eq!(collection.record("parking").validity_evidence[0].state, Validity::InForce);
    for untouched in ["new", "elsewhere", "travel-1", "other", "list"] {
        assert!(collection.record(untouched).validity_evidence.is_empty(), "{untouched}");
    }
    let rows: Vec<_> = report.unmatched.iter().map(|open| open.row.as_str()).collect();
    assert_eq!(rows, ["3.《澜江市不存在办法》（澜政发〔1999〕1号）"]);
    let open: Vec<_> = report.ambiguous.iter().map(|open| open.candidates.join(" ")).collect();
    assert_eq!(open, ["travel-1 travel-2", "other"]);
}

#[test]
fn evidence_of_lists_is_the_same_in_any_order_of_arrival_and_after_a_second_run() {
    let together = TestCollection::new();
    together.put_and_apply(&[documents(), vec![list()]].concat());
    let list_first = TestCollection::new();
    assert_eq!(list_first.put_and_apply(&[list()]).unmatched.len(), 6);
    list_first.put_and_apply(&documents());
    let list_last = TestCollection::new();
    list_last.put_and_apply(&documents());
    list_last.put_and_apply(&[list()]);
    assert_eq!(together.evidence_states(), list_first.evidence_states());
    assert_eq!(together.evidence_states(), list_last.evidence_states());
    let again = list_last.put_and_apply(&[documents(), vec![list()]].concat());
    assert_eq!((again.updated, again.matched), (0, 3));
    assert_eq!(together.evidence_states(), list_last.evidence_states());
}

#[test]
fn evidence_of_corrected_or_deleted_list_is_removed() {
    let collection = TestCollection::new();
    collection.put_and_apply(&[documents(), vec![list()]].concat());
    let mut corrected = list();
    corrected.body = corrected.body.replace("1.《澜江市集市管理办法》（澜政发〔2001〕3号）\n", "");
    assert_eq!(collection.put_and_apply(&[corrected]).updated, 1);
    assert!(collection.record("market").validity_evidence.is_empty());
    let mut writer = collection.collection.writer(Load::Bulk).unwrap();
    writer.delete("list").unwrap();
    writer.commit().unwrap();
    drop(writer);
    let report = collection.put_and_apply(&[]);
    assert_eq!((report.lists, report.updated), (0, 2));
    assert!(collection.evidence_states().iter().all(|(_, evidence)| evidence.is_empty()));
}

#[test]
fn record_put_again_keeps_the_evidence_of_lists() {
    let collection = TestCollection::new();
    collection.put_and_apply(&[documents(), vec![list()]].concat());
    let mut changed = documents().remove(0);
    changed.body = "第一条".to_owned();
    collection.put_and_apply(&[changed]);
    assert_eq!(collection.record("market").validity_evidence.len(), 1);
    let own = ValidityEvidence {
        state: Validity::InForce,
        since: None,
        from: EvidenceSource::Stated,
        record: None,
        title: None,
        quote: "有效".into(),
    };
    let mut stated = documents().remove(0);
    stated.validity_evidence = vec![own.clone()];
    collection.put_and_apply(&[stated]);
    let evidence = collection.record("market").validity_evidence;
    assert_eq!((evidence.len(), &evidence[0]), (2, &own), "both are kept, so that the conflict is shown");
}
