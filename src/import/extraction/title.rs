//! Form of titles: scores lines, finds titles inside lines, normalises them.

use gongkai_index::official::{document_number, genre, issuer};

use crate::import::extraction::line::is_article;
use crate::import::whitespace::collapse_whitespace;

/// Endings of titles of published information beside the genres of official documents.
const OTHER_ENDINGS: &[&str] = &[
    "条例",
    "规定",
    "办法",
    "细则",
    "规则",
    "方案",
    "规划",
    "计划",
    "要点",
    "讲话",
    "总结",
    "制度",
    "标准",
    "目录",
    "清单",
    "指南",
    "公示",
    "法",
    "预案",
    "章程",
    "规程",
    "准则",
    "守则",
    "纲要",
    "解读",
    "问答",
    "汇报",
    "致辞",
    "说明",
    "预算",
    "决算",
    "年报",
    "简报",
    "名单",
    "措施",
    "答复",
    "复函",
    "倡议书",
    "公约",
    "解释",
    "规范",
    "分工",
    "安排",
    "流程",
    "须知",
    "声明",
    "启事",
    "体系",
    "机制",
    "事项",
    "情况",
    "建议",
    "提示",
    "表",
    "发言",
    "汇编",
    "信息",
    "结果",
    "图解",
    "政策",
    "概况",
    "若干问题",
    "责任书",
    "承诺书",
    "白皮书",
    "蓝皮书",
    "实录",
    "工作",
    "职责",
    "基准",
    "图",
    "一览",
    "工程",
    "行动",
    "报告书",
    "批示",
    "指示",
    "指导目录",
    "解读材料",
];

/// Iterates over all words that titles end with.
fn title_endings() -> impl Iterator<Item = &'static str> {
    let kinds = genre::OFFICIAL.iter().flat_map(|kind| kind.trim_end_matches(')').split('('));
    kinds.chain(OTHER_ENDINGS.iter().copied())
}

/// Openings of lines that are parts of a text and not its head.
const PART_OPENINGS: &[&str] = &[
    "一、", "二、", "三、", "四、", "五、", "六、", "七、", "八、", "九、", "十", "（", "(", "附件", "附：",
    "附:", "注：", "注:", "注1", "——", "- ", "•", "●", "《",
];

/// Score from which a line in its place may be a title.
pub const LIKELY_SCORE: i32 = 4;

/// Scores a line's likeness to a title, without regard to its place.
pub fn score(line: &str) -> i32 {
    let line = without_number(line);
    // Most lines are sentences: their ends decide before anything is counted.
    if line.len() > 480 || line.ends_with(['。', '；', '：', '，', '、']) {
        return -10;
    }
    let chars = line.chars().count();
    if !(4..=120).contains(&chars) {
        return -10;
    }
    let bare = without_notes(line);
    let mut score = 0;
    score += if ends_as_title(bare) { 4 } else { 0 };
    score += if line.contains("关于") { 2 } else { 0 };
    score += if (8..=60).contains(&chars) { 1 } else { 0 };
    score -= if bare.contains(['。', '；', '！', '？', ';', '!', '?']) { 6 } else { 0 };
    score -= if bare.ends_with(['，', '：', '、', ',', ':']) { 5 } else { 0 };
    score -= if bare.matches(['，', ',']).count() > 1 { 3 } else { 0 };
    score -= if starts_as_part(line) { 5 } else { 0 };
    score -= if line.starts_with(|c: char| c.is_ascii_digit()) && !starts_with_year(line) { 3 } else { 0 };
    score
}

/// Removes the number behind a title: `…的复函 国办函〔2005〕21号`.
pub fn without_number(line: &str) -> &str {
    if !line.ends_with('号') {
        return line;
    }
    match line.rsplit_once([' ', '\u{3000}']) {
        Some((title, number)) if title.chars().count() >= 6 && document_number::parse(number).is_some() => {
            title.trim_end()
        }
        _ => line,
    }
}

