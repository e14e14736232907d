//! Boilerplate: lines that belong to a site and not to the document, such as navigation,
//! tools, copyright, invitations. Only pages of a site have them.
//!
//! In pages that lost their markup words are the only sign. Documents use the same words, so
//! a word alone proves nothing of an article, a numbered line, a sentence or a title.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

use crate::import::extraction::line::{is_article, is_numbered};
use crate::import::extraction::title;

/// Words that make a short line boilerplate wherever it stands.
const WORDS_ANYWHERE: &[&str] = &[
    "版权所有",
    "copyright",
    "©",
    "ICP备",
    "icp备",
    "公网安备",
    "网站标识码",
    "载入时间",
    "加入收藏",
    "设为首页",
    "当前位置",
    "您的位置",
    "您现在的位置",
    "你的位置",
    "分享到",
    "打印本页",
    "打印此页",
    "关闭窗口",
    "关闭本页",
    "【打印】",
    "【关闭】",
    "[打印]",
    "[关闭]",
    "【字体",
    "字体:",
    "字体：",
    "上一篇",
    "下一篇",
    "上一条",
    "下一条",
    "相关阅读",
    "相关文章",
    "推荐阅读",
    "热门推荐",
    "猜你喜欢",
    "延伸阅读",
    "热点新闻",
    "更多>>",
    "更多 >",
    "点击排行",
    "all rights reserved",
    "记住我",
    "忘记密码",
    "立即注册",
    "请输入搜索",
    "选择搜索",
    "选择特殊",
    "发布法律咨询",
    "没找到您需要",
    "免费注册",
    "下载文档前",
    "仅部分预览",
    "侵犯您的权益",
    "不代表本站",
    "联系客服",
    "本站所有",
    "网友上传",
    "转载请注明",
    "下载本文",
    "下载全文",
    "返回顶部",
    "返回首页",
    "返回列表",
    "展开全文",
    "收起全文",
    "阅读全文",
    "长按识别",
    "点击查看更多",
    "文档下载",
    "相关推荐",
    "为您推荐",
    "我要纠错",
    "政府网站找错",
    "保护视力色",
    "网站声明",
    "隐私声明",
    "您访问的链接",
    "发表评论",
    "网友评论",
    "本文链接",
    "相关新闻",
    "热门文章",
    "最新文章",
    "付费下载",
    "开通会员",
    "百度文库",
    "道客巴巴",
    "豆丁",
    "相关范文",
    "推荐范文",
    "优秀范文",
];

/// Words that make a line boilerplate only at the edges of a page: documents use them too.
const WORDS_AT_EDGES: &[&str] = &[
    "扫一扫",
    "加载中",
    "网站地图",
    "友情链接",
    "无障碍浏览",
    "在线咨询",
    "VIP",
    "javascript",
    "人才招聘",
    "广告服务",
    "长者版",
    "适老",
    "用户名",
    "二维码",
    "所在位置",
    "首页",
    "登录",
    "注册",
    "密码",
    "收藏",
    "搜索",
    "主办单位",
    "主办：",
    "承办单位",
    "承办：",
    "技术支持",
    "建议使用",
    "分辨率",
    "浏览器",
    "繁体",
    "English",
    "客服",
    "温馨提示",
    "联系我们",
    "联系方式",
    "网站首页",
    "手机版",
    "客户端",
    "微信",
    "微博",
    "网站备案",
    "站点地图",
    "投稿",
    "举报",
    "咨询",
    "点击",
    "法律声明",
    "关于我们",
    "网站管理",
    "导航",
    "站内",
    "无障碍",
    "打印",
    "分享",
    "关闭",
    "返回",
    "全国站",
    "问题越详细",
    "相关链接",
    "相关稿件",
    "相关解读",
    "相关文件",
    "相关信息",
    "相关政策",
    "解读文件",
    "政务微博",
    "标识码",
];

static WORD_MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = WORDS_ANYWHERE.iter().chain(WORDS_AT_EDGES);
    let mut builder = AhoCorasickBuilder::new();
    builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
    builder.build(words).expect("a short list, fixed in the program, is no automaton too large")
});

