//! The command line: output on stdout and stderr, exit codes, settings.

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use support::SAMPLE;
use support::workspace::{Finished, Workspace};

fn line(id: &str, title: &str) -> String {
    serde_json::json!({ "id": id, "kind": "policy", "title": title }).to_string() + "\n"
}

/// Counts of a report: added, updated, unchanged, rejected.
fn report_counts(report: &Value) -> [u64; 4] {
    let number = |name: &str| report[name].as_u64().unwrap();
    [
        number("added"),
        number("updated"),
        number("unchanged"),
        report["rejected"].as_array().unwrap().len() as u64,
    ]
}

#[test]
fn index_report_counts_each_outcome() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", [line("a", "养老办法"), line("b", "养老通知")].concat());
    let (ended, report) = workspace.index(&[&file]);
    assert_eq!((ended.code, report_counts(&report)), (0, [2, 0, 0, 0]), "{ended:?}");
    assert!(
        ended.out.is_empty() && ended.err.contains("2 added, 0 updated, 0 unchanged, 0 rejected"),
        "{ended:?}"
    );
    assert_eq!(report["generation"], 1);
    let (ended, report) = workspace.index(&[&file]);
    assert_eq!((ended.code, report_counts(&report), &report["generation"]), (0, [0, 0, 2, 0], &1.into()));
    workspace.write("a.ndjson", [line("a", "养老办法"), line("b", "养老通告"), line("c", "新")].concat());
    let (_, report) = workspace.index(&[&file]);
    assert_eq!(report_counts(&report), [1, 1, 1, 0]);
    assert!(report["generation"].as_u64().unwrap() > 1);
    assert_eq!((workspace.total("养老"), workspace.total("养老通知"), workspace.total("")), (2, 0, 3));
}