/// Recognises a line that ends with the name of a kind of document.
pub fn ends_as_title(line: &str) -> bool {
    let bare = without_notes(line);
    title_endings().any(|ending| bare.ends_with(ending))
}

/// Titles that are the name of a kind of document alone.
const BARE_GENRES: [&str; 14] = [
    "公告",
    "通知",
    "通告",
    "启事",
    "公示",
    "通报",
    "决定",
    "公报",
    "声明",
    "布告",
    "告知书",
    "函",
    "批复",
    "意见",
];

/// Recognises a title that is the name of a kind of document alone.
pub fn is_bare_genre(text: &str) -> bool {
    BARE_GENRES.contains(&text)
}

/// Recognises a line that begins like a numbered part of a text, an annex or a note.
pub fn starts_as_part(line: &str) -> bool {
    is_article(line)
        || PART_OPENINGS.iter().any(|start| line.starts_with(start))
            && !(line.starts_with('《') && ends_as_title(line))
        || line.chars().nth(1).is_some_and(|c| {
            matches!(c, '、' | '．') || c == '.' && line.starts_with(|c: char| c.is_ascii_digit())
        })
}

fn starts_with_year(line: &str) -> bool {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    digits == 4 && line[4..].starts_with(['年', '-', '—', '至'])
}

/// Removes the notes behind a title: `（试行）`, `(2009年3月23日)`, `[修改版]`.
pub fn without_notes(line: &str) -> &str {
    let mut bare = line.trim();
    for _ in 0..4 {
        if !bare.ends_with(['）', ')', ']', '】', '〕']) {
            break;
        }
        let Some(open) = bare.rfind(['（', '(', '[', '【', '〔']).filter(|open| *open > 0) else { break };
        bare = bare[..open].trim_end();
    }
    bare
}

/// Openings of the text after a title that lost its line end: a salutation or a sentence.
const TEXT_OPENINGS: [&str; 14] =
    ["各", "为", "根据", "按照", "依据", "有关", "省", "市", "区", "县", "国务院", "现", "（", "("];

/// Finds the title at the beginning of a text without line ends, and the offset of the text.
pub fn title_run_into_text(line: &str) -> Option<(String, usize)> {
    let end = line.char_indices().nth(90).map_or(line.len(), |(at, _)| at);
    let head = &line[..end];
    if line.len() < 150 {
        return None;
    }
    // A number behind the title separates it from the text beyond doubt.
    let number =
        document_number::find_all(&line[..line.char_indices().nth(130).map_or(line.len(), |(at, _)| at)]);
    let number = number.first().map(|found| found.range.start);
    let mut ends: Vec<usize> = title_endings()
        .flat_map(|ending| head.match_indices(ending).map(|(at, ending)| at + ending.len()))
        .collect();
    ends.sort_unstable();
    let at = ends.into_iter().find(|at| {
        let title = &head[..*at];
        let rest = line[*at..].trim_start();
        let numbered = number.is_some_and(|number| line[..number].trim_end().len() == title.trim_end().len());
        let goes_on = title.contains("关于") && TEXT_OPENINGS.iter().any(|word| rest.starts_with(word));
        score(title) >= LIKELY_SCORE
            && (numbered || goes_on)
            && title.matches('《').count() == title.matches('》').count()
    })?;
    Some((normalise(&line[..at]), at))
}

/// Extracts the title from a window title, without the names of column and site behind it.
pub fn from_window_title(text: &str) -> String {
    let text = collapse_whitespace(text);
    let mut best: Option<&str> = None;
    // `某市人民政府网站 关于收费的通知`
    let text = text.split_once("网站 ").map_or(text.as_str(), |(_, rest)| rest);
    for part in text
        .split(['_', '|', '｜', '»', '>'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split("--"))
    {
        let part = part.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '—');
        if !part.is_empty() && best.is_none_or(|known| score(part) > score(known)) {
            best = Some(part);
        }
    }
    best.unwrap_or_default().to_owned()
}