/// Words with which a site speaks of itself: they prove a sentence to be the site's.
const WORDS_OF_SITES: &[&str] = &[
    "版权所有：",
    "版权所有:",
    "版权所有 ",
    "本站",
    "本网站",
    "网友上传",
    "下载文档前",
    "仅部分预览",
    "侵犯您的权益",
    "没找到您需要",
    "发布法律咨询",
    "您访问的链接",
    "转载请注明",
    "下载本文",
    "阅读全文",
    "点击查看更多",
    "all rights reserved",
    "ICP备",
    "公网安备",
];

/// Openings of lines that lead to another page or belong to a tool.
const LINK_OPENINGS: &[&str] = &[
    "上一篇",
    "下一篇",
    "上一条",
    "下一条",
    "当前位置",
    "您的位置",
    "您现在的位置",
    "你的位置",
    "所在位置",
    "相关阅读",
    "相关文章",
    "相关新闻",
    "推荐阅读",
    "延伸阅读",
    "分享到",
    "打印本页",
    "关闭窗口",
];

/// Length limit of boilerplate lines, in bytes.
const MAX_LINE_BYTES: usize = 600;

/// Recognises a line of the site; `edge` means that it stands outside the text or at its very end.
pub fn is_boilerplate(line: &str, edge: bool) -> bool {
    if line.len() > MAX_LINE_BYTES {
        return false;
    }
    let found = count_words(line);
    if is_document_line(line) && !speaks_of_site(line, &found) {
        return false;
    }
    let WordCount { anywhere, at_edges, rest } = found;
    let chars = line.chars().count();
    let has_words =
        anywhere >= 1 && chars <= 60 || anywhere >= 2 || anywhere >= 1 && at_edges >= 1 && chars <= 150;
    // A line of nothing but such words is a bar of tools: 打印 | 收藏 | 关闭.
    let only_words = at_edges >= 1 && rest <= at_edges;
    has_words
        || only_words
        || edge
            && (at_edges >= 1 && chars <= 30 && !states_contact(line)
                || at_edges >= 2 && chars <= 120 && !states_contact(line))
        || at_edges >= 1 && is_link_bar(line)
        || is_breadcrumb(line)
        || is_without_words(line)
}

/// Number of lines that prove a text to be a page of a site, saved as text.
const MIN_SITE_SIGNS: usize = 2;

/// Recognises a page of a site that was saved as plain text, by lines that no document has.
pub fn is_saved_page<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    // A document may name copyright; a site states it with its owner.
    let names_copyright = |line: &str| line.contains("版权所有") && !line.contains([':', '：', '©']);
    let is_sign = |line: &&str| {
        line.len() <= MAX_LINE_BYTES / 4
            && !is_document_line(line)
            && (count_words(line).anywhere > usize::from(names_copyright(line))
                || is_breadcrumb(line) && line.contains("首页"))
    };
    lines.filter(is_sign).take(MIN_SITE_SIGNS).count() == MIN_SITE_SIGNS
}

/// Words of sites on a line.
struct WordCount {
    anywhere: usize,
    at_edges: usize,
    /// Letters and digits outside these words.
    rest: usize,
}

fn count_words(line: &str) -> WordCount {
    let (mut anywhere, mut at_edges, mut end) = (0, 0, 0);
    let mut rest = 0;
    for found in WORD_MATCHER.find_iter(line) {
        if found.pattern().as_usize() < WORDS_ANYWHERE.len() {
            anywhere += 1
        } else {
            at_edges += 1
        }
        rest += count_letters(&line[end..found.start()]);
        end = found.end();
    }
    rest += count_letters(&line[end..]);
    WordCount { anywhere, at_edges, rest }
}

fn count_letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Recognises a line of a document by its form: an article, a numbered line, a sentence, a title.
pub fn is_document_line(line: &str) -> bool {
    is_article(line)
        || is_numbered(line)
        || is_sentence(line)
        || title::score(line) >= title::LIKELY_SCORE && title::ends_as_title(line)
}

