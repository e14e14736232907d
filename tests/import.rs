//! Importer through its public interface: files of every format in, records out.

mod samples;

use std::path::{Path, PathBuf};
use std::time::Duration;

use gongkai::import::formats::sandbox;
use gongkai::import::{self, Item, Options, Place, RemovedLine};
use gongkai_index::Record;
use gongkai_index::record::Origin;

fn options() -> Options {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    Options {
        reader: Some(sandbox::Reader { program, limits: sandbox::Limits::default() }),
        ..Options::default()
    }
}

/// Items of an import: records, and rejections with their reasons.
#[derive(Default)]
struct ImportedItems {
    records: Vec<(Place, Record)>,
    rejected: Vec<(Place, String)>,
    removed: Vec<(Place, Vec<RemovedLine>)>,
}

fn import_path(path: &Path, options: &Options) -> ImportedItems {
    let mut items = ImportedItems::default();
    import::read_paths(&[path.to_owned()], options, &mut |item| {
        match item {
            Item::Record { place, record } => items.records.push((place, *record)),
            Item::Rejected { place, problems } => {
                let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
                items.rejected.push((place, reasons.join("; ")));
            }
            Item::Removed { place, lines } => items.removed.push((place, lines)),
        }
        true
    })
    .unwrap();
    items
}

/// Imports one file with this name and content.
fn import_file(name: &str, content: impl AsRef<[u8]>) -> ImportedItems {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    import_path(folder.path(), &options())
}

fn import_notice(name: &str, content: impl AsRef<[u8]>) -> Record {
    let mut items = import_file(name, content);
    assert_eq!(items.records.len(), 1, "{name}: {:?}", items.rejected);
    items.records.remove(0).1
}

#[test]
fn same_notice_in_every_format_gives_same_facts() {
    let lines = samples::NOTICE;
    let text = lines.join("\n");
    let files: [(&str, Vec<u8>); 6] = [
        ("notice.txt", text.clone().into_bytes()),
        ("notice.md", format!("# {}\n\n{}", lines[0], lines[1..].join("\n\n")).into_bytes()),
        ("gb.txt", encoding_rs::GB18030.encode(&text).0.into_owned()),
        ("notice.docx", samples::word(lines)),
        ("notice.ofd", samples::ofd(lines)),
        ("notice.pdf", samples::pdf(lines)),
    ];
    for (name, content) in files {
        let record = import_notice(name, content);
        assert_eq!(record.title, lines[0], "{name}");
        assert_eq!(record.document_number.as_deref(), Some("澜政办发〔2018〕31号"), "{name}");
        assert_eq!(record.issuers, ["澜江市人民政府办公室"], "{name}");
        assert_eq!(record.written_on.unwrap().to_string(), "2018-05-09", "{name}");
        assert_eq!(record.effective_on.unwrap().to_string(), "2018-06-01", "{name}");
        assert_eq!(record.parts.len(), 1, "{name}: {}", record.body);
        let part = &record.parts[0];
        assert_eq!(part.title, "澜江市政务公开工作办法", "{name}");
        assert!(record.body[part.start..part.end].contains("第二条"), "{name}");
        for field in ["title", "document_number", "issuers", "written_on", "effective_on"] {
            assert!(record.inferred.contains_key(field), "{name}: {field} is inferred");
        }
    }
}

#[test]
fn stated_facts_of_page_are_not_inferred() {
    let record = import_notice("page.html", samples::page(3, 30));
    assert_eq!(record.index_number.as_deref(), Some("014220015/2018-00031"));
    assert_eq!(record.published_on.unwrap().to_string(), "2018-05-16");
    assert!(!record.inferred.contains_key("document_number") && !record.inferred.contains_key("written_on"));
    assert_eq!(record.provenance.unwrap().origin, Origin::Official);
    assert!(!record.body.contains("便民服务事项") && !record.body.contains("版权所有"), "{}", record.body);
}

