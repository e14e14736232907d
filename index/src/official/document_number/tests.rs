//! Tests of document numbers.

use proptest::prelude::*;

use super::*;

/// Parses a text and returns the normal form.
fn normal_form(text: &str) -> Option<String> {
    parse(text).map(|number| number.to_string())
}

/// All numbers of a text in normal form.
fn normal_forms(text: &str) -> Vec<String> {
    find_all(text).iter().map(|found| found.number.to_string()).collect()
}

#[track_caller]
fn check(text: &str, normal: &str) {
    assert_eq!(normal_form(text).as_deref(), Some(normal), "reading {text}");
}

#[test]
fn parse_every_spelling_returns_same_number() {
    for text in [
        "国发〔2015〕58号",
        "国发[2015]58号",
        "国发(2015)58号",
        "国发（2015）58号",
        "国发【2015】58号",
        "国发［２０１５］５８号",
        "国发 〔2015〕 58 号",
        "国发〔2015〕第58号",
        "国发〔2015〕058号",
        "国发201558号",
        "国发2015年58号",
        "国发2015年第58号",
        "国发﹝2015﹞58号",
        "国发〈2015〉58号",
        "国发（2015)58号",
        "国发2015〕58号",
        "国发〔2015〕58",
        "国发〔2015年〕58号",
        "国发〔二〇一五〕58号",
        "国 发〔2015〕58号",
        "（国发〔2015〕58号）",
        "文号：国发〔2015〕58号",
        "字号：文号 国发〔2015〕58号",
        "国发〔2015〕58号文",
    ] {
        check(text, "国发〔2015〕58号");
        let expected = parse("国发〔2015〕58号").unwrap().key();
        assert_eq!(parse(text).unwrap().key(), expected, "key of {text}");
    }
}

#[test]
fn candidates_with_label_as_series_are_empty() {
    for text in ["国发［国办q文号浙2021〕11号", "x文号〔2021〕11号", "文号〔2021〕11号", "编号11号"]
    {
        assert_eq!(candidates(text), [], "{text}");
    }
}

#[test]
fn parse_orders_and_announcements_keeps_issuers() {
    check("国务院令第711号", "国务院令第711号");
    check("中华人民共和国国务院令第711号", "中华人民共和国国务院令第711号");
    check("国令第711号", "国令第711号");
    check("国务院711号令", "国务院令第711号");
    check("国务院第711号令", "国务院令第711号");
    check("中华人民共和国公安部令（第61号）", "中华人民共和国公安部令第61号");
    check("中华人民共和国主席令第七十八号", "中华人民共和国主席令第78号");
    check("财政部 税务总局公告2023年第11号", "财政部 税务总局公告2023年第11号");
    check("河北省人民政府令〔2008〕第3号", "河北省人民政府令2008年第3号");
    check("交通部1997年第16号令", "交通部令1997年第16号");
    check("国办发明电〔2021〕11号", "国办发明电〔2021〕11号");
}

#[test]
fn key_of_all_spellings_of_one_order_is_equal() {
    let key = |text: &str| parse(text).unwrap().key();
    assert_eq!(key("国令第711号"), key("国务院令第711号"));
    assert_eq!(key("国务院令第711号"), key("中华人民共和国国务院令第711号"));
    assert_eq!(key("国务院令第711号"), key("国务院711号令"));
    assert_eq!(key("财政部 税务总局公告2023年第11号"), key("财政部、税务总局公告2023年第11号"));
    assert_eq!(key("法（经）复〔1986〕26号"), key("法经复〔1986〕26号"));
    assert_eq!(key("法〔研〕发〔1991〕44号"), key("法（研）发〔1991〕44号"));
    assert_eq!(key("工商总局令第81号"), key("国家工商行政管理总局令第81号"));
    assert_eq!(key("中华人民共和国住房和城乡建设部令第18号"), key("住建部令第18号"));
    assert_eq!(key("财政部税务总局公告2023年第11号"), key("财政部 国家税务总局公告2023年第11号"));
    assert_eq!(key("主席令第78号"), key("中华人民共和国主席令第七十八号"));
    assert_eq!(key("河北省政府令〔2008〕第3号"), key("河北省人民政府令2008年第3号"));
}