/// Recognises a sentence by its end, or by a full stop within.
fn is_sentence(line: &str) -> bool {
    let line = line.trim_end_matches(['”', '"', '）', ')', ' ']);
    line.ends_with(['。', '；', '！', '？']) || line.contains('。')
}

/// Checks if a line in the form of a document's is the site's all the same.
fn speaks_of_site(line: &str, found: &WordCount) -> bool {
    if is_article(line) {
        return false;
    }
    let of_site = || {
        let lower = line.to_lowercase();
        WORDS_OF_SITES.iter().any(|word| lower.contains(&word.to_lowercase()))
    };
    LINK_OPENINGS.iter().any(|opening| line.trim_start_matches(['【', '[', ' ']).starts_with(opening))
        || found.anywhere >= 2 && of_site()
        || is_sentence(line) && found.anywhere >= 1 && line.chars().count() <= 60 && of_site()
}

/// Recognises a telephone number or an address of mail: a document names whom to ask.
fn states_contact(line: &str) -> bool {
    let digits = line.chars().filter(char::is_ascii_digit).count();
    (digits >= 5 || line.contains('@')) && line.contains([':', '：'])
}

/// Recognises a breadcrumb, `首页 > 政务公开 > 通知`: steps without sentences.
fn is_breadcrumb(line: &str) -> bool {
    if line.len() > 300 || line.chars().count() > 100 || line.contains(['。', '，', '；']) {
        return false;
    }
    let steps: usize = [" > ", ">>", " » ", "›"].iter().map(|mark| line.matches(mark).count()).sum();
    let named = ["首页", "位置", "正文", "主页"].iter().any(|word| line.contains(word));
    steps >= 2 || named && (steps >= 1 || line.contains(" / "))
}

/// Recognises a bar of links, `法律咨询 找律师 律师在线`: short words side by side.
fn is_link_bar(line: &str) -> bool {
    let words: Vec<usize> =
        line.split([' ', '|', '｜', '·']).filter(|w| !w.is_empty()).map(|w| w.chars().count()).collect();
    words.len() >= 4
        && words.iter().all(|length| (2..=8).contains(length))
        && !line.contains(|c: char| c.is_ascii_digit())
}

/// Recognises a line without letters (`[ ]`, `-----`), the font sizes, a picture in Markdown.
fn is_without_words(line: &str) -> bool {
    let bare: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
    bare.is_empty()
        || matches!(bare.as_str(), "大中小" | "大" | "中" | "小" | "打印" | "分享")
        || line.starts_with("![")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_lines_are_boilerplate() {
        for line in [
            "版权所有：某市人民政府 京ICP备12345678号",
            "您的位置：首页 >> 法规库",
            "[ 大 中 小 ]",
            "上一篇：通知",
        ] {
            assert!(is_boilerplate(line, false), "{line}");
        }
        assert!(is_boilerplate("本站所有内容由网友上传，转载请注明出处。", false));
        assert!(is_boilerplate("上一篇：关于印发某某办法的通知", false));
        for line in ["网站首页 法律咨询 找律师 律师在线", "记住我", "用户名 密码"] {
            assert!(is_boilerplate(line, true), "{line}");
        }
    }

    #[test]
    fn document_lines_are_not_boilerplate() {
        for line in [
            "各县（市、区）人民政府，市直各部门：",
            "二、加强网站建设，设立搜索功能，方便公众查询。",
            "某市人民政府办公室",
            "2017年5月15日",
            "附件：任务分工表",
            "一、指导思想",
            "第二条　门楼牌由标准地名、编号和二维码组成。",
            "第七条 任何单位和个人有权举报，密码管理部门应当为举报人注册登记。",
            "（三）首页设置网站地图和友情链接；",
            "云州省食品安全举报奖励办法",
            "云州省注册会计师管理办法",
            "联系电话：0899-1234567（咨询）",
            "网站应当在首页显著位置标明版权所有者的联系方式。",
        ] {
            assert!(!is_boilerplate(line, false) && !is_boilerplate(line, true), "{line}");
        }
    }
}