#[test]
fn ids_follow_source_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let import_one = |path: &Path, base: Option<&Path>| {
        let options = Options { base: base.map(Path::to_owned), ..options() };
        import_path(path, &options).records.remove(0).1.id
    };
    let (here, there) = (folder.path().join("2019"), folder.path().join("2020"));
    for place in [&here, &there] {
        std::fs::create_dir(place).unwrap();
        std::fs::write(place.join("1.html"), samples::page(3, 30)).unwrap();
    }
    let first = import_one(&here, None);
    assert_ne!(first, import_one(&there, None), "files of one name in two folders are two documents");
    std::fs::write(here.join("1.html"), samples::page(4, 20)).unwrap();
    assert_eq!(first, import_one(&here, None), "the same path gives the same id");
    assert_eq!(first, import_one(&here.join("1.html"), None), "named as folder or as file");
    assert_eq!(
        import_one(&here, Some(&here)),
        import_one(&there, Some(&there)),
        "a collection that moves keeps its ids below a base"
    );
    let addressed = |address: &str| {
        samples::page(3, 3)
            .replace("</title>", &format!("</title><meta property=\"og:url\" content=\"{address}\">"))
    };
    let id = |name: &str, address: &str| import_notice(name, addressed(address)).id;
    let page = "http://www.lanjiang.example/1.html";
    assert_eq!(id("a.html", page), id("b.html", page));
    let site = "http://www.lanjiang.example/";
    assert_ne!(id("a.html", site), id("b.html", site), "the address of a site is not that of a page");
}

#[test]
fn record_with_id_of_another_is_rejected_with_both_places() {
    let line = |title: &str| format!("{{\"id\":\"x\",\"kind\":\"document\",\"title\":\"{title}\"}}\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ndjson"), line("甲") + &line("甲")).unwrap();
    std::fs::write(folder.path().join("b.ndjson"), "\n".to_owned() + &line("乙")).unwrap();
    let items = import_path(folder.path(), &options());
    assert_eq!(items.records.len(), 2, "an equal record is no conflict");
    let [(place, reason)] = items.rejected.as_slice() else { panic!("{:?}", items.rejected) };
    assert!(place.file.ends_with("b.ndjson") && place.line == Some(2), "{place}");
    assert!(reason.contains("a.ndjson:1") && reason.contains('x'), "{reason}");
}

#[test]
fn files_without_any_record_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let zip = samples::archive(&[("picture.png", b"\x89PNG"), (".hidden.txt", b"x")]);
    let files: [(&str, &[u8]); 7] = [
        ("a.ndjson", b""),
        ("b.json", b"[]"),
        ("c.csv", "标题,文号\n".as_bytes()),
        ("d.txt", b" \n"),
        ("e.zip", &zip),
        ("f.html", b""),
        ("g.md", b"\xef\xbb\xbf"),
    ];
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let items = import_path(folder.path(), &options());
    assert_eq!((items.records.len(), items.rejected.len()), (0, files.len()), "{:?}", items.rejected);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(import_path(empty.path(), &options()).rejected.len(), 1, "an empty folder is told");
}

#[test]
fn archive_with_two_entries_of_one_name_says_so() {
    let text = samples::NOTICE.join("\n");
    let mut bytes = samples::archive(&[("a.txt", text.as_bytes()), ("b.txt", text.as_bytes())]);
    for at in 0..bytes.len() - 5 {
        if bytes[at..].starts_with(b"b.txt") {
            bytes[at] = b'a';
        }
    }
    let items = import_file("all.zip", bytes);
    assert_eq!(items.records.len(), 1);
    let [(place, reason)] = items.rejected.as_slice() else { panic!("{:?}", items.rejected) };
    assert!(place.entry.as_deref() == Some("a.txt") && reason.contains("同名"), "{place} {reason}");
}