/// Recognises a title on two lines: the organ on the first, or broken where the line was full.
pub fn continues_on(first: &str, second: &str) -> bool {
    let (first, second) = (first.trim(), second.trim());
    if second.is_empty()
        || second.chars().count() > 80
        || starts_as_part(second)
        || second.ends_with(['：', ':', '。'])
    {
        return false;
    }
    let organ_above = || {
        (4..60).contains(&first.chars().count())
            && issuer::split(first).iter().all(|name| issuer::is_organ(name))
    };
    if second.starts_with("关于") && organ_above() {
        return true;
    }
    if first.ends_with(['。', '；', '：', '，']) {
        return false;
    }
    let open =
        first.contains("关于") || first.contains("印发") || first.contains('《') && !first.contains('》');
    open && !ends_as_title(first) && ends_as_title(second) && !second.contains("关于")
        || second.starts_with("的通知")
        || second.starts_with("的意见")
}

/// Length of the longest name of an organ that is looked for, in bytes.
const MAX_ORGAN_BYTES: usize = 300;

/// Normalises a title for display: one line, without spaces used for layout.
pub fn normalise(text: &str) -> String {
    let squeezed = collapse_whitespace(&text.replace("<br>", "").replace("<br/>", "").replace("<br />", ""));
    let mut out = String::with_capacity(squeezed.len());
    let mut characters = squeezed.chars().peekable();
    while let Some(c) = characters.next() {
        let between_words = |a: Option<char>, b: Option<&char>| {
            a.is_some_and(|a| a.is_ascii_alphanumeric()) && b.is_some_and(char::is_ascii_alphanumeric)
        };
        if c == ' ' && !between_words(out.chars().next_back(), characters.peek()) && !ends_with_organ(&out) {
            continue;
        }
        out.push(c);
    }
    out
}

/// Recognises an organ at the end: the space after it separates it from the next organ.
fn ends_with_organ(head: &str) -> bool {
    let mut near = head.len().saturating_sub(MAX_ORGAN_BYTES);
    while !head.is_char_boundary(near) {
        near += 1;
    }
    let last = match head[near..].rfind(' ') {
        Some(space) => &head[near + space + 1..],
        None if near == 0 => head,
        None => return false,
    };
    last.chars().count() >= 3 && issuer::is_organ(last) && !last.contains("关于")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn score_separates_titles_from_sentences() {
        for line in [
            "关于印发某某办法的通知",
            "某市市场监督管理局行政处罚裁量基准（试行）",
            "2016年政府信息公开工作年度报告",
            "市长在全市工作会议上的讲话",
        ] {
            assert!(score(line) >= LIKELY_SCORE, "{line} {}", score(line));
        }
        for line in [
            "一、指导思想",
            "各县（市、区）人民政府：",
            "现将有关事项通知如下。",
            "第三章 监督管理办法",
            "来源于网友",
            "2.公布事项清单",
            "附件：分工方案",
        ] {
            assert!(score(line) < LIKELY_SCORE, "{line} {}", score(line));
        }
    }

    #[test]
    fn from_window_title_drops_column_and_site() {
        assert_eq!(from_window_title("关于收费的通知_通知公告_某市人民政府"), "关于收费的通知");
        assert_eq!(from_window_title("某市人民政府 - 关于收费的通知"), "关于收费的通知");
    }

    #[test]
    fn continues_on_joins_title_on_two_lines() {
        assert!(continues_on("某某市人民政府办公室", "关于印发某某办法的通知"));
        assert!(continues_on("关于进一步加强某某工作和", "推进某某改革的实施意见"));
        assert!(!continues_on("关于印发某某办法的通知", "各县人民政府："));
    }

    #[test]
    fn normalise_removes_layout_spaces() {
        assert_eq!(normalise("关 于 印发<br/>APP Store 办法的\u{3000}通知"), "关于印发APP Store办法的通知");
    }
}
