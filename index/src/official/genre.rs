//! 文种, the genre of a document, from its title.
//!
//! The last word of a title names the genre: 关于…的通知, …管理办法（试行）. A title that ends in
//! the issued document (…印发《…的意见》) has the genre of that document.

/// The fifteen genres of official documents in force.
pub const OFFICIAL: [&str; 15] = [
    "决议",
    "决定",
    "命令(令)",
    "公报",
    "公告",
    "通告",
    "意见",
    "通知",
    "通报",
    "报告",
    "请示",
    "批复",
    "议案",
    "函",
    "纪要",
];

/// Suffixes of titles with the genre they mean; of two that fit, the longer wins.
const TITLE_SUFFIXES: &[(&str, &str)] = &[
    ("决议", "决议"),
    ("决定", "决定"),
    ("命令", "命令(令)"),
    ("令", "命令(令)"),
    ("公报", "公报"),
    ("公告", "公告"),
    ("通告", "通告"),
    ("意见", "意见"),
    ("通知", "通知"),
    ("通报", "通报"),
    ("报告", "报告"),
    ("年报", "报告"),
    ("请示", "请示"),
    ("批复", "批复"),
    ("议案", "议案"),
    ("函", "函"),
    ("复函", "函"),
    ("纪要", "纪要"),
    ("条例", "条例"),
    ("规定", "规定"),
    ("办法", "办法"),
    ("细则", "细则"),
    ("规则", "规则"),
    ("规程", "规程"),
    ("方案", "方案"),
    ("规划", "规划"),
    ("规划纲要", "规划"),
    ("计划", "计划"),
    ("纲要", "纲要"),
    ("要点", "要点"),
    ("预案", "预案"),
    ("措施", "措施"),
    ("标准", "标准"),
    ("规范", "规范"),
    ("指南", "指南"),
    ("指引", "指引"),
    ("目录", "目录"),
    ("清单", "清单"),
    ("章程", "章程"),
    ("制度", "制度"),
    ("准则", "准则"),
    ("守则", "守则"),
    ("解释", "解释"),
    ("答复", "答复"),
    ("解答", "答复"),
    ("汇报", "报告"),
    ("安排", "安排"),
    ("名录", "目录"),
    ("导则", "规范"),
    ("复议决定书", "决定"),
    ("公示", "公示"),
    ("解读", "解读"),
    ("一图读懂", "解读"),
    ("问答", "解读"),
    ("讲话", "讲话"),
    ("修正案", "修正案"),
    ("法", "法"),
    ("法典", "法"),
    ("宪法", "法"),
];

/// Deepest nesting of titles inside a title that is followed.
const MAX_TITLE_DEPTH: usize = 4;

/// Genre that a title names, if it names one.
pub fn of_title(title: &str) -> Option<&'static str> {
    genre_at_depth(title, MAX_TITLE_DEPTH)
}

fn genre_at_depth(title: &str, depth: usize) -> Option<&'static str> {
    let title = trim_trailer(title);
    // 解读 need not be the last word: …解读之二.
    if let Some(genre) = genre_of_suffix(title) {
        return Some(genre);
    }
    if title.contains("解读") || title.starts_with("一图读懂") || title.starts_with("图解") {
        return Some("解读");
    }
    let inner = title.strip_suffix(['》', '〉'])?;
    let open = inner.find('《').or_else(|| inner.find('〈'))?;
    let bracket = inner[open..].chars().next().map_or(0, char::len_utf8);
    let next = depth.checked_sub(1)?;
    genre_at_depth(&inner[open + bracket..], next)
}

fn genre_of_suffix(title: &str) -> Option<&'static str> {
    let fits = TITLE_SUFFIXES.iter().filter(|(end, _)| title.ends_with(end));
    fits.max_by_key(|(end, _)| end.len()).map(|(_, genre)| *genre)
}

/// Removes what may follow the genre: （试行）, (2018年修订), 第…号, whitespace.
fn trim_trailer(title: &str) -> &str {
    let mut title = title.trim();
    for _ in 0..MAX_TITLE_DEPTH {
        let before = title;
        title = title.trim_end_matches(|c: char| c.is_whitespace() || "。.;；:：”\"".contains(c));
        if title.ends_with(['）', ')', '】', ']', '〕']) {
            title = title.rfind(['（', '(', '【', '[', '〔']).map_or(title, |offset| &title[..offset]);
        }
        if let Some(rest) = title.strip_suffix('号') {
            let rest = rest
                .trim_end_matches(|c: char| c.is_ascii_digit() || "年第〇一二三四五六七八九十百".contains(c));
            title = if rest.is_empty() { title } else { rest };
        }
        if title == before {
            break;
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(title: &str, genre: &str) {
        assert_eq!(of_title(title), Some(genre), "genre of {title}");
    }

    #[test]
    fn of_title_with_official_genre_returns_it() {
        for genre in OFFICIAL {
            let word = genre.strip_suffix("(令)").unwrap_or(genre);
            check(&format!("某某市人民政府关于某事的{word}"), genre);
        }
        check("中华人民共和国国务院令（第711号）", "命令(令)");
        check("中华人民共和国国务院令第711号", "命令(令)");
        check("关于某事的复函", "函");
    }

    #[test]
    fn of_title_of_rules_ignores_trailing_brackets() {
        for genre in ["条例", "规定", "办法", "细则", "规则", "方案", "规划"] {
            check(&format!("某某市某事{genre}"), genre);
        }
        check("某某市某事管理办法（试行）", "办法");
        check("某某条例（2018年修订）（节选）", "条例");
        check("中华人民共和国行政许可法", "法");
        check("财政部 税务总局公告2023年第11号", "公告");
    }

    #[test]
    fn of_title_with_enclosed_title_follows_last_word() {
        check("关于印发〈某某办法〉的通知", "通知");
        check("中共中央办公厅 国务院办公厅印发《关于某事的意见》", "意见");
        check("《某某管理办法》政策解读", "解读");
        check("一图读懂《某某方案》", "解读");
    }

    #[test]
    fn of_title_without_genre_is_none() {
        for title in ["", "某某市召开工作会议", "《》", "（）"] {
            assert_eq!(of_title(title), None, "{title}");
        }
    }

    proptest! {
        #[test]
        fn of_title_any_text_does_not_panic(title in "\\PC{0,40}|[《》〈〉（）()第号令法通知0-9]{0,30}") {
            of_title(&title);
        }
    }
}