#[test]
fn index_with_bad_lines_reports_them_and_continues() {
    let workspace = Workspace::new();
    let bad = r#"{"id":"x","kind":"law","title":"t","published_on":"2016-13-05"}"#;
    let file = workspace
        .write("mixed.ndjson", format!("{}\n\n{bad}\nnonsense\n{}", line("a", "甲"), line("b", "乙")));
    let (ended, report) = workspace.index(&[&file, &workspace.path("absent.ndjson")]);
    assert_eq!((ended.code, report_counts(&report)), (1, [2, 0, 0, 3]), "{ended:?}");
    let rejected = report["rejected"].as_array().unwrap();
    assert_eq!((&rejected[0]["file"], &rejected[0]["line"]), (&file.clone().into(), &4.into()));
    let reasons: Vec<&str> =
        rejected[0]["reasons"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
    assert!(reasons[0].starts_with("kind: ") && reasons[1].starts_with("published_on: "), "{reasons:?}");
    assert_eq!(rejected[1]["line"], 5);
    assert!(rejected[2]["file"].as_str().unwrap().ends_with("absent.ndjson"));
    assert!(ended.err.contains(&format!("{file}:4: kind: ")), "{}", ended.err);
    assert_eq!(workspace.total(""), 2);
}

#[test]
fn index_of_folder_reads_nested_and_compressed_files() {
    let workspace = Workspace::new();
    workspace.write("in/1.ndjson", line("a", "甲"));
    workspace.write("in/deep/er/2.jsonl.zst", zstd::encode_all(line("b", "乙").as_bytes(), 3).unwrap());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(line("c", "丙").as_bytes()).unwrap();
    workspace.write("in/deep/3.ndjson.gz", gz.finish().unwrap());
    workspace.write("in/4.json", line("d", "丁"));
    workspace.write("in/5.json", format!("[{},{}]", line("e", "戊"), line("f", "己")));
    let (ended, report) = workspace.index(&[&workspace.path("in")]);
    assert_eq!((ended.code, report_counts(&report)), (0, [6, 0, 0, 0]), "{ended:?}");
    workspace.write("in/6.ndjson.zst", "this is not zstd");
    workspace.write("in/7.exe", "MZ");
    let (ended, report) = workspace.index(&[&workspace.path("in")]);
    assert_eq!((ended.code, report_counts(&report)), (1, [0, 0, 6, 2]), "{ended:?}");
}

#[test]
fn index_of_standard_input_reads_it() {
    let workspace = Workspace::new();
    let mut program = workspace.command(&["index", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    program.stdin.take().unwrap().write_all([line("a", "甲"), "bad\n".into()].concat().as_bytes()).unwrap();
    let ended = Finished::from_output(program.wait_with_output().unwrap());
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("1 added") && ended.err.contains("-:2"), "{ended:?}");
}

#[test]
fn dry_run_prints_records_and_writes_nothing() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", [line("a", "甲"), "bad\n".into(), line("b", "乙")].concat());
    let ended = workspace.run(&["index", "--dry-run", &file]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let ids: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert!(!Path::new(&workspace.path("data")).exists());
    // The output of a dry run can be indexed.
    let printed = workspace.write("printed.ndjson", ended.out);
    assert_eq!(report_counts(&workspace.index(&[&printed]).1), [2, 0, 0, 0]);
}

#[test]
fn exit_codes_match_the_documented_ones() {
    let workspace = Workspace::new();
    for wrong_usage in [
        &["index"][..],
        &["nonsense"],
        &["search", "--nonsense"],
        &["search", "x", "-p", "colour=red"],
        &["search", "x", "-p", "kind"],
        &["serve", "--listen", "nowhere"],
    ] {
        let ended = workspace.run(wrong_usage);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{wrong_usage:?}: {ended:?}");
        assert!(!ended.err.is_empty(), "{wrong_usage:?}");
    }
    for valid_usage in [&["--help"][..], &["--version"], &["index", "--help"]] {
        assert_eq!(workspace.run(valid_usage).code, 0, "{valid_usage:?}");
    }
    let without_index = workspace.run(&["search", "x"]);
    assert_eq!(without_index.code, 3, "{without_index:?}");
    assert!(without_index.err.contains("gongkai index"), "{without_index:?}");
    let file = workspace.write("a.ndjson", line("a", "甲"));
    let report = workspace.run(&["index", &file, "--report", &workspace.path("no/such/folder/report.json")]);
    assert_eq!(report.code, 3, "{report:?}");
    workspace.write("data2/index/mine.txt", "mine");
    let foreign = workspace.run(&["--data", &workspace.path("data2"), "search", "x"]);
    assert_eq!(foreign.code, 2, "--data twice is wrong usage: {foreign:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    let foreign = Finished::from_output(
        command.args(["--data", &workspace.path("data2"), "index", &file]).output().unwrap(),
    );
    assert_eq!(foreign.code, 3, "{foreign:?}");
    assert_eq!(fs::read_dir(workspace.path("data2/index")).unwrap().count(), 1);
}

#[test]
fn settings_from_file_environment_and_arguments_are_read() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", line("a", "甲"));
    let config = workspace.write("gongkai.toml", format!("data = {:?}\n", workspace.path("other")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    let ended = Finished::from_output(command.args(["--config", &config, "index", &file]).output().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(Path::new(&workspace.path("other/index/current")).exists());
    let wrong = workspace.write("wrong.toml", "colour = 1\n");
    for arguments in [&["--config", &wrong, "search", "x"][..], &["--config", "absent.toml", "search", "x"]] {
        let ended = workspace.run(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {ended:?}");
    }
    let environment = workspace.command(&["search", "x"]).env("GONGKAI_SERVER__PORT", "1").output().unwrap();
    assert_eq!(environment.status.code(), Some(2), "an unknown key is refused: {environment:?}");
}

#[test]
fn second_writer_is_refused_while_index_is_in_use() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", line("a", "甲"));
    let mut first = workspace.command(&["index", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    // The first writer has the lock once it reads; a rejected line shows that it does.
    let mut input = first.stdin.take().unwrap();
    input.write_all(b"bad\n").unwrap();
    let mut rejection = String::new();
    let mut errors = BufReader::new(first.stderr.take().unwrap());
    errors.read_line(&mut rejection).unwrap();
    assert!(rejection.contains("-:1"), "{rejection}");
    let second = workspace.run(&["index", &file]);
    assert_eq!(second.code, 3, "{second:?}");
    assert!(second.err.contains("another process is writing to it"), "{second:?}");
    input.write_all(line("b", "乙").as_bytes()).unwrap();
    drop(input);
    assert_eq!(first.wait().unwrap().code(), Some(1));
    assert_eq!(workspace.run(&["index", &file]).code, 0);
    assert_eq!(workspace.total(""), 2);
}

#[test]
fn search_prints_text_or_the_json_of_the_api() {
    let workspace = Workspace::new();
    let records: String = SAMPLE.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
    let file = workspace.write("sample.ndjson", records);
    assert_eq!(workspace.run(&["index", &file]).code, 0);
    let json: Value = serde_json::from_str(&workspace.run(&["search", "--json", "婚姻登记"]).out).unwrap();
    let server = support::sample_server().search_for("婚姻登记").json();
    let shape = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(shape(&json), shape(&server));
    assert_eq!(shape(&json["hits"][0]), shape(&server["hits"][0]));
    assert_eq!((&json["total"], &json["facets"]), (&server["total"], &server["facets"]));
    let ids = |json: &Value| -> Vec<Value> {
        json["hits"].as_array().unwrap().iter().map(|hit| hit["id"].clone()).collect()
    };
    assert_eq!(ids(&json), ids(&server));
    let people = workspace.run(&["search", "婚姻登记", "-p", "kind=policy", "-p", "per_page=3"]);
    assert_eq!((people.code, people.err.as_str()), (0, ""), "{people:?}");
    assert!(people.out.starts_with("理解为：") && people.out.contains("共 "), "{}", people.out);
    assert!(!people.out.contains("<mark>") && !people.out.contains('\u{1b}'), "{}", people.out);
    let words = workspace.run(&["search", "婚姻登记", "跨省通办"]);
    assert_eq!(words.out, workspace.run(&["search", "婚姻登记 跨省通办"]).out);
}

/// Reads the address that a server prints first.
#[test]
fn search_reads_minus_as_exclusion() {
    let workspace = Workspace::new();
    let records =
        [line("a", "住房公积金提取办法"), line("b", "住房公积金缴存办法"), line("c", "5G公积金平台")];
    let file = workspace.write("records.ndjson", records.concat());
    assert_eq!(workspace.run(&["index", &file]).code, 0);
    let ids = |arguments: &[&str]| -> Vec<String> {
        let run = workspace.run(&[&["search", "--json", "-p", "mode=literal"], arguments].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        let answer: Value = serde_json::from_str(&run.out).unwrap();
        let mut ids: Vec<String> = answer["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    for arguments in [
        &["公积金", "-提取"][..],
        &["-提取", "公积金"],
        &["-《提取》", "公积金"],
        &["--", "公积金", "-提取"],
        &["公积金 -提取"],
    ] {
        assert_eq!(ids(arguments), ["b", "c"], "{arguments:?}");
    }
    assert_eq!(ids(&["公积金", "-5G", "-提取"]), ["b"]);
    assert_eq!(ids(&["公积金", "--", "-pt"]), ["a", "b", "c"]);
    assert_eq!(ids(&["-提取"]), ["b", "c"]);
    let option = workspace.run(&["search", "公积金", "-x"]);
    assert_eq!(option.code, 2);
    assert!(option.err.contains("-- -x"), "{}", option.err);
}

fn read_address(program: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn get_json(url: &str) -> Value {
    let mut response = ureq::get(url).call().unwrap_or_else(|e| panic!("{url}: {e}"));
    serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
}

/// Program that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn program_without_command_indexes_and_serves_the_sample() {
    let workspace = Workspace::new();
    for round in 0..2 {
        let mut program =
            Running(workspace.command(&[]).env("GONGKAI_SERVER__LISTEN", "127.0.0.1:0").spawn().unwrap());
        let address = read_address(&mut program.0);
        let ready = get_json(&format!("{address}readyz"));
        assert_eq!(
            (&ready["records"], &ready["generation"]),
            (&SAMPLE.len().into(), &1.into()),
            "round {round}"
        );
    }
}

#[test]
fn server_follows_commits_of_another_process() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", line("a", "养老办法"));
    assert_eq!(workspace.run(&["index", &file]).code, 0);
    let mut program = Running(workspace.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let address = read_address(&mut program.0);
    let total =
        || get_json(&format!("{address}api/v1/search?q=%E5%85%BB%E8%80%81"))["total"].as_u64().unwrap();
    assert_eq!(total(), 1);
    workspace.write("a.ndjson", line("b", "养老通知"));
    assert_eq!(workspace.run(&["index", &file]).code, 0);
    let begun = std::time::Instant::now();
    while total() != 2 {
        assert!(begun.elapsed().as_secs() < 20, "the new commit is not visible");
        std::thread::yield_now();
    }
}

#[test]
fn suggestions_after_write_include_its_title() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", line("a", "养老办法"));
    assert_eq!(workspace.run(&["index", &file]).code, 0);
    let key = workspace.run(&["key", "add", "editor", "--scope", "write"]).out;
    let mut program = Running(workspace.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let address = read_address(&mut program.0);
    let suggestion_count = || {
        let json = get_json(&format!("{address}api/v1/suggest?q=%E6%B0%B4%E7%8D%AD"));
        json["suggestions"].as_array().unwrap().len()
    };
    assert_eq!(suggestion_count(), 0);
    let put = ureq::put(format!("{address}api/v1/records/new"))
        .header("authorization", format!("Bearer {}", key.trim()))
        .send(r#"{"kind":"policy","title":"水獭保护管理办法"}"#);
    assert_eq!(put.unwrap().status(), 201);
    let begun = std::time::Instant::now();
    while suggestion_count() == 0 {
        assert!(begun.elapsed().as_secs() < 60, "the new title is not suggested");
        std::thread::yield_now();
    }
}

#[test]
fn receipt_verified_after_update_lists_differences() {
    let workspace = Workspace::new();
    let first = workspace.write(
        "first.ndjson",
        "{\"id\":\"a\",\"kind\":\"policy\",\"title\":\"甲市供水办法\",\"body\":\"供水。\"}\n{\"id\":\"b\",\"kind\":\"policy\",\"title\":\"乙市供水办法\",\"body\":\"供水。\"}\n",
    );
    assert_eq!(workspace.run(&["index", &first]).code, 0);
    let answer = workspace.run(&["search", "--json", "--param", "receipt=true", "供水"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let receipt = workspace.write("receipt.json", &answer.out);
    let same = workspace.run(&["receipt", "verify", &receipt]);
    assert_eq!((same.code, same.out.contains("相同结果，共 2 条")), (0, true), "{same:?}");
    let second = workspace.write(
        "second.ndjson",
        "{\"id\":\"b\",\"kind\":\"policy\",\"title\":\"乙市供水办法\",\"body\":\"供水，修订。\"}\n{\"id\":\"c\",\"kind\":\"policy\",\"title\":\"丙市供水办法\"}\n",
    );
    assert_eq!(workspace.run(&["index", &second]).code, 0);
    let different = workspace.run(&["receipt", "verify", &receipt]);
    assert_eq!(different.code, 1, "{different:?}");
    for line in ["新增　c　丙市供水办法", "内容变更　b　乙市供水办法"] {
        assert!(different.out.contains(line), "{line} in {}", different.out);
    }
    let nothing = workspace.write("nothing.json", "{}");
    assert_eq!(workspace.run(&["receipt", "verify", &nothing]).code, 3);
}

#[test]
fn output_to_closed_pipe_is_no_error() {
    let workspace = Workspace::new();
    let file = workspace.write("a.ndjson", format!("{}\n{{}}\nnonsense\n", line("a", "甲")));
    for arguments in [&["index", &file][..], &["check"], &["stats"], &["audit", "verify"], &["search", "甲"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = workspace.command(arguments);
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let code = command.status().unwrap().code();
        // `index` ends with 1, since a record is rejected.
        assert_eq!(code, Some(i32::from(arguments[0] == "index")), "{arguments:?}");
    }
    assert_eq!(workspace.total("甲"), 1);
    // A closed pipe is no error; a full disk is one.
    if let Ok(full) = fs::File::options().write(true).open("/dev/full") {
        let ended = Finished::from_output(workspace.command(&["stats"]).stdout(full).output().unwrap());
        assert!(ended.code == 3 && ended.err.contains("cannot be written"), "{ended:?}");
    }
}

#[test]
fn invalid_network_settings_are_refused_with_reason() {
    let workspace = Workspace::new();
    let invalid = workspace.write("nonsense.pem", "nothing");
    let absent = workspace.path("absent.pem");
    let certificate = "GONGKAI_SERVER__TLS__CERTIFICATE";
    let key = "GONGKAI_SERVER__TLS__KEY";
    for (settings, code, message) in [
        (&[("GONGKAI_SERVER__BASE_PATH", "search")][..], 2, "base path"),
        (&[("GONGKAI_SERVER__BASE_PATH", "/a//b")], 2, "base path"),
        (&[(certificate, &invalid)], 3, "server.tls.key"),
        (&[(key, &invalid)], 3, "server.tls.certificate"),
        (&[(certificate, &invalid), (key, &invalid)], 3, "nonsense.pem"),
        (&[(certificate, &absent), (key, &absent)], 3, "absent.pem"),
    ] {
        let mut command = workspace.command(&["serve", "--listen", "127.0.0.1:0"]);
        let ended = Finished::from_output(command.envs(settings.iter().copied()).output().unwrap());
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{settings:?} {ended:?}");
        assert!(ended.err.contains(message), "{settings:?} {ended:?}");
    }
}

#[test]
fn server_prints_address_with_base_path() {
    let workspace = Workspace::new();
    let mut command = workspace.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut program = Running(command.env("GONGKAI_SERVER__BASE_PATH", "/gov/search").spawn().unwrap());
    let address = read_address(&mut program.0);
    assert!(address.ends_with("/gov/search/"), "{address}");
    assert_eq!(get_json(&format!("{address}api/v1/search"))["total"], 0);
}

#[test]
fn output_of_commands_shows_hidden_characters() {
    let workspace = Workspace::new();
    let title = "养老\u{202e}办法\u{1b}[31m\u{9b}1m\u{2028}";
    let file = workspace.write("a.ndjson", line("a\u{2067}b", title));
    let bad = workspace.write("坏\n\u{202e}.ndjson", "nonsense\u{1b}[2J");
    let ended = workspace.run(&["index", &file, &bad]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("坏\\n\\u202e.ndjson"), "{ended:?}");
    let text = workspace.run(&["search", "养老"]);
    assert!(text.out.contains("养老\\u202e办法\\u001b[31m\\u009b1m"), "{text:?}");
    let json = workspace.run(&["search", "--json", "养老"]);
    let dry = workspace.run(&["index", "--dry-run", &file]);
    for ended in [&ended, &text, &json, &dry] {
        let is_hidden = |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{2069}').contains(&c);
        assert!(!ended.out.contains(is_hidden) && !ended.err.contains(is_hidden), "{ended:?}");
    }
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&answer["hits"][0]["title"], &answer["hits"][0]["id"]),
        (&title.into(), &"a\u{2067}b".into())
    );
    assert_eq!(serde_json::from_str::<Value>(&dry.out).unwrap()["title"], title);
}