#[test]
fn short_notices_are_records() {
    let page = |title: &str, body: &str| {
        format!(
            "<html><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
        )
    };
    for (name, content, title, words) in [
        ("a.html", page("关于停水的通知", "<p>因管道检修，3月5日停水。</p>"), "关于停水的通知", "停水。"),
        ("b.html", page("公告", "<p>本局3月5日停办业务。</p><p>澜江市财政局</p>"), "公告", "停办业务"),
        (
            "c.html",
            page("关于网站系统维护的公告", "<p>3月5日22时起系统维护，请稍后再试。</p>"),
            "关于网站系统维护的公告",
            "系统维护，",
        ),
        ("d.txt", "公告\n\n本局3月5日停办业务。\n".to_owned(), "公告", "停办业务"),
    ] {
        let record = import_notice(name, content);
        assert_eq!(record.title, title, "{name}");
        assert!(record.body.contains(words), "{name}: {}", record.body);
    }
    assert!(import_file("e.html", page("404", "<p>页面不存在，请稍后再试</p>")).records.is_empty());
}

#[test]
fn tables_are_read_with_any_line_end_and_mark_of_emptiness() {
    for end in ["\n", "\r", "\r\n"] {
        let rows = [
            "标题,文号,成文日期",
            "关于收费的通知,nan,44260",
            "关于预算的通知,/,2021/3/5",
            "关于决算的通知,－,",
        ];
        let items = import_file("list.csv", rows.join(end));
        let lines: Vec<_> = items.records.iter().map(|(place, _)| place.line.unwrap()).collect();
        assert_eq!(lines, [2, 3, 4], "{end:?}: {:?}", items.rejected);
        let records: Vec<_> = items.records.into_iter().map(|(_, record)| record).collect();
        assert!(records.iter().all(|record| record.document_number.is_none()));
        assert_eq!(records[0].written_on.unwrap().to_string(), "2021-03-05");
        assert_eq!(records[0].inferred["written_on"].evidence, "44260");
        assert_eq!(records[1].written_on, records[0].written_on);
        let ids: std::collections::HashSet<_> = records.iter().map(|record| &record.id).collect();
        assert_eq!(ids.len(), 3);
    }
    let stated = import_notice("list.csv", "sep=;\r\n标题;来源\r\n关于收费，预算的通知;澜江市,财政局\r\n");
    assert_eq!(
        (stated.title.as_str(), stated.source_name.as_deref()),
        ("关于收费，预算的通知", Some("澜江市,财政局"))
    );
}

#[test]
fn records_in_utf16_and_with_marks_are_read_and_other_encodings_named() {
    let line =
        |id: &str| format!("{{\"id\":\"{id}\",\"kind\":\"document\",\"title\":\"关于收费的通知\"}}\r\n");
    let text = line("a") + "\u{feff}" + &line("b");
    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let little: Vec<u8> = units(&text).into_iter().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units(&format!("\u{feff}{text}")).into_iter().flat_map(u16::to_be_bytes).collect();
    let array = format!("\u{feff}[{},{}]", line("a"), line("b"));
    let array16: Vec<u8> = units(&array).into_iter().flat_map(u16::to_le_bytes).collect();
    for (name, content) in [
        ("a.ndjson", format!("\u{feff}{text}").into_bytes()),
        ("b.ndjson", little),
        ("c.ndjson", big),
        ("d.json", array.into_bytes()),
        ("e.json", array16),
    ] {
        let items = import_file(name, content);
        assert_eq!(items.records.len(), 2, "{name}: {:?}", items.rejected);
    }
    let other = encoding_rs::GB18030.encode(&line("a")).0.into_owned();
    let items = import_file("gb.ndjson", other);
    assert!(items.rejected[0].1.contains("gb18030"), "{:?}", items.rejected);
}