#[test]
fn key_of_different_numbers_differs() {
    let numbers = [
        "国发〔2015〕8号",
        "国发〔2015〕138号",
        "国发〔2016〕8号",
        "国办发〔2015〕8号",
        "锦政办发〔2015〕8号",
        "锦政公办发〔2015〕8号",
        "锦委办发〔2015〕8号",
        "国务院令第8号",
        "农业部令第8号",
        "农业部令2015年第8号",
    ];
    let keys: std::collections::HashSet<_> = numbers.iter().map(|n| parse(n).unwrap().key()).collect();
    assert_eq!(keys.len(), numbers.len());
}

#[test]
fn parse_year_first_or_of_two_digits_normalises() {
    check("〔1996〕武司字第82号", "武司字〔1996〕82号");
    check("〔64〕法研字第30号", "法研字〔1964〕30号");
    check("[87]国科发外字0784号", "国科发外字〔1987〕784号");
    check("〔85〕高检会（研）3号", "高检会（研）〔1985〕3号");
    check("法（研）发〔1987〕6号", "法（研）发〔1987〕6号");
    check("法研字第11772号", "法研字第11772号");
}

#[test]
fn parse_text_without_single_document_is_none() {
    for text in [
        "中央7号文件",
        "2015年",
        "58号",
        "国发",
        "",
        "〔2015〕58号",
        "711号令",
        "〔2015〕",
        "京ICP备05070218号",
        "（2015）穗中法民终字第123号",
        "和平西路402号",
        "国发〔0015〕58号",
        "国发〔2015〕0号",
        "国发〔2015〕58号和国发〔2016〕11号",
    ] {
        assert_eq!(normal_form(text), None, "reading {text}");
    }
}

#[test]
fn candidates_without_brackets_or_issuer_are_all_readings() {
    let readings = |text: &str| candidates(text).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(readings("甘区政办发201756号"), ["甘区政办发〔2017〕56号"]);
    assert_eq!(readings("国发19981号"), ["国发〔1998〕1号"]);
    assert_eq!(readings("国发〔2015〕58号"), ["国发〔2015〕58号"]);
    assert_eq!(readings("711号令"), ["国务院令第711号"]);
    assert!(readings("中央7号文件").is_empty());
}

#[test]
fn find_all_incomplete_number_continues_the_one_before() {
    assert_eq!(
        normal_forms("认真落实国发[2015]58号和[2016]11号文件要求"),
        ["国发〔2015〕58号", "国发〔2016〕11号"]
    );
    assert_eq!(
        normal_forms("落实国发[2015]58号和[201\n6]11号文件要求"),
        ["国发〔2015〕58号", "国发〔2016〕11号"]
    );
    assert_eq!(normal_forms("财税〔2014〕109号、116号"), ["财税〔2014〕109号", "财税〔2014〕116号"]);
    assert_eq!(normal_forms("财税〔2014〕109号、116号楼"), ["财税〔2014〕109号"]);
    assert_eq!(normal_forms("见〔2016〕11号"), Vec::<String>::new());
}

