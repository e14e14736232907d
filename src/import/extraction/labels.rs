//! Labels: the words by which pages, exports and tables name the fields of a record.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Field that a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Unique name; in exports only.
    Id,
    /// Document, policy or interpretation.
    Kind,
    /// The title.
    Title,
    /// The text.
    Body,
    /// 文号.
    DocumentNumber,
    /// 索引号.
    IndexNumber,
    /// Issuing organ.
    Issuers,
    /// Organ that publishes on the site: the issuer, if no other is named.
    Publisher,
    /// 成文日期.
    WrittenOn,
    /// 发布日期.
    PublishedOn,
    /// 施行日期.
    EffectiveOn,
    /// 失效日期.
    EndsOn,
    /// 是否失效: 时效性 with the answer reversed.
    Ended,
    /// 有效期: first and last day, or a length.
    ValidityPeriod,
    /// 时效性.
    Validity,
    /// 主题分类.
    Categories,
    /// 文种.
    Genre,
    /// 地区.
    Region,
    /// 主题词.
    Keywords,
    /// 来源.
    SourceName,
    /// Address of the page.
    SourceUrl,
    /// Title of the interpreted document.
    Interprets,
    /// Title of the repealed document.
    Repeals,
    /// Title of the amended document.
    Amends,
    /// Names of files; in exports only.
    Attachments,
    /// Last change of the page: the day of publication, if nothing better is stated.
    UpdatedOn,
    /// Name of the site, not of the source.
    SiteName,
    /// Known label of no use: ends the value before it and is not text.
    Ignored,
}

