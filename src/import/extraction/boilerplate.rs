//! Boilerplate: lines that belong to a site and not to the document, such as navigation,
//! tools, copyright, invitations. In pages that lost their markup these words are the only
//! sign, so each word is one that official texts do not use in short lines.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

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
    "友情链接",
    "加入收藏",
    "设为首页",
    "网站地图",
    "当前位置",
    "您的位置",
    "您现在的位置",
    "你的位置",
    "所在位置",
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
    "扫一扫",
    "二维码",
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
    "用户名",
    "记住我",
    "忘记密码",
    "立即注册",
    "请输入搜索",
    "选择搜索",
    "选择特殊",
    "发布法律咨询",
    "没找到您需要",
    "在线咨询",
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
    "加载中",
    "展开全文",
    "收起全文",
    "阅读全文",
    "长按识别",
    "点击查看更多",
    "文档下载",
    "相关推荐",
    "为您推荐",
    "我要纠错",
    "无障碍浏览",
    "适老",
    "长者版",
    "政府网站找错",
    "保护视力色",
    "广告服务",
    "人才招聘",
    "网站声明",
    "隐私声明",
    "您访问的链接",
    "javascript",
    "发表评论",
    "网友评论",
    "本文链接",
    "相关新闻",
    "热门文章",
    "最新文章",
    "付费下载",
    "开通会员",
    "VIP",
    "百度文库",
    "道客巴巴",
    "豆丁",
    "相关范文",
    "推荐范文",
    "优秀范文",
];

/// Words that make a line boilerplate only at the edges of a page: documents use them too.
const WORDS_AT_EDGES: &[&str] = &[
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

/// Length limit of boilerplate lines, in bytes.
const MAX_LINE_BYTES: usize = 600;

/// Recognises a line of the site; `edge` means that it stands before or after the text.
pub fn is_boilerplate(line: &str, edge: bool) -> bool {
    // A sentence of more than a hundred characters belongs to the document.
    if line.len() > MAX_LINE_BYTES || line.len() > 330 && line.ends_with('。') && !edge {
        return false;
    }
    let (mut anywhere, mut at_edges) = (0, 0);
    for found in WORD_MATCHER.find_iter(line) {
        if found.pattern().as_usize() < WORDS_ANYWHERE.len() { anywhere += 1 } else { at_edges += 1 }
    }
    let chars = line.chars().count();
    let has_words =
        anywhere >= 1 && chars <= 60 || anywhere >= 2 || anywhere >= 1 && at_edges >= 1 && chars <= 150;
    has_words
        || edge
            && (at_edges >= 1 && chars <= 30 && !line.ends_with('。')
                || at_edges >= 2 && chars <= 120
                || is_link_bar(line))
        || is_breadcrumb(line)
        || is_without_words(line)
}

/// Recognises a breadcrumb, `首页 > 政务公开 > 通知`: steps without sentences.
fn is_breadcrumb(line: &str) -> bool {
    if line.len() > 300 {
        return false;
    }
    let parted = [" > ", ">>", " » ", "›", " / "].iter().any(|mark| line.contains(mark));
    parted && line.chars().count() <= 100 && !line.contains(['。', '，', '；'])
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
        ] {
            assert!(!is_boilerplate(line, false) && !is_boilerplate(line, true), "{line}");
        }
    }
}