#[test]
fn hidden_words_are_no_text_and_files_behind_programs_are_attachments() {
    let page = samples::page(3, 3).replace(
        "<div class=\"content\" id=\"zoom\">",
        "<div class=\"content\" id=\"zoom\"><p>本通知<span style=\"font-size:0\">噪声</span>自<i hidden>杂</i>发布日施行。</p>\
         <p>附件：<a href=\"/cms/download?file=abc\">收费目录.docx</a>、<a href=\"/down.jsp?id=2&name=b.pdf\">收费标准</a>、\
         <a href=\"javascript:void(0)\" onclick=\"down('x.pdf')\">实施方案.pdf</a></p>",
    );
    let record = import_notice("page.html", page);
    assert!(record.body.contains("本通知自发布日施行。"), "{}", record.body);
    let names: Vec<_> = record.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["收费目录.docx", "收费标准", "实施方案.pdf"]);
}

#[test]
fn file_shown_in_page_is_its_attachment() {
    for shown in [
        "<embed src='/upload/P1.pdf' type='application/pdf'>",
        "<iframe src='/pdfjs/viewer.html?file=%2Fupload%2FP1.pdf'></iframe>",
        "<object data='/upload/P1.pdf'></object>",
    ] {
        let record = import_notice(
            "page.html",
            format!(
                "<html><head><meta charset=utf-8><title>澜江市关于收费的通知</title></head><body><h1>澜江市关于收费的通知</h1><div>来源：澜江市财政局 发布时间：2021-03-05</div><div id=zoom>{shown}</div></body></html>"
            ),
        );
        assert!(record.body.contains("全文未入库"), "{shown}: {}", record.body);
        assert_eq!(record.attachments[0].name, "P1.pdf", "{shown}");
    }
}

#[test]
fn archive_entries_keep_names_and_respect_limits() {
    let notice = samples::NOTICE.join("\n");
    let inner = samples::archive(&[("x.txt", b"x")]);
    let gbk_name = "通知.txt";
    let bytes = samples::archive(&[
        (gbk_name, notice.as_bytes()),
        ("folder/notice.docx", &samples::word(samples::NOTICE)),
        ("folder/picture.png", b"\x89PNG"),
        ("inner.zip", &inner),
        ("../outside.txt", b"x"),
        ("old.wps", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ]);
    let items = import_file("all.zip", bytes);
    let entries: Vec<_> = items.records.iter().map(|(place, _)| place.entry.clone().unwrap()).collect();
    assert_eq!(entries, [gbk_name, "folder/notice.docx"]);
    let reasons: Vec<_> = items
        .rejected
        .iter()
        .map(|(place, reason)| format!("{}: {reason}", place.entry.clone().unwrap()))
        .collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(
        reasons[0].contains("压缩包里的压缩包")
            && reasons[1].contains("路径")
            && reasons[2].contains("另存为")
    );
}

#[test]
fn old_formats_are_rejected_with_advice_and_run_continues() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.doc"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old").unwrap();
    std::fs::write(folder.path().join("b.txt"), samples::NOTICE.join("\n")).unwrap();
    let items = import_path(folder.path(), &options());
    assert_eq!(items.records.len(), 1);
    assert!(items.rejected[0].1.contains("另存为 .docx"), "{:?}", items.rejected);
}

#[test]
fn scan_becomes_record_without_text() {
    let record = import_notice("澜江市2019年工作要点.pdf", samples::pdf(&[]));
    assert!(record.body.starts_with("全文未入库"));
    assert_eq!(record.title, "澜江市2019年工作要点");
    assert_eq!(record.attachments[0].name, "澜江市2019年工作要点.pdf");
}

#[test]
fn export_is_read_by_its_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping.toml");
    std::fs::write(&mapping, "separator = \"；\"\n[columns]\n\"公文名\" = \"title\"\n\"单位\" = \"issuers\"\n\"印发时间\" = \"written_on\"\n\"备注\" = \"\"\n").unwrap();
    let table = "公文名,单位,印发时间,备注\r\n关于甲的通知,澜江市财政局；澜江市教育局,2018-05-09,x\r\n关于乙的通知,澜江市财政局,不详,\r\n";
    let path = folder.path().join("export.csv");
    std::fs::write(&path, encoding_rs::GB18030.encode(table).0).unwrap();
    let items = import_path(&path, &Options { mapping: Some(mapping), ..options() });
    assert_eq!(items.records[0].1.issuers, ["澜江市财政局", "澜江市教育局"]);
    assert_eq!(items.records[0].0.line, Some(2));
    assert_eq!(items.rejected[0].0.line, Some(3));
    assert!(items.rejected[0].1.contains("不详"), "{:?}", items.rejected);
}

