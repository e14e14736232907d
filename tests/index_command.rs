//! Clean-up lists, private numbers and odd files in a run of `gongkai index`, through the program itself.

#[path = "support/mod.rs"]
mod support;

use serde_json::{Value, json};

use support::workspace::{Finished, Workspace};

/// Runs the program and expects success.
fn run(place: &Workspace, arguments: &[&str]) -> Finished {
    let ended = place.run(arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.err);
    ended
}

/// Runs `index` and returns its report and its messages.
fn index(place: &Workspace, paths: &[&str]) -> (Value, String) {
    let (ended, report) = place.index(paths);
    assert_eq!(ended.code, 0, "{paths:?}: {}", ended.err);
    (report, ended.err)
}

/// Searches and returns the answer as JSON.
fn search(place: &Workspace, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(place, &[&["search", "--json"], arguments].concat()).out).unwrap()
}

/// Makes a clean-up list as a site publishes it: a page with a table.
fn list_page() -> String {
    let rows = [
        ("1", "澜江市集市管理办法", "澜政发〔2001〕3号", "废止"),
        ("2", "澜江市停车场管理办法", "澜政发〔2010〕2号", "继续有效"),
        ("3", "澜江市从未发布办法", "澜政发〔1999〕77号", "废止"),
        ("4", "澜江市渡口管理办法", "澜政发〔2006〕9号", "修改"),
    ];
    let rows: Vec<String> = rows
        .iter()
        .map(|(n, title, number, fate)| {
            format!("<tr><td>{n}</td><td>{title}</td><td>{number}</td><td>{fate}</td></tr>")
        })
        .collect();
    format!(
        "<html><head><meta charset=utf-8><title>澜江市人民政府关于公布规范性文件清理结果的通知</title></head><body>\
         <h1>澜江市人民政府关于公布规范性文件清理结果的通知</h1><p>澜政发〔2020〕11号</p>\
         <p>各县（市、区）人民政府，市政府各部门：</p>\
         <p>经市政府同意，现将规范性文件清理结果予以公布，本通知自印发之日起执行。</p>\
         <table><tr><th>序号</th><th>文件名称</th><th>文号</th><th>处理意见</th></tr>{}</table>\
         <p>澜江市人民政府</p><p>2020年5月1日</p></body></html>",
        rows.concat()
    )
}

fn documents() -> String {
    let document = |id: &str, title: &str, number: &str, written: &str| {
        json!({"id": id, "kind": "policy", "title": title, "document_number": number, "written_on": written,
               "issuers": ["澜江市人民政府"], "validity": "in_force", "body": "第一条　为了规范管理，制定本办法。"})
        .to_string()
    };
    [
        document("market", "澜江市集市管理办法", "澜政发〔2001〕3号", "2001-03-01"),
        document("parking", "澜江市停车场管理办法", "澜政发[2010]2号", "2010-01-01"),
        document("ferry", "澜江市渡口管理办法", "澜政发〔2006〕9号", "2006-01-01"),
    ]
    .join("\n")
}

#[test]
fn clean_up_list_before_or_after_records_sets_validity() {
    for list_first in [true, false] {
        let place = Workspace::new();
        let list = place.write("list.html", list_page());
        let documents = place.write("documents.ndjson", documents());
        let order = if list_first { [&list, &documents] } else { [&documents, &list] };
        index(&place, &[order[0]]);
        let (report, messages) = index(&place, &[order[1]]);
        let lists = &report["lists"];
        assert_eq!(
            (&lists["rows"], &lists["matched"], &lists["updated"]),
            (&4.into(), &3.into(), &3.into()),
            "{report}"
        );
        assert!(lists["unmatched"][0]["row"].as_str().unwrap().contains("从未发布"), "{report}");
        assert!(messages.contains("从未发布") && messages.contains("4 rows: 3 name records"), "{messages}");
        let state =
            |title: &str| search(&place, &["--param", "mode=literal", title])["hits"][0]["validity"].clone();
        assert_eq!(state("标题:澜江市集市管理办法"), "repealed");
        assert_eq!(state("标题:澜江市停车场管理办法"), "in_force");
        assert_eq!(state("标题:澜江市渡口管理办法"), "amended");
        let (again, _) = index(&place, &[&documents, &list]);
        assert_eq!((&again["unchanged"], &again["lists"]["updated"]), (&4.into(), &0.into()), "{again}");
        assert_eq!(again["lists"]["unmatched"], lists["unmatched"], "reported again");
        assert_eq!(state("标题:澜江市集市管理办法"), "repealed", "reading the record again does not undo it");
    }
}

/// Identity number that nobody has: its county does not exist.
const IDENTITY: &str = "139901190001011004";
const MOBILE: &str = "13800001234";

fn relief_list() -> String {
    let body = format!("公示名单\n张某 {IDENTITY} 联系电话 {MOBILE}\n无");
    json!({"id": "relief", "kind": "document", "title": "低保公示", "body": body}).to_string()
}

