//! Name that a site gives itself.

use gongkai_index::official::issuer;

use crate::import::extraction::labels::Field;
use crate::import::extraction::page::Page;
use crate::import::file_content::{FileContent, TitlePlace};

/// Endings of site names.
const SITE_ENDINGS: [&str; 10] =
    ["网", "网站", "平台", "门户", "百科", "文库", "文件库", "站", "资料库", "在线"];

/// Finds the name of the site: in its markup, in its notice of copyright, behind the window's title.
pub fn find_site_name(content: &FileContent, page: &Page) -> Option<String> {
    if let Some(fact) = page.stated_fact(Field::SiteName) {
        return Some(fact.value.clone());
    }
    page.site_lines.iter().rev().find_map(|line| name_in_copyright(line)).or_else(|| {
        let window = content.titles.iter().find(|title| title.place == TitlePlace::Window)?;
        let last = window.text.split(['_', '|', '-', '—']).map(str::trim).next_back()?;
        let named =
            SITE_ENDINGS.iter().any(|ending| last.ends_with(ending)) && last.len() < window.text.trim().len();
        (named && last.chars().count() <= 30).then(|| last.to_owned())
    })
}

/// Reads the name in `版权所有：某某网　建议使用…`, `Copyright © 2018 All Rights Reserved 某某网 技术支持：…`, `欢迎访问某某网站`.
fn name_in_copyright(line: &str) -> Option<String> {
    let marks = [
        "版权所有",
        "版權所有",
        "Reserved",
        "reserved",
        "欢迎访问",
        "歡迎訪問",
        "主办单位",
        "主办",
        "网站名称",
    ];
    let rest = marks.iter().find_map(|mark| line.split_once(mark).map(|(_, rest)| rest))?;
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "：:.。|©-—".contains(c));
    let name = rest.split(|c: char| c.is_whitespace() || "|｜,，。；;".contains(c)).next()?;
    let name = name.find("网站").map_or(name, |at| &name[..at + "网站".len()]);
    let said = line.contains("eserved") || line.contains("版权所有") || line.contains("版權所有");
    let plain = said
        && !["未经", "技术支持", "备案", "ICP", "许可", "建议", "联系"]
            .iter()
            .any(|word| name.contains(word))
        && !name.is_ascii();
    let organ = plain
        || issuer::is_organ(name)
        || ["网", "站", "库", "政府", ".com", ".cn", ".net", "百科"].iter().any(|word| name.contains(word));
    ((3..=30).contains(&name.chars().count()) && organ && !name.contains("未经")).then(|| name.to_owned())
}