#[test]
fn process_over_limits_rejects_one_file() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let lines: Vec<&str> = samples::NOTICE.iter().copied().cycle().take(20_000).collect();
    let large = samples::pdf(&lines);
    let low_memory = sandbox::Limits { memory: 24 << 20, ..sandbox::Limits::default() };
    let no_time = sandbox::Limits { wall: Duration::ZERO, ..sandbox::Limits::default() };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.pdf"), large).unwrap();
    std::fs::write(folder.path().join("b.txt"), samples::NOTICE.join("\n")).unwrap();
    for limits in [low_memory, no_time] {
        let reader = sandbox::Reader { program: program.clone(), limits };
        let items = import_path(folder.path(), &Options { reader: Some(reader), ..Options::default() });
        assert_eq!(items.records.len(), 1, "the other file is imported");
        assert_eq!(items.rejected.len(), 1);
    }
}

#[test]
fn archive_over_its_time_names_files_that_were_not_read() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let limits = sandbox::Limits { archive: Duration::ZERO, ..sandbox::Limits::default() };
    let notice = samples::NOTICE.join("\n");
    let folder = tempfile::tempdir().unwrap();
    let entries = [("a.txt", notice.as_bytes()), ("b.docx", &samples::word(samples::NOTICE))];
    std::fs::write(folder.path().join("a.zip"), samples::archive(&entries)).unwrap();
    std::fs::write(folder.path().join("b.txt"), &notice).unwrap();
    let options = Options { reader: Some(sandbox::Reader { program, limits }), ..Options::default() };
    let items = import_path(folder.path(), &options);
    assert_eq!(items.records.len(), 1, "the file beside it is imported");
    let rejected: Vec<_> = items.rejected.iter().map(|(place, _)| place.entry.as_deref().unwrap()).collect();
    assert_eq!(rejected, ["a.txt", "b.docx"]);
    assert!(items.rejected[0].1.contains("不再读取"), "{:?}", items.rejected);
}

#[test]
fn deeply_nested_files_give_one_item() {
    let deep = "[".repeat(200_000);
    let array = samples::pdf_of(deep.as_bytes());
    let dictionary = String::from_utf8_lossy(&samples::pdf(&[]))
        .replace("/MediaBox", &format!("/X {} /MediaBox", "<</A".repeat(100_000)));
    let xml = format!("<w:document xmlns:w='w'>{}", "<w:tbl><w:tr><w:tc>".repeat(100_000));
    let word = samples::archive(&[("word/document.xml", xml.as_bytes())]);
    let html = "<table><tr><td><div>".repeat(50_000);
    for (name, content) in [
        ("a.pdf", array),
        ("b.pdf", dictionary.into_bytes()),
        ("c.docx", word),
        ("d.html", html.into_bytes()),
    ] {
        let items = import_file(name, content);
        assert_eq!(items.records.len() + items.rejected.len(), 1, "{name}");
    }
}

