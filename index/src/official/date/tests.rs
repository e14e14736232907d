//! Tests of dates.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

#[track_caller]
fn check_date(text: &str, (year, month, day): (i16, i8, i8)) {
    assert_eq!(parse(text), Some(date(year, month, day)), "reading {text}");
}

#[test]
fn parse_every_notation_returns_date() {
    check_date("2007年12月26日", (2007, 12, 26));
    check_date("2017年05月15日", (2017, 5, 15));
    check_date("2017.5.15", (2017, 5, 15));
    check_date("2017/5/15", (2017, 5, 15));
    check_date("2017-05-15", (2017, 5, 15));
    check_date("20170515", (2017, 5, 15));
    check_date("２０１７年５月１５日", (2017, 5, 15));
    check_date("2017．5．15", (2017, 5, 15));
    check_date("2017 年 5 月 15 日", (2017, 5, 15));
    check_date("2017-05-15 10:20:30", (2017, 5, 15));
    check_date("2017-05-15T10:20:30", (2017, 5, 15));
    check_date("二〇〇七年十二月二十六日", (2007, 12, 26));
    check_date("二〇二〇年十月十日", (2020, 10, 10));
    check_date("一九九八年一月三十一日", (1998, 1, 31));
    check_date("2007年12月26号", (2007, 12, 26));
}

#[test]
fn parse_chinese_year_with_any_zero_returns_date() {
    for zero in ["〇", "○", "◯", "O", "o", "Ｏ", "ｏ", "0", "０", "零", "Ο", "ο", "О", "о"] {
        check_date(&format!("二{zero}{zero}七年十二月二十六日"), (2007, 12, 26));
    }
}

#[test]
fn parse_incomplete_or_impossible_date_is_none() {
    for text in [
        "2016年13月5日",
        "2015年2月29日",
        "9月5日前",
        "5月3日至13日",
        "2017年5月",
        "12017年5月15日",
        "2017.5",
        "20171315",
        "",
    ] {
        assert_eq!(parse(text), None, "reading {text}");
        assert!(find_all(text).is_empty(), "in {text}");
    }
    assert!(find_all("电话2017051512，版本1.2017.5.15，地址192.168.1.1，编号20170515").is_empty());
}

#[test]
fn find_all_returns_mention_of_each_date() {
    let mentions = |text: &str| find_all(text).into_iter().map(|f| f.mention).collect::<Vec<_>>();
    assert_eq!(mentions("2020年9月5日前完成"), [Mention::Deadline]);
    assert_eq!(mentions("截至2020年9月5日"), [Mention::Deadline]);
    assert_eq!(mentions("2020年5月3日至13日"), [Mention::RangeStart]);
    assert_eq!(mentions("2020年5月3日至2020年6月3日"), [Mention::RangeStart, Mention::RangeEnd]);
    assert_eq!(mentions("自2020年5月3日起"), [Mention::From]);
    assert_eq!(mentions("于2020年5月3日召开"), [Mention::Plain]);
}

#[track_caller]
fn check_roles(text: &str, expected: &[(Role, &str)]) {
    let found = roles(text);
    let got: Vec<_> = found.iter().map(|d| (d.role, &text[d.range.clone()])).collect();
    assert_eq!(got, expected, "in {text}");
}

#[test]
fn roles_of_labelled_dates_follow_labels() {
    check_roles(
        "成文日期：2016-12-05\n发布日期：2018年01月08日\n印发日期: 2016年12月6日",
        &[
            (Role::Written, "2016-12-05"),
            (Role::Published, "2018年01月08日"),
            (Role::Printed, "2016年12月6日"),
        ],
    );
}

#[test]
fn roles_of_complete_document_are_all_distinct() {
    let text = "本办法自2017年1月1日起施行，有效期至2021年12月31日。\n\n某某市人民政府办公室\n2016年12月5日\n\n\
                某某市人民政府办公室秘书科　　2016年12月6日印发\n";
    check_roles(
        text,
        &[
            (Role::Effective, "2017年1月1日"),
            (Role::Ended, "2021年12月31日"),
            (Role::Written, "2016年12月5日"),
            (Role::Printed, "2016年12月6日"),
        ],
    );
}

#[test]
fn roles_in_text_without_line_breaks_find_signature() {
    check_roles(
        "请认真执行。 河北省人民政府办公厅 2022年7月1日 （此件公开发布）",
        &[(Role::Written, "2022年7月1日")],
    );
    check_roles("经国务院2017年5月15日批准，于2017年6月1日印发的办法", &[]);
}

#[test]
fn roles_in_note_under_title_are_written_and_published() {
    check_roles(
        "（1998年10月25日中华人民共和国国务院令第250号发布　自发布之日起施行）\n第一条",
        &[(Role::Published, "1998年10月25日")],
    );
    check_roles(
        "（2016年1月15日国家工商行政管理总局、国家互联网信息办公室令第84号公布 自2016年3月1日起施行）",
        &[(Role::Published, "2016年1月15日"), (Role::Effective, "2016年3月1日")],
    );
    check_roles(
        "修正案\n2020年12月26日 第十三届全国人民代表大会常务委员会第二十四次会议通过\n",
        &[(Role::Written, "2020年12月26日")],
    );
    check_roles(
        "（2007年1月17日国务院第165次常务会议通过　2007年4月5日中华人民共和国国务院令第492号公布　自2008年5月1日起施行）",
        &[
            (Role::Written, "2007年1月17日"),
            (Role::Published, "2007年4月5日"),
            (Role::Effective, "2008年5月1日"),
        ],
    );
}

#[test]
fn roles_exclude_end_of_other_documents() {
    check_roles("《某某管理办法》自2020年1月1日起废止。", &[]);
    check_roles("自2020年1月1日起实施的项目，应当在2020年9月5日前完成", &[]);
    check_roles("已取得许可证的，有效期自动延展至2016年12月31日。", &[]);
    check_roles("有效期在本办法发布之日至2016年8月15日届满的企业", &[]);
    check_roles("交通部1990年2月4日（90）交计字58号文", &[]);
    check_roles("本公告执行至2027年12月31日。", &[(Role::Ended, "2027年12月31日")]);
}

proptest! {
    #[test]
    fn dates_of_any_text_do_not_panic(text in "[0-9０-９〇O一二三十年月日号至前自起止施行有效期 .\\-/．\n（）a-z]{0,40}|\\PC{0,40}") {
        parse(&text);
        for found in find_all(&text) {
            prop_assert!(text.get(found.range).is_some());
        }
        roles(&text);
    }

    #[test]
    fn parse_any_day_in_every_notation_returns_it(days in 0i32..60_000) {
        let day = date(1950, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let (y, m, d) = (day.year(), day.month(), day.day());
        for text in [format!("{y}年{m}月{d}日"), format!("{y}.{m}.{d}"), format!("{y}/{m:02}/{d:02}"), day.to_string(), day.strftime("%Y%m%d").to_string()] {
            prop_assert_eq!(parse(&text), Some(day), "{}", text);
        }
        let sentence = format!("会议于{y}年{m}月{d}日召开");
        prop_assert_eq!(find_all(&sentence)[0].date, day);
    }
}
