//! Roles of elements: which end a line, hide their content, or frame a part of the page that
//! is not the document.

use html5ever::{LocalName, local_name};

/// Role of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Begins and ends a line.
    Block,
    /// `p`: also ended by the next one.
    Paragraph,
    /// A heading with its level.
    Heading(u8),
    /// `li`, `dt`, `dd`.
    Item,
    /// `ul`, `ol`, `dl`.
    List,
    /// `table`.
    Table,
    /// `tr`.
    Row,
    /// `td`, `th`.
    Cell,
    /// `pre`: line ends count.
    Preformatted,
    /// `a`.
    Anchor,
    /// `br`, `hr`: ends a line, holds nothing.
    Break,
    /// Content for the browser or for an answer, not for reading.
    Hidden,
    /// Boilerplate by its very name: `nav`, `footer`, `aside`.
    Boilerplate,
    /// `title`.
    WindowTitle,
    /// `meta`.
    Meta,
    /// `link`.
    Relation,
    /// Within a line.
    Inline,
    /// Element without content.
    Void,
}

/// Returns the role of an element by its name.
pub fn role(name: &LocalName) -> Role {
    match *name {
        local_name!("p") => Role::Paragraph,
        local_name!("br") | local_name!("hr") => Role::Break,
        local_name!("a") => Role::Anchor,
        local_name!("li") | local_name!("dt") | local_name!("dd") => Role::Item,
        local_name!("ul") | local_name!("ol") | local_name!("dl") => Role::List,
        local_name!("table") => Role::Table,
        local_name!("tr") => Role::Row,
        local_name!("td") | local_name!("th") => Role::Cell,
        local_name!("pre") => Role::Preformatted,
        local_name!("h1") => Role::Heading(1),
        local_name!("h2") => Role::Heading(2),
        local_name!("h3") => Role::Heading(3),
        local_name!("h4") | local_name!("h5") | local_name!("h6") => Role::Heading(4),
        local_name!("title") => Role::WindowTitle,
        local_name!("meta") => Role::Meta,
        local_name!("link") => Role::Relation,
        local_name!("nav") | local_name!("footer") | local_name!("aside") => Role::Boilerplate,
        _ if is_block(name) => Role::Block,
        _ if is_hidden(name) => Role::Hidden,
        _ if is_void(name) => Role::Void,
        _ => Role::Inline,
    }
}

fn is_block(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("div")
            | local_name!("section")
            | local_name!("article")
            | local_name!("main")
            | local_name!("header")
            | local_name!("form")
            | local_name!("fieldset")
            | local_name!("blockquote")
            | local_name!("center")
            | local_name!("body")
            | local_name!("caption")
            | local_name!("figure")
            | local_name!("figcaption")
            | local_name!("address")
            | local_name!("details")
            | local_name!("summary")
            | local_name!("thead")
            | local_name!("tbody")
            | local_name!("tfoot")
    )
}

/// Recognises raw text elements and controls.
fn is_hidden(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("noscript")
            | local_name!("template")
            | local_name!("iframe")
            | local_name!("object")
            | local_name!("applet")
            | local_name!("svg")
            | local_name!("math")
            | local_name!("select")
            | local_name!("datalist")
            | local_name!("button")
            | local_name!("textarea")
            | local_name!("video")
            | local_name!("audio")
            | local_name!("canvas")
            | local_name!("map")
            | local_name!("noframes")
            | local_name!("noembed")
            | local_name!("xmp")
            | local_name!("marquee")
    )
}

fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("img")
            | local_name!("input")
            | local_name!("col")
            | local_name!("area")
            | local_name!("base")
            | local_name!("embed")
            | local_name!("source")
            | local_name!("param")
            | local_name!("wbr")
            | local_name!("track")
    )
}

/// Hint of a `class` or an `id` about the part it names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassHint {
    /// Set for navigation, sharing, recommendations, copyright.
    pub boilerplate: bool,
    /// Set for the title of the document.
    pub title: bool,
}

/// Reads a `class` or `id` word by word; `-`, `_`, space, digits and capitals separate words.
pub fn class_hint(value: &str) -> ClassHint {
    let mut hint = ClassHint::default();
    for word in class_words(value) {
        hint.boilerplate |= BOILERPLATE_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
        hint.title |= TITLE_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
    }
    hint
}

/// Names that portals, news sites and content farms give to boilerplate.
const BOILERPLATE_WORDS: [&str; 46] = [
    "nav",
    "navbar",
    "menu",
    "foot",
    "footer",
    "crumb",
    "crumbs",
    "breadcrumb",
    "breadcrumbs",
    "position",
    "location",
    "weizhi",
    "dqwz",
    "share",
    "bshare",
    "bdshare",
    "fenxiang",
    "recommend",
    "recommended",
    "recommendation",
    "related",
    "tuijian",
    "xgwz",
    "xgyd",
    "hot",
    "rank",
    "ranking",
    "paihang",
    "sidebar",
    "side",
    "aside",
    "ad",
    "ads",
    "advert",
    "adv",
    "banner",
    "copyright",
    "login",
    "toolbar",
    "pager",
    "pagination",
    "friendlink",
    "links",
    "comment",
    "comments",
    "qrcode",
];
const TITLE_WORDS: [&str; 8] =
    ["title", "tit", "biaoti", "headline", "bt", "arttitle", "articletitle", "wzbt"];

fn class_words(value: &str) -> impl Iterator<Item = &str> {
    let bytes = value.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        while start < bytes.len() && !bytes[start].is_ascii_alphabetic() {
            start += 1;
        }
        let from = start;
        while start < bytes.len()
            && bytes[start].is_ascii_alphabetic()
            && !(start > from && bytes[start].is_ascii_uppercase() && bytes[start - 1].is_ascii_lowercase())
        {
            start += 1;
        }
        (start > from).then(|| &value[from..start])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_hint_reads_word_by_word() {
        assert!(class_hint("main-nav left").boilerplate);
        assert!(class_hint("rightHotList").boilerplate);
        assert!(class_hint("article_title").title);
        assert!(!class_hint("navigator-text shadow header").boilerplate);
        assert_eq!(class_hint("政务 content2"), ClassHint::default());
    }
}