/// Labels as written on pages, field names in JSON, and names of `<meta>`, separated by spaces.
const LABELS: &[(Field, &str)] = &[
    (Field::Id, "id 编号ID"),
    (Field::Kind, "kind 记录类型"),
    (
        Field::Title,
        "title 标题 名称 信息名称 文件名称 公文名称 公文标题 文件标题 信息标题 题名 文件题名 \
         政策名称 政策标题 法规名称 法规标题 ArticleTitle 标题名称",
    ),
    (Field::Body, "body 正文 内容 全文 正文内容 信息内容"),
    (
        Field::DocumentNumber,
        "document_number 文号 发文字号 发布文号 公文字号 文件字号 文件编号 文件号 发文文号 发文号 \
         公文文号 颁布文号 字号 公文编号 文件文号 颁发文号 信息文号 批准文号",
    ),
    (Field::IndexNumber, "index_number 索引号 信息索引号 索引码 信息索引 公开索引号 索引 信息编号 目录编号"),
    (
        Field::Issuers,
        "issuers issuer 发文机关 发文单位 发文部门 发文机构 制发机关 制定机关 制定单位 颁布机关 \
         颁布单位 颁布部门 印发机关 印发单位 公布机关 发文机关名称 联合发文单位 联合发文 颁发部门 \
         起草单位名称 制发单位 成文机关 发布部门 制发部门 颁布机构",
    ),
    (
        Field::Publisher,
        "发布机构 发布机关 发布单位 公开主体 信息公开主体 公开机构 发布者 公开部门 公开责任部门 \
         责任部门 信息发布机构 公开单位 发布机构名称 信息提供单位 信息公开单位 公开责任主体 \
         责任单位 信息所属单位 所属单位 答复单位 回复单位 办理单位 答复机关",
    ),
    (
        Field::WrittenOn,
        "written_on 成文日期 成文时间 发文日期 发文时间 生成日期 签发日期 印发日期 印发时间 \
         制定日期 签署日期 生成时间 行文日期 形成日期 制发日期 发文成文日期 通过日期 制作日期 \
         形成时间",
    ),
    (
        Field::PublishedOn,
        "published_on 发布日期 发布时间 公开日期 公开时间 公布日期 公布时间 发表时间 发表日期 \
         颁布日期 颁布时间 上网时间 上网日期 信息时间 日期 时间 发布于 PubDate publishdate \
         publish_date pub_date publish-date article:published_time og:release_date dc.date \
         dc.date.issued createdate releasedate datepublished 上传时间 录入时间 文章时间 \
         网站发布日期 信息发布日期 颁发日期 添加时间 答复时间 回复时间 答复日期 办结时间",
    ),
    (
        Field::EffectiveOn,
        "effective_on 生效日期 生效时间 施行日期 施行时间 实施日期 实施时间 执行日期 开始执行日期 \
         起始日期 有效开始日期",
    ),
    (
        Field::EndsOn,
        "ends_on 失效日期 失效时间 废止日期 废止时间 终止日期 有效期至 有效期止 截止有效期 \
         失效(废止)日期 废止(失效)日期 有效截止日期 终止时间",
    ),
    (
        Field::Validity,
        "validity 时效性 有效性 效力状态 法律状态 文件状态 信息有效性 是否有效 有效状态 时效状态 \
         效力 状态 文件有效性 时效 现行有效 有效情况",
    ),
    (
        Field::Categories,
        "categories category 主题分类 信息分类 主题类别 主题 分类 所属分类 内容分类 主题名称 \
         组配分类 公文分类 信息类别 类别 所属主题 分类名称 政策分类 法规分类 专题分类",
    ),
    (Field::Ended, "是否失效 是否废止 是否已失效 是否已废止"),
    (Field::ValidityPeriod, "有效期 有效期限 有效日期 有效时间 文件有效期"),
    (Field::Genre, "genre 文种 体裁 公文种类 体裁分类 信息体裁 文件种类 公文体裁"),
    (Field::Region, "region 地区 行政区划 区域 所属地区"),
    (Field::Keywords, "keywords keyword 主题词 关键词 关键字 Keywords 标签"),
    (
        Field::SourceName,
        "source_name 来源 信息来源 文章来源 稿源 稿件来源 ContentSource 转载自 新闻来源 文件来源 \
         内容来源 来源单位 消息来源 资料来源 文稿来源 出处",
    ),
    (Field::SourceUrl, "source_url url og:url 网址 链接 原文链接 原文地址 来源网址 地址链接 URL Url"),
    (Field::Interprets, "interprets 解读文件 被解读文件 解读的文件"),
    (Field::Repeals, "repeals 废止文件"),
    (Field::Amends, "amends 修改文件"),
    (Field::Attachments, "attachments 附件名称"),
    (Field::UpdatedOn, "更新时间 更新日期 修改时间 修改日期 最后更新 lastmodified"),
    (Field::SiteName, "SiteName 网站名称 og:site_name"),
    (
        Field::Ignored,
        "公开方式 公开范围 公开时限 公开形式 公开类别 公开属性 公开程序 浏览次数 浏览量 浏览 \
         阅读次数 阅读量 阅读 阅读数 点击数 点击 点击率 点击量 累计次数 访问次数 访问量 人气 次数 \
         字体 字号大小 字体大小 字体显示 作者 编辑 责任编辑 审核 打印 分享 分享到 保护视力色 \
         背景色 信息格式 载体类型 记录形式 语种 下载次数 下载 页数 页码 附件 附件下载 相关附件 \
         信息类型 服务对象分类 服务对象 生命周期 文件类型 服务对象类别 撰稿 摄影 记者 编审 校对 \
         初审 复审 终审 审核人 录入 发布人 内容概述 信息概述 内容摘要 概述 摘要 描述 效力级别 \
         效力层级 法律级别 联系电话 电话 邮编 地址 位置 当前位置 您的位置 您现在的位置 所在位置 \
         上一篇 下一篇 相关链接 扫一扫 收藏 收藏本文 评论 纠错 关闭 公开目录 信息名 保密期限 \
         留言时间 提问时间 网友 留言人 词条标签 栏目 所属栏目 频道 版次 责编 文章编号 文档编号 \
         大小 格式 视力保护色 阅读字体 文字大小 朗读 受理机关 起草单位 联系人 传真 政策咨询机关 \
         政策咨询电话 咨询电话 解读机关 解读链接 政策解读 公开依据 获取方式",
    ),
];

static FIELDS_BY_LABEL: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
    let labels =
        LABELS.iter().flat_map(|(field, names)| names.split(' ').map(|name| (normalise_label(name), *field)));
    labels.collect()
});

/// Length limit of labels, in characters.
const MAX_LABEL_CHARS: usize = 14;