#[test]
fn find_all_glued_number_is_cut_from_text_before() {
    let cases = [
        ("按照财库〔2022〕3号", "财库〔2022〕3号"),
        ("苏州市住房和城乡建设局苏住建规〔2011〕4号", "苏住建规〔2011〕4号"),
        ("关于加强管理的通知国发〔2009〕12号", "国发〔2009〕12号"),
        ("持政策的通知冀政办字〔2022〕93号", "冀政办字〔2022〕93号"),
        ("根据国务院国发（1981）147号文件", "国发〔1981〕147号"),
        ("你院川检发研（1998）10号", "川检发研〔1998〕10号"),
        ("1995年6月15日国家科委国科发政字[1995]249号", "国科发政字〔1995〕249号"),
        ("落实人社部发〔2018〕32号", "人社部发〔2018〕32号"),
        ("通知》和国办发〔2016〕1号", "国办发〔2016〕1号"),
        ("和政县人民政府办公室和政办发〔2017〕3号", "和政办发〔2017〕3号"),
        ("（省委办发(2007)8号)", "省委办发〔2007〕8号"),
        ("1990年1月1日国家统计局令第1号发布", "国家统计局令第1号"),
        ("以交通运输部令2016年第9号发布", "交通运输部令2016年第9号"),
        ("原国家工商行政管理总局令第42号", "国家工商行政管理总局令第42号"),
        ("我院以法〔1998〕86号", "法〔1998〕86号"),
        ("日交通部令交公路发(1999)535号", "交公路发〔1999〕535号"),
        ("1980年《管理办法河北省人民政府令第5号", "河北省人民政府令第5号"),
        ("交通运输部以交通运输部令2016年第9号", "交通运输部令2016年第9号"),
        ("国家市场监督管理总局令第55号令修正", "国家市场监督管理总局令第55号"),
        ("商务部令二○○八年第4号", "商务部令2008年第4号"),
        ("（1978年5月24日〔78〕法民字第12号）", "法民字〔1978〕12号"),
        ("按照《职称评审管理暂行规定》（人社部40号令）", "人社部令第40号"),
    ];
    for (text, normal) in cases {
        assert_eq!(normal_forms(text), [normal], "in {text}");
    }
    check("按照财库〔2022〕3号", "财库〔2022〕3号");
    check("日鲁政发〔1994〕115号", "鲁政发〔1994〕115号");
    check("日政办发〔2017〕5号", "日政办发〔2017〕5号");
}

#[test]
fn find_all_series_of_many_organs_are_complete() {
    let cases = [
        (
            "依据《甲》（建房规〔2019〕1号）及《乙》（沪府规〔2020〕2号）",
            "建房规〔2019〕1号 沪府规〔2020〕2号",
        ),
        ("根据市政府办公室苏府办〔2020〕5号文件", "苏府办〔2020〕5号"),
        ("按照中共中央办公厅、国务院办公厅中办发〔2015〕3号", "中办发〔2015〕3号"),
        ("教育部教基〔2019〕7号", "教基〔2019〕7号"),
        ("人力资源社会保障部、财政部人社部发〔2019〕23号", "人社部发〔2019〕23号"),
        ("国家税务总局税总发〔2017〕1号", "税总发〔2017〕1号"),
        ("中国银保监会银保监办发〔2020〕1号", "银保监办发〔2020〕1号"),
        ("国家卫生健康委办公厅国卫办医函〔2020〕1号", "国卫办医函〔2020〕1号"),
        ("省发展改革委发改价格〔2020〕1号", "发改价格〔2020〕1号"),
        ("省市场监管局苏市监规〔2020〕1号", "苏市监规〔2020〕1号"),
        ("浙江省财政厅浙财预〔2020〕1号", "浙财预〔2020〕1号"),
        ("深圳市人民政府深府规〔2020〕1号", "深府规〔2020〕1号"),
        ("关于印发甲的函环办〔2020〕1号", "环办〔2020〕1号"),
        ("酒泉市人民政府办公室酒政办发〔2017〕3号", "酒政办发〔2017〕3号"),
        ("（工信部联企业〔2011〕300号）", "工信部联企业〔2011〕300号"),
        ("银发[2020]第45号", "银发〔2020〕45号"),
        ("皖政秘〔2020〕1号、鄂政办发电〔2020〕2号", "皖政秘〔2020〕1号 鄂政办发电〔2020〕2号"),
        ("中国人民银行公告〔2019〕第12号", "中国人民银行公告2019年第12号"),
        ("证监会令【第154号】", "证监会令第154号"),
        ("海关总署2019年第12号公告", "海关总署公告2019年第12号"),
        ("财政部公告2019年第68号、第69号", "财政部公告2019年第68号 财政部公告2019年第69号"),
        ("省政府第94号令", "省政府令第94号"),
        ("财税(2018)54号文件", "财税〔2018〕54号"),
        ("见附件1.国办发〔2020〕1号", "国办发〔2020〕1号"),
        ("《甲》（交办运〔2020〕1号）", "交办运〔2020〕1号"),
        ("经研究，同意你省《甲》（国函〔2020〕1号）", "国函〔2020〕1号"),
        ("中华人民共和国国务院令\n\n第711号\n", "中华人民共和国国务院令第711号"),
        ("国家税务总局\n公告2018年第28号", "国家税务总局公告2018年第28号"),
    ];
    for (text, numbers) in cases {
        assert_eq!(normal_forms(text).join(" "), numbers, "in {text}");
    }
}

