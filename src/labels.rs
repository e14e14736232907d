//! Chinese labels for the values of the API.

use gongkai_index::query::MISSING;
use gongkai_index::record::{Inference, Origin};
use gongkai_index::schema::fields::Facet;

/// Label of a facet value.
pub fn facet_value(facet: Facet, value: &str) -> &str {
    match (facet, value) {
        (_, MISSING) => "未注明",
        (Facet::Kind, "document") => "公文信息",
        (Facet::Kind, "policy") => "法规政策",
        (Facet::Kind, "interpretation") => "政策解读",
        (Facet::Validity, state) => validity(state),
        (Facet::Category | Facet::Region, path) => path.rsplit_once('/').map_or(path, |(_, last)| last),
        (_, other) => other,
    }
}

/// Label of a validity state.
pub fn validity(state: &str) -> &str {
    match state {
        "in_force" => "有效",
        "amended" => "已修改",
        "repealed" => "已废止",
        "expired" => "已失效",
        "not_yet_effective" => "尚未生效",
        "unknown" => "未注明",
        other => other,
    }
}

/// Label of a text's origin.
pub fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Official => "官方原文",
        Origin::Reprint => "转载",
        Origin::Collected => "范文或汇编，非机关制发",
    }
}

/// Label of an inference: the place a value was inferred from, with the words there.
pub fn inference(inference: &Inference) -> String {
    let place = match inference.from.as_str() {
        "heading" | "title" => "标题",
        "first_line" => "首行",
        "window_title" => "网页窗口标题",
        "file_name" => "文件名",
        "number_line" => "文号行",
        "note" => "题注",
        "serial_number" => "表格日期序号",
        "signature" => "落款",
        "document_number" => "文号",
        "source" => "来源",
        "body" => "正文",
        "term" => "有效期",
        "head" => "文前信息",
        "address" => "网址",
        "update_time" => "更新时间",
        "banner" => "页面提示",
        "issuers" => "发布机构",
        "region" => "地区",
        "site" => "网站名称",
        "placeholder" => "首句或文件名（原文没有标题）",
        "reprinting_site" => "转载网站",
        other => other,
    };
    format!("推断自{place}：{}", inference.evidence)
}

/// Label of a kind of evidence for validity.
pub fn evidence_kind(kind: &str) -> &str {
    match kind {
        "stated" => "来源注明",
        "effective_on" => "施行日期",
        "ends_on" => "失效日期",
        "text_effective" => "正文写明施行",
        "text_ends" => "正文写明期限，届满之日",
        "marked" => "标题注明废止",
        "repealed_by" => "被下列文件废止",
        "newer_version" => "已有新版本",
        "claimed" => "清理结果或其他文件注明",
        other => other,
    }
}

/// Label of a relation between documents.
pub fn relation(name: &str) -> &str {
    match name {
        "mentions" => "提及",
        "based_on" => "依据",
        "repeals" => "废止",
        "amends" => "修改",
        "encloses" => "印发",
        "forwards" => "转发",
        "interprets" => "解读",
        other => other,
    }
}

/// Label of a kind of record.
pub fn record_kind(name: &str) -> &str {
    facet_value(Facet::Kind, name)
}

/// Label of a preference: an issuer, a region or a year named in the query.
pub fn preference(kind: &str, value: &str) -> String {
    match kind {
        "issuer" => format!("发布机构“{value}”"),
        "region" => format!("地区“{}”", value.rsplit('/').next().unwrap_or(value)),
        _ => format!("{value}年"),
    }
}

/// Label of a match reason; `None` where the highlights show it.
pub fn match_reason(reason: &str) -> Option<String> {
    let (name, detail) = reason.split_once(':').unwrap_or((reason, ""));
    Some(match name {
        "whole_title" => "标题完全一致".to_owned(),
        "number" => "文号一致".to_owned(),
        "article" => format!("含{detail}"),
        "synonym" => format!("同义：{detail}"),
        "short_name" => format!("简称：{detail}"),
        "renamed" => format!("机构更名：{detail}"),
        "correction" => format!("纠错：{detail}"),
        "pinyin" => format!("拼音：{detail}"),
        "prefers_issuer" | "prefers_region" | "prefers_year" => {
            format!("属于{}", preference(name.trim_start_matches("prefers_"), detail))
        }
        _ => return None,
    })
}

/// Number with separators: `12,345`.
pub fn grouped_number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn number_has_thousands_separators() {
        assert_eq!(crate::labels::grouped_number(0), "0");
        assert_eq!(crate::labels::grouped_number(999), "999");
        assert_eq!(crate::labels::grouped_number(1_000), "1,000");
        assert_eq!(crate::labels::grouped_number(1_234_567), "1,234,567");
    }
}