/// Finds the field of a label in any spacing and brackets: `文　　号：`, `【来源】`, `[索 引 号]`.
pub fn find_field(label: &str) -> Option<Field> {
    if label.len() > MAX_LABEL_CHARS * 4 {
        return None;
    }
    let normal = normalise_label(label);
    FIELDS_BY_LABEL.get(normal.as_str()).copied().or_else(|| {
        // A space separates a value from the next label: this is not one label then.
        let one_word = !label.trim().contains(char::is_whitespace);
        if one_word { field_by_words(&normal) } else { None }
    })
}

/// Endings and words of labels that no list can have in full.
const FIELDS_BY_WORDS: &[(&[&str], &[&str], Field)] = &[
    (&["日期", "时间"], &["发布", "公布", "公开", "上网", "刊登", "上传", "挂网"], Field::PublishedOn),
    (
        &["日期", "时间"],
        &["成文", "生成", "产生", "制定", "签发", "签署", "印发", "形成", "发文"],
        Field::WrittenOn,
    ),
    (&["日期", "时间"], &["施行", "生效", "实施", "执行"], Field::EffectiveOn),
    (&["日期", "时间"], &["失效", "废止", "终止"], Field::EndsOn),
    (&["字号", "文号"], &["文", "公", "发"], Field::DocumentNumber),
    (&["机关", "机构", "单位", "部门", "主体"], &["发文", "制定", "制发", "印发", "颁布"], Field::Issuers),
    (&["机关", "机构", "单位", "部门", "主体"], &["发布", "公开", "答复"], Field::Publisher),
    (&["时效", "时效性", "有效性", "效力状态"], &["文", "时", "效"], Field::Validity),
    (&["索引号"], &["索引"], Field::IndexNumber),
    (&["分类"], &["主题", "信息", "公文", "文件"], Field::Categories),
    (&["来源"], &["信息", "文章", "稿件", "文件", "内容"], Field::SourceName),
    (&["标题", "名称"], &["信息", "文件", "公文", "政策"], Field::Title),
];

/// Finds the field of a short Chinese label by its ending and a word in it.
fn field_by_words(label: &str) -> Option<Field> {
    let chars = label.chars().count();
    if !(4..=8).contains(&chars) || !label.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        return None;
    }
    let found = FIELDS_BY_WORDS.iter().find(|(ends, words, _)| {
        ends.iter().any(|end| label.ends_with(end)) && words.iter().any(|word| label.contains(word))
    });
    found.map(|(_, _, field)| *field)
}

/// Finds the field of a label that is listed, not guessed by its words.
fn listed_field(label: &str) -> Option<Field> {
    FIELDS_BY_LABEL.get(normalise_label(label).as_str()).copied()
}

/// Normalises a label: no spaces, brackets and colons, lower case.
fn normalise_label(label: &str) -> String {
    let kept = label.chars().filter(|c| {
        !c.is_whitespace()
            && !matches!(c, ':' | '：' | '【' | '】' | '[' | ']' | '*' | '·' | '•' | '〖' | '〗')
    });
    kept.flat_map(char::to_lowercase)
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            c => c,
        })
        .collect()
}

/// Label with its value on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledValue<'a> {
    /// Field that the label names.
    pub field: Field,
    /// Label as written.
    pub label: &'a str,
    /// Value as written, without the spaces around it.
    pub value: &'a str,
}

/// Reads the labels on one line, each with the text up to the next one, and the text before the first.
///
/// `来源: 某局 发布时间:2018-03-06 10:41 累计次数: 字体:[ ]` has four. A colon alone makes no
/// label: known words must stand before it.
pub fn labels_on_line(line: &str) -> (&str, Vec<LabelledValue<'_>>) {
    let mut starts: Vec<(usize, usize, Field)> = Vec::new();
    for (at, colon) in line.match_indices([':', '：', '】', ']']) {
        let floor = starts.last().map_or(0, |(_, end, _)| *end);
        if let Some((start, field)) = label_before(line, floor, at) {
            // `【来源】：` has two ends.
            let mut end = at + colon.len();
            if !matches!(colon, ":" | "：") {
                end += line[end..].len() - line[end..].trim_start_matches([':', '：']).len();
            }
            starts.push((start, end, field));
        }
    }
    let before = &line[..starts.first().map_or(line.len(), |(start, ..)| *start)];
    let ends = starts.iter().skip(1).map(|(start, ..)| *start).chain([line.len()]);
    let labelled = starts.iter().zip(ends).map(|((start, value, field), end)| LabelledValue {
        field: *field,
        label: line[*start..*value].trim_end_matches([':', '：']),
        value: trim_value(line.get(*value..end).unwrap_or_default()),
    });
    (before.trim(), labelled.collect())
}