#[test]
fn find_all_order_without_issuer_takes_it_from_sentence() {
    assert_eq!(normal_forms("国务院公布了条例（711号令），自5月起施行"), ["国务院令第711号"]);
    assert_eq!(normal_forms("按711号令办理"), Vec::<String>::new());
    let found = find_all_issued_by("按711号令办理", Some("国务院"));
    assert_eq!(found[0].number.to_string(), "国务院令第711号");
    assert_eq!(&"按711号令办理"[found[0].range.clone()], "711号令");
}

#[test]
fn find_all_order_of_joint_issuers_keeps_all() {
    assert_eq!(
        normal_forms("（国家经贸委、建设部、铁道部令第12号公布）"),
        ["国家经贸委、建设部、铁道部令第12号"]
    );
    assert_eq!(normal_forms("执行财政部 税务总局公告2023年第11号。"), ["财政部 税务总局公告2023年第11号"]);
}

#[test]
fn find_all_ranges_cover_exactly_the_number() {
    let text = "按照财库〔2022〕3号和国令第711号执行";
    let cut: Vec<_> = find_all(text).into_iter().map(|f| &text[f.range]).collect();
    assert_eq!(cut, ["财库〔2022〕3号", "国令第711号"]);
}

#[test]
fn find_all_other_things_with_number_are_ignored() {
    for text in [
        "京ICP备05070218号",
        "京公网安备11010202000001号",
        "石家庄市和平西路402号（050051）",
        "煤码头6号泊位",
        "2013年第5号台风",
        "（2015）穗中法民终字第123号",
        "网络视听许可证0105087号",
        "备案号：苏B2-20120428号",
        "一号文件",
        "5月1号上午",
    ] {
        assert_eq!(normal_forms(text), Vec::<String>::new(), "in {text}");
    }
}

proptest! {
    #[test]
    fn find_all_any_text_does_not_panic(text in "\\PC{0,60}") {
        parse(&text);
        candidates(&text);
        for found in find_all(&text) {
            prop_assert!(text.get(found.range).is_some());
        }
    }

    #[test]
    fn find_all_any_text_of_its_alphabet_does_not_panic(
        text in "[国发办令公告院部、 \n（）()〔〕\\[\\]〈《0-9０-９〇一二十年第号字的日和号号]{0,40}",
    ) {
        parse(&text);
        candidates(&text);
        let mut end = 0;
        for found in find_all(&text) {
            prop_assert!(found.range.start >= end && text.get(found.range.clone()).is_some());
            end = found.range.end;
        }
    }

    #[test]
    fn normal_form_parses_back(
        series in "[苏浙锦冀京][政人财教农水][办发函规]{1,2}",
        year in 1949u16..2100,
        serial in 1u32..99_999,
    ) {
        let number = DocumentNumber { series, year: Some(year), serial };
        prop_assert_eq!(parse(&number.to_string()), Some(number.clone()));
        let sentence = format!("根据《关于加强管理的通知》（{number}）执行");
        prop_assert_eq!(&find_all(&sentence)[0].number, &number);
    }

    #[test]
    fn normal_form_of_order_parses_back(
        issuer in "(国务院|农业部|河北省人民政府)(令|公告)",
        year in proptest::option::of(1949u16..2100),
        serial in 1u32..99_999,
    ) {
        let number = DocumentNumber { series: issuer, year, serial };
        prop_assert_eq!(parse(&number.to_string()), Some(number));
    }
}