/// Returns the folder of real pages beside the project, if it exists.
fn real_pages() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("GONGKAI_SHARED").map_or(beside, PathBuf::from).join("pages");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn real_pages_give_expected_facts() {
    let Some(folder) = real_pages() else { return };
    let items = import_path(&folder, &options());
    let records_of = |page: &str| -> Vec<&Record> {
        let found = items.records.iter().filter(|(place, _)| {
            Path::new(&place.file).file_name().unwrap().to_string_lossy().starts_with(page)
        });
        found.map(|(_, record)| record).collect()
    };
    let day =
        |date: Option<gongkai_index::record::Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let portal = records_of("000")[0];
    assert_eq!(portal.issuers.len(), 2);
    assert_eq!(portal.document_number.as_deref(), Some("市委办发〔2007〕138号"));
    assert_eq!(
        (day(portal.written_on), day(portal.published_on)),
        ("2007-12-26".into(), "2007-12-26".into())
    );
    assert_eq!(portal.region.as_deref(), Some("甘肃省/酒泉市"));
    assert!(portal.inferred["validity"].evidence.contains("有效"));
    let notice = records_of("001")[0];
    assert_eq!(notice.issuers, ["中共南通市委办公室", "南通市人民政府办公室"]);
    assert_eq!(
        (day(notice.written_on), day(notice.published_on)),
        ("2016-12-05".into(), "2018-03-06".into())
    );
    assert_eq!(notice.parts[0].title, "关于全面推进政务公开工作的实施意见");
    let reports = records_of("002");
    assert!(reports.len() >= 5 && reports.iter().all(|record| !record.body.contains("供暖有限公司")));
    let origin = |record: &Record| record.provenance.as_ref().unwrap().origin;
    assert_eq!(origin(records_of("003")[0]), Origin::Collected);
    let named: Vec<_> =
        records_of("004").into_iter().filter(|record| origin(record) != Origin::Collected).collect();
    let regions: Vec<_> = named.iter().filter_map(|record| record.region.as_deref()).collect();
    assert_eq!(regions, ["河北省/邯郸市/成安县", "河北省/唐山市"]);
}

#[test]
fn bare_and_missing_titles_are_never_composed() {
    let text = "因设备检修，大厅定于2024年5月20日暂停办理业务一天。\n澜江市政务服务局\n2024年5月17日";
    let bare = import_notice("a.txt", format!("公告\n{text}"));
    assert_eq!(bare.title, "公告");
    let page = format!("<title>公告</title><h1>公告</h1><p>{}</p>", text.replace('\n', "</p><p>"));
    assert_eq!(import_notice("a.html", page).title, "公告");
    let untitled = import_notice("b.txt", text);
    assert_eq!(untitled.inferred["title"].from, "placeholder");
    assert!(untitled.body.starts_with(untitled.title.as_str()), "{}", untitled.title);
}

#[test]
fn note_of_revision_under_title_gives_dates_and_issuer() {
    let record = import_notice(
        "rule.md",
        "# 澜江省市容管理条例\n\n2020年11月25日 澜江省第十三届人民代表大会常务委员会第二十五次会议修订\n\n2021年1月1日 施行\n\n## 第一章 总则\n\n第一条 为了加强市容管理，制定本条例。\n",
    );
    assert_eq!(record.issuers, ["澜江省人民代表大会常务委员会"]);
    assert_eq!(record.written_on.unwrap().to_string(), "2020-11-25");
    assert_eq!(record.effective_on.unwrap().to_string(), "2021-01-01");
}

#[test]
fn prose_between_rules_is_text_and_front_matter_is_listed() {
    let text = "---\n澜江市人民政府办公室\n关于加强停车管理的通知\n---\n各县区：\n请办理。\n";
    let record = import_notice("a.md", text);
    assert!(record.body.contains("请办理。"), "{}", record.body);
    let all = format!("{} {:?} {}", record.title, record.issuers, record.body);
    assert!(all.contains("澜江市人民政府办公室") && all.contains("关于加强停车管理的通知"), "{all}");
    let listed = "---\ntitle: 停车办法\nissuers:\n  - 澜江市财政局\n# 注释\n---\n# 停车办法\n\n第一条 应当有序停车。\n";
    let items = import_file("b.md", listed);
    let removed: Vec<&str> =
        items.removed.iter().flat_map(|(_, lines)| lines).map(|line| line.text.as_str()).collect();
    for line in ["issuers:", "- 澜江市财政局", "# 注释"] {
        assert!(removed.contains(&line), "{line}: {removed:?}");
    }
}
