//! Titles that name no document: generic words, licences and forms.

use crate::keys::title::{short_key, title_key, without_revision};

/// Words that name a kind of document but no single one.
const GENERIC_WORDS: [&str; 52] = [
    "通知", "意见", "办法", "规定", "条例", "方案", "细则", "规则", "决定", "公告", "通告", "通报", "批复",
    "函", "纪要", "报告", "规划", "计划", "目录", "指南", "指引", "标准", "制度", "章程", "合同", "协议",
    "须知", "实施", "工作", "行动", "管理", "暂行", "若干", "试行", "有关", "补充", "关于", "的", "总体",
    "专项", "具体", "政府", "年度", "解释", "纲要", "安排", "措施", "名录", "清单", "说明", "公约", "基本",
];
/// Suffixes of titles of certificates and forms, which are no documents.
const FORM_SUFFIXES: [&str; 25] = [
    "证",
    "证书",
    "证明",
    "执照",
    "凭证",
    "标志",
    "号牌",
    "通知单",
    "通知书",
    "决定书",
    "申请书",
    "建议书",
    "告知书",
    "意见书",
    "报告书",
    "承诺书",
    "责任书",
    "协议书",
    "任务书",
    "委托书",
    "登记表",
    "申请表",
    "申报表",
    "审批表",
    "登记簿",
];

/// Checks if a title consists of words that any document may have in its title.
pub fn is_generic(title: &str) -> bool {
    let mut rest = short_key(&title_key(title));
    rest = rest.trim_start_matches("t:").to_owned();
    // Two characters that are in no such word make a title specific; most titles have them.
    let own = |c: &char| !is_counted(*c) && !GENERIC_WORDS.iter().any(|word| word.contains(*c));
    if rest.chars().filter(own).nth(1).is_some() {
        return false;
    }
    for word in GENERIC_WORDS {
        rest = rest.replace(word, "");
    }
    rest.chars().filter(|c| !is_counted(*c)).count() < 2
        && !matches!(title, "宪法" | "刑法" | "民法" | "中华人民共和国宪法")
}

fn is_counted(c: char) -> bool {
    c.is_ascii_digit() || "第一二三四五六七八九十号年".contains(c)
}

/// Checks if a title names a licence, a form, a notice to one person: 《医疗机构执业许可证》.
pub fn is_form(title: &str) -> bool {
    let bare = without_revision(title).trim_end_matches(['正', '副', '本', '（', '）']);
    FORM_SUFFIXES.iter().any(|end| bare.ends_with(end)) && !bare.starts_with("关于")
}