fn trim_value(value: &str) -> &str {
    let value = value.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '|' | '｜' | '【' | ';' | '；' | ',' | '，' | '/')
    });
    // `【来源:某局】`: the bracket before the label closes after the value.
    let open = value.contains(['【', '[', '(', '（']);
    if open { value } else { value.trim_end_matches([']', '】', ')', '）']).trim_end() }
}

/// Finds the longest known label that ends at `colon` and begins after `floor`, at the
/// beginning of the line or after a character that is part of no word.
fn label_before(line: &str, floor: usize, colon: usize) -> Option<(usize, Field)> {
    let head = line.get(floor..colon)?;
    let bracketed = line[colon..].starts_with(['】', ']']);
    let mut found = None;
    for (count, (at, c)) in head.char_indices().rev().enumerate() {
        if count >= MAX_LABEL_CHARS || matches!(c, '。' | '；' | ';' | '，' | ',' | '、' | ':' | '：') {
            break;
        }
        if bracketed && matches!(c, '【' | '[') {
            return find_field(&head[at..]).map(|field| (floor + at, field));
        }
        let before = head[..at].chars().next_back();
        let begins = before.is_none_or(|b| !b.is_alphanumeric() || b.is_ascii_digit() && !c.is_ascii());
        if begins
            && !bracketed
            && !c.is_whitespace()
            && let Some(field) = find_field(&head[at..])
        {
            found = Some((floor + at, field));
        }
    }
    // Attached to the value before it: `2007-12-26生效日期:`.
    found.or_else(|| if bracketed { None } else { glued_label(head, floor) })
}

/// Finds a label of four characters or more that follows a value without a space.
fn glued_label(head: &str, floor: usize) -> Option<(usize, Field)> {
    let starts: Vec<usize> = head.char_indices().rev().take(MAX_LABEL_CHARS).map(|(at, _)| at).collect();
    starts.iter().enumerate().rev().find_map(|(count, at)| {
        let label = &head[*at..];
        (count + 1 >= 4 && !label.starts_with(char::is_whitespace))
            .then(|| listed_field(label))
            .flatten()
            .map(|f| (floor + at, f))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(line: &str) -> Vec<(Field, &str)> {
        labels_on_line(line).1.into_iter().map(|l| (l.field, l.value)).collect()
    }

    #[test]
    fn find_field_ignores_spacing_and_brackets() {
        for label in ["文号", "文　　号：", "【发文字号】", "[文 号]"] {
            assert_eq!(find_field(label), Some(Field::DocumentNumber), "{label}");
        }
        assert_eq!(find_field("pubdate"), Some(Field::PublishedOn));
        assert_eq!(find_field("有关事项"), None);
    }

    #[test]
    fn labels_on_line_finds_several_labels() {
        assert_eq!(
            pairs("来源: 某市某局 发布时间:2018-03-06 10:41 累计次数: 字体:[ ]"),
            [
                (Field::SourceName, "某市某局"),
                (Field::PublishedOn, "2018-03-06 10:41"),
                (Field::Ignored, ""),
                (Field::Ignored, "[ ]"),
            ]
        );
        assert_eq!(
            pairs("状态:有效 发布日期:2007-12-26 生效日期: 2007-12-26"),
            [
                (Field::Validity, "有效"),
                (Field::PublishedOn, "2007-12-26"),
                (Field::EffectiveOn, "2007-12-26"),
            ]
        );
        assert_eq!(pairs("【发文字号】某政发〔2017〕3号【发布日期】2017-01-02").len(), 2);
        assert_eq!(pairs("2018-03-06来源：某网")[0], (Field::SourceName, "某网"));
        assert_eq!(labels_on_line("2018-03-06 来源：某网").0, "2018-03-06");
    }

    #[test]
    fn labels_on_line_finds_none_in_sentences() {
        assert!(pairs("现将有关事项通知如下：一、加强领导").is_empty());
        assert!(pairs("会议时间定于：下周").is_empty());
        assert!(pairs("10:41").is_empty());
    }
}