#[test]
fn private_numbers_are_reported_with_place_and_count() {
    let place = Workspace::new();
    let file = place
        .write("relief.ndjson", format!("{}\n{}\n", relief_list(), relief_list().replace("relief", "two")));
    let (report, messages) = index(&place, &[&file]);
    let private = &report["private"];
    assert_eq!(
        (&private["identity_numbers"], &private["mobile_numbers"]),
        (&2.into(), &2.into()),
        "{report}"
    );
    let second = &private["records"][1];
    assert_eq!(
        (&second["line"], &second["id"], &second["body_lines"]),
        (&2.into(), &"two".into(), &json!([2]))
    );
    assert!(messages.contains("2 identity numbers") && messages.contains("relief.ndjson:2"), "{messages}");
    assert!(
        !messages.contains(IDENTITY) && !report.to_string().contains(IDENTITY),
        "the report contains no private number"
    );
}

#[test]
fn privacy_mask_setting_hides_numbers_on_command_line() {
    let place = Workspace::new();
    let file = place.write("relief.ndjson", relief_list());
    index(&place, &[&file]);
    let open = search(&place, &["联系电话"]).to_string();
    assert!(open.contains(IDENTITY) && open.contains(MOBILE), "{open}");
    let config = place.write("gongkai.toml", "[privacy]\nmask = true\n");
    for query in ["联系电话", IDENTITY, MOBILE] {
        let Finished { out, .. } = run(&place, &["--config", &config, "search", "--json", query]);
        let hits = serde_json::from_str::<Value>(&out).unwrap()["hits"].to_string();
        assert!(hits.contains("relief") && !hits.contains(IDENTITY) && !hits.contains(MOBILE), "{hits}");
        assert!(!hits.contains(&IDENTITY[4..16]), "{hits}");
    }
}

#[test]
fn snippet_names_its_article_once() {
    let place = Workspace::new();
    let body =
        "第一章　总则\n第五条　行政许可应当公开。\n前款所称公开，是指向社会公布，行政许可的范围另行规定。";
    let file = place.write(
        "law.ndjson",
        json!({"id": "a", "kind": "policy", "title": "某办法", "body": body}).to_string(),
    );
    index(&place, &[&file]);
    let Finished { out, .. } = run(&place, &["search", "正文:应当公开"]);
    assert_eq!(out.matches("第五条").count(), 1, "{out}");
}

#[test]
fn special_files_are_skipped_with_their_reason() {
    let place = Workspace::new();
    let file = place.write("in/z.ndjson", relief_list());
    let pipe = |name: &str| {
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, place.path(name), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    };
    pipe("in/a.html");
    pipe("named.ndjson");
    let _socket = std::os::unix::net::UnixListener::bind(place.path("in/b.txt")).unwrap();
    let (ended, report) =
        place.index(&["/dev/null", &place.path("named.ndjson"), &place.path("in"), &place.path("in/b.txt")]);
    assert_eq!((ended.code, &report["added"]), (1, &1.into()), "{ended:?}");
    let reasons: Vec<(&str, &str)> = report["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["file"].as_str().unwrap(), r["reasons"][0].as_str().unwrap()))
        .collect();
    let expected = [
        ("null", "设备"),
        ("named.ndjson", "命名管道"),
        ("a.html", "命名管道"),
        ("b.txt", "套接字"),
        ("b.txt", "套接字"),
    ];
    assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
    for ((file, reason), (name, kind)) in reasons.iter().zip(expected) {
        assert!(
            file.ends_with(name) && reason.contains("已跳过") && reason.contains(kind),
            "{file}: {reason}"
        );
    }
    assert!(ended.err.contains("命名管道"), "{}", ended.err);
    assert_eq!(index(&place, &[&file]).0["unchanged"], 1);
}

#[test]
fn pages_of_many_attributes_brackets_and_years_keep_their_text() {
    let place = Workspace::new();
    let notice = "各单位：现将有关事项通知如下，请遵照执行。为了规范管理，制定本办法，自印发之日起施行。";
    let attributes: String = (0..20_000).map(|i| format!(" a{i}=x")).collect();
    place.write(
        "in/a.html",
        format!("<html><body><h1>关于印发停车办法的通知</h1><div{attributes}><p>澜政发〔2020〕11号</p><p>{notice}</p><p>澜江市人民政府</p><p>2020年5月1日</p></div></body></html>"),
    );
    place.write(
        "in/b.md",
        format!("# 关于印发集市办法的通知\n\n{notice}\n\n{}\n\n{notice}", "[附".repeat(5_000)),
    );
    place
        .write("in/c.txt", format!("关于印发渡口办法的通知\n{notice}\n{}{notice}", "2020年\n".repeat(5_000)));
    let (report, _) = index(&place, &[&place.path("in")]);
    assert_eq!(report["added"], 3, "{report}");
    assert_eq!(place.total("正文:自印发之日起施行"), 3);
}

#[test]
fn removed_lines_are_counted_and_printed() {
    let place = Workspace::new();
    let notes = place.write(
        "rule.md",
        "# 澜江市商用密码管理办法\n\n<!-- 校对 -->\n第一条 为了规范注册和举报，制定本办法。\n\n第二条 本办法自发布之日起施行。\n",
    );
    let shown = run(&place, &["index", "--dry-run", "--show-removed", &notes]);
    assert!(shown.err.contains("rule.md: comment: 校对"), "{}", shown.err);
    assert!(shown.out.contains("第一条 为了规范注册和举报"), "{}", shown.out);
    let (report, messages) = index(&place, &[&notes]);
    assert_eq!(
        (&report["removed"]["lines"], &report["removed"]["files"][0]["reasons"]["comment"]),
        (&1.into(), &1.into())
    );
    assert!(messages.contains("--show-removed prints them") && !messages.contains("校对"), "{messages}");
}
