//! Plain text.

use crate::import::extraction::boilerplate;
use crate::import::file_content::{BlockCollector, BlockKind, FileContent};
use crate::import::formats::charset;
use crate::import::formats::line_wraps::join_wrapped_lines;

/// Reads plain text: each line is a paragraph, unless it was wrapped.
pub fn read(bytes: &[u8]) -> FileContent {
    let decoded = charset::decode(bytes, None);
    let mut blocks = BlockCollector::default();
    for line in join_wrapped_lines(&decoded.text) {
        if !blocks.push(BlockKind::Paragraph, &line) {
            break;
        }
    }
    let mut content = blocks.into_content();
    content.has_site = boilerplate::is_saved_page(content.blocks.iter().map(|block| block.text.as_str()));
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_line_is_a_paragraph() {
        let content = read("标题\r\n\r\n　　第一段。\n第二段。".as_bytes());
        let lines: Vec<&str> = content.blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(lines, ["标题", "第一段。", "第二段。"]);
        assert!(read(b"").without_text && !content.has_site);
    }

    #[test]
    fn page_saved_as_text_has_a_site() {
        let text =
            "首页 > 信息公开 > 文件\n关于做好统计工作的通知\n版权所有：某某市人民政府 某ICP备00000000号";
        assert!(read(text.as_bytes()).has_site);
        let law = "某某市商用密码管理条例\n第一条 网站首页应当标明版权所有者和网站地图。\n第二条 收藏、打印的，应当注册。";
        assert!(!read(law.as_bytes()).has_site);
    }
}
