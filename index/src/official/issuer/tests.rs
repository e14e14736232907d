//! Tests of issuers.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(field: &str, names: &[&str]) {
    assert_eq!(split(field), names, "splitting {field}");
}

#[test]
fn split_glued_names_returns_each() {
    check(
        "中共酒泉市委办公室甘肃省酒泉市人民政府办公室",
        &["中共酒泉市委办公室", "甘肃省酒泉市人民政府办公室"],
    );
    check("民政部国家发展改革委", &["民政部", "国家发展改革委"]);
    check("财政部税务总局", &["财政部", "税务总局"]);
    check("最高人民法院最高人民检察院公安部", &["最高人民法院", "最高人民检察院", "公安部"]);
    check("中共中央办公厅国务院办公厅", &["中共中央办公厅", "国务院办公厅"]);
    check("中华人民共和国建设部中华人民共和国卫生部", &["中华人民共和国建设部", "中华人民共和国卫生部"]);
    check("河北省教育厅河北省财政厅", &["河北省教育厅", "河北省财政厅"]);
    check("省发展改革委省财政厅", &["省发展改革委", "省财政厅"]);
}

#[test]
fn split_names_with_any_separator_returns_each() {
    for field in [
        "民政部 财政部",
        "民政部、财政部",
        "民政部,财政部",
        "民政部，财政部",
        "民政部\n财政部",
        "民政部；财政部",
        "民政部 财政部等",
    ] {
        check(field, &["民政部", "财政部"]);
    }
    check("河北省教育厅、财政厅", &["河北省教育厅", "河北省财政厅"]);
    check("酒泉市人民政府 办公室", &["酒泉市人民政府办公室"]);
}

#[test]
fn split_single_name_returns_it_whole() {
    for name in [
        "国务院国有资产监督管理委员会",
        "国务院国资委",
        "国家税务总局河北省税务局",
        "中国人民银行石家庄中心支行",
        "酒泉市人民政府办公室",
        "全国人民代表大会常务委员会",
        "北京市人民政府国有资产监督管理委员会",
        "国家发展和改革委员会",
        "内蒙古自治区人民政府研究室",
        "中华人民共和国国务院",
        "国务院台湾事务办公室",
        "广西壮族自治区住房和城乡建设厅",
        "新疆生产建设兵团",
        "苏州市住房和城乡建设局",
    ] {
        check(name, &[name]);
    }
}

#[test]
fn is_organ_accepts_names_and_rejects_other_words() {
    for name in [
        "国务院",
        "国务院办公厅",
        "酒泉市人民政府",
        "人社部",
        "省财政厅",
        "中共酒泉市委",
        "某某镇人民政府",
        "石家庄市委",
        "教育部办公厅",
    ] {
        assert!(is_organ(name), "{name} is an organ");
    }
    for text in [
        "酒泉市",
        "办公室",
        "关于印发管理办法的通知",
        "全部",
        "干部",
        "有关部门",
        "",
        "领导",
        "2017年",
        "各县人民政府",
    ] {
        assert!(!is_organ(text), "{text} is no organ");
    }
}

#[test]
fn signers_before_date_are_returned_in_order() {
    let date = |text: &str| text.find("2017年").unwrap();
    let text = "请认真执行。\n\n中共酒泉市委办公室\n酒泉市人民政府办公室\n2017年5月15日";
    assert_eq!(signers(text, date(text)), ["中共酒泉市委办公室", "酒泉市人民政府办公室"]);
    let text = "现予印发，请遵照执行。 科技部财政部国家发展改革委 2017年8月18日";
    assert_eq!(signers(text, date(text)), ["科技部", "财政部", "国家发展改革委"]);
    let text = "会议于2017年8月18日召开";
    assert!(signers(text, date(text)).is_empty());
}

#[test]
fn from_title_returns_leading_organs() {
    assert_eq!(from_title("国务院办公厅关于印发甲方案的通知"), ["国务院办公厅"]);
    assert_eq!(from_title("财政部 税务总局关于甲的公告"), ["财政部", "税务总局"]);
    assert_eq!(from_title("中共中央办公厅 国务院办公厅印发《甲》"), ["中共中央办公厅", "国务院办公厅"]);
    assert!(from_title("关于加强管理的通知").is_empty());
    assert!(from_title("甲管理办法").is_empty());
    assert!(from_title("某某事情关于乙").is_empty());
}

#[test]
fn normalise_short_name_returns_full_name() {
    let full = |name: &str| normalise(name);
    assert_eq!(full("人社部"), "人力资源和社会保障部");
    assert_eq!(full("国家发改委"), full("国家发展改革委"));
    assert_eq!(full("酒泉市住建局"), "酒泉市住房和城乡建设局");
    assert_eq!(full("甘肃省酒泉市人社局"), "甘肃省酒泉市人力资源和社会保障局");
    assert_eq!(full("中华人民共和国财政部"), "财政部");
    assert_eq!(full("第十四届全国人大常委会"), "全国人民代表大会常务委员会");
    assert_eq!(full("省发改委"), "省发展和改革委员会");
    assert_ne!(full("酒泉市人民政府"), full("酒泉市人民政府办公室"));
}

#[test]
fn region_of_organ_is_place_in_its_name() {
    assert_eq!(region("甘肃省酒泉市人民政府办公室"), Some("甘肃省/酒泉市"));
    assert_eq!(region("中共酒泉市委办公室"), Some("甘肃省/酒泉市"));
    assert_eq!(region("国家税务总局河北省税务局"), Some("河北省"));
    assert_eq!(region("广西住房城乡建设厅"), Some("广西壮族自治区"));
    assert_eq!(region("河北省人民政府"), Some("河北省"));
    assert_eq!(region("国务院办公厅"), None);
    assert_eq!(region("朝阳区人民政府"), None);
}

#[test]
fn normalise_full_name_of_central_organ_is_unchanged() {
    for (name, full) in national_names() {
        assert_eq!(normalise(full), full, "full name of {name}");
        assert!(is_organ(name), "{name}");
    }
}

proptest! {
    #[test]
    fn issuers_of_any_text_do_not_panic(text in "\\PC{0,60}|[中共国务院财政部省市县委办公室河北、 厅局石家庄人民]{0,40}") {
        split(&text);
        is_organ(&text);
        normalise(&text);
        region(&text);
        from_title(&text);
        signers(&text, text.len() / 2);
        ends_with_signature(&text);
    }

    #[test]
    fn split_joined_names_returns_them(names in proptest::sample::subsequence(
        vec!["国务院办公厅", "财政部", "河北省人民政府", "教育部", "石家庄市公安局", "中共唐山市委"], 1..6)
    ) {
        prop_assert_eq!(split(&names.join(" ")), names.clone());
        prop_assert_eq!(split(&names.join("")), names);
    }
}
