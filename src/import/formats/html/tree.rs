//! Tokens of a page → a flat list of elements and a flat list of lines.

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::{LocalName, local_name};

use crate::import::file_content::FileLink;
use crate::import::formats::html::attachments::shown_file;
use crate::import::formats::html::builder::{Open, OpenLink, PageBuilder, Row};
use crate::import::formats::html::elements::{Role, class_hint, role};
use crate::import::formats::html::feeding::{Progress, feed};
use crate::import::formats::html::hidden::{Effect, HiddenScope, Reason, hidden_reason};
use crate::import::formats::html::page::{Element, MAX_ELEMENTS, MAX_FILES, Page};

/// Depth limit of elements: deeper ones add no level of their own.
const MAX_DEPTH: usize = 400;

/// Treatment of text that the page hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenText {
    /// Leaves hidden text out.
    Skip,
    /// Keeps hidden text, but not scripts and styles.
    Keep,
}

/// Tokenizes a page.
pub fn read(markup: &str, hidden: HiddenText) -> Page {
    let builder = PageBuilder { keeps_hidden: hidden == HiddenText::Keep, ..PageBuilder::default() };
    let sink = Sink { builder: RefCell::new(builder), ..Sink::default() };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    feed(&tokenizer, |sink: &Sink| &sink.progress, markup);
    tokenizer.end();
    tokenizer.sink.builder.into_inner().into_page()
}

/// Receiver of the tokens.
#[derive(Default)]
struct Sink {
    builder: RefCell<PageBuilder>,
    progress: Progress,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut builder = self.builder.borrow_mut();
        match token {
            Token::CharacterTokens(text) => builder.add_text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                builder.start_tag(&tag);
                let raw = raw_kind(&tag.name);
                self.progress.in_raw_text.set(raw.is_some());
                return raw.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData);
            }
            Token::TagToken(tag) => {
                self.progress.in_raw_text.set(false);
                builder.end_tag(&tag.name);
            }
            Token::CommentToken(_) | Token::DoctypeToken(_) => {
                self.progress.declarations.update(|count| count + 1);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Returns the tokenizer state for elements whose content is not markup; `feeding` has their names too.
fn raw_kind(name: &LocalName) -> Option<RawKind> {
    match *name {
        local_name!("script") => Some(RawKind::ScriptData),
        local_name!("style")
        | local_name!("iframe")
        | local_name!("xmp")
        | local_name!("noembed")
        | local_name!("noframes") => Some(RawKind::Rawtext),
        local_name!("title") | local_name!("textarea") => Some(RawKind::Rcdata),
        _ => None,
    }
}

/// Recognises elements that hold no text for people at all.
fn is_code(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("svg")
            | local_name!("math")
            | local_name!("select")
    )
}

impl PageBuilder {
    fn start_tag(&mut self, tag: &Tag) {
        if let Some(scope) = &mut self.hidden_scope {
            if scope.start_tag(&tag.name) == Effect::Inside {
                return;
            }
            self.hidden_scope = None;
        }
        self.add_shown_file(tag);
        let mut role = role(&tag.name);
        if self.hidden == 0 && self.hides(tag, role) {
            let in_paragraph = self.open.last().is_some_and(|open| open.role == Role::Paragraph);
            let is_inline = matches!(role, Role::Inline | Role::Anchor);
            if !is_inline {
                self.end_line();
                self.close_implied(role);
            }
            self.hidden_scope = Some(HiddenScope::open(&tag.name, is_inline && in_paragraph));
            return;
        }
        if role == Role::Hidden && self.keeps_hidden && !is_code(&tag.name) {
            role = Role::Block;
        }
        if self.hidden > 0 && role != Role::Hidden {
            return;
        }
        match role {
            Role::Inline => {}
            Role::Void => self.add_validity_stamp(tag),
            Role::Break => self.end_line(),
            Role::Anchor => self.start_link(tag),
            Role::Meta => self.add_meta(tag),
            Role::Relation => self.add_relation(tag),
            Role::WindowTitle => self.in_window_title = true,
            Role::Hidden if tag.self_closing => {}
            Role::Hidden if self.hidden >= MAX_DEPTH => self.deeper_hidden += 1,
            Role::Hidden => {
                if attribute(tag, &local_name!("type")).eq_ignore_ascii_case("application/ld+json") {
                    self.linked_data = Some(String::new());
                }
                self.hidden += 1;
                self.open_element(tag, role);
            }
            _ => self.start_block(tag, role),
        }
    }

    /// Decides if an element hides its text. A page without other text may show by script what it collapses.
    fn hides(&self, tag: &Tag, role: Role) -> bool {
        if tag.attrs.is_empty() && !matches!(tag.name, local_name!("rt") | local_name!("rp")) {
            return false;
        }
        let has_content = !matches!(
            role,
            Role::Void | Role::Break | Role::Meta | Role::Relation | Role::Hidden | Role::WindowTitle
        );
        // A page is not hidden as a whole: such a style is taken away by script.
        let is_page = matches!(tag.name, local_name!("body") | local_name!("html"));
        has_content
            && !is_page
            && hidden_reason(tag).is_some_and(|reason| {
                reason == Reason::Invisible || !self.keeps_hidden || role == Role::Inline
            })
    }

    fn start_link(&mut self, tag: &Tag) {
        let on_click = tag.attrs.iter().find(|attribute| &*attribute.name.local == "onclick");
        self.link = Some(OpenLink {
            href: attribute(tag, &local_name!("href")).to_owned(),
            on_click: on_click.map_or_else(String::new, |attribute| attribute.value.to_string()),
            start: self.line.len(),
        });
    }

    /// Notes a file that the page shows in a frame of its own.
    fn add_shown_file(&mut self, tag: &Tag) {
        let Some(href) = shown_file(tag) else { return };
        if self.hidden == 0 && self.page.files.len() < MAX_FILES {
            self.page.shows_file = true;
            self.page.files.push(FileLink { text: String::new(), href });
        }
    }

    fn start_block(&mut self, tag: &Tag, role: Role) {
        self.end_line();
        self.close_implied(role);
        match role {
            Role::Table => self.mark_layout_row(),
            Role::Row => self.rows.push(Row::default()),
            Role::Cell => {
                if let Some(row) = self.rows.last_mut() {
                    row.cells.push(Vec::new());
                }
            }
            _ => {}
        }
        self.open_element(tag, role);
    }

    /// Closes elements whose end tag was left out before this start tag.
    fn close_implied(&mut self, role: Role) {
        let (closes, within): (&[Role], &[Role]) = match role {
            Role::Item => (&[Role::Item], &[Role::List, Role::Table]),
            Role::Cell => (&[Role::Cell], &[Role::Row, Role::Table]),
            Role::Row => (&[Role::Row], &[Role::Table]),
            _ => (&[], &[]),
        };
        let found =
            self.open.iter().rposition(|open| closes.contains(&open.role) || within.contains(&open.role));
        match found {
            Some(at) if closes.contains(&self.open[at].role) => self.close_down_to(at),
            _ if self.open.last().is_some_and(|open| open.role == Role::Paragraph) => {
                self.close_down_to(self.open.len() - 1);
            }
            _ => {}
        }
    }

    fn open_element(&mut self, tag: &Tag, role: Role) {
        let parent = self.current_element();
        let around = self.page.elements[parent as usize];
        let mut boilerplate = around.boilerplate || role == Role::Boilerplate;
        let mut title = matches!(around.role, Role::Block) && around.title;
        let mut centred = around.centred;
        for attribute in &tag.attrs {
            let value: &str = &attribute.value;
            match attribute.name.local {
                local_name!("class") | local_name!("id") => {
                    let hint = class_hint(value);
                    // A frame around the whole page may be named for its content; the page itself is not boilerplate.
                    boilerplate |= hint.boilerplate && tag.name != local_name!("body");
                    title |= hint.title;
                }
                local_name!("style") => {
                    centred = alignment(value, "text-align").unwrap_or(centred);
                }
                local_name!("align") => centred = value.eq_ignore_ascii_case("center"),
                _ => {}
            }
        }
        centred |= tag.name == local_name!("center");
        self.add_element(tag, Element { parent, end: 0, role, boilerplate, title, centred });
    }

    fn add_element(&mut self, tag: &Tag, element: Element) {
        let full = self.open.len() >= MAX_DEPTH || self.page.elements.len() >= MAX_ELEMENTS;
        let index = if full { element.parent } else { self.page.elements.len() as u32 };
        if !full {
            self.page.elements.push(element);
        }
        // Too deep: the end tag must still be matched when it matters for hidden text or for rows.
        if !full || matches!(element.role, Role::Hidden | Role::Row) {
            self.open.push(Open { name: tag.name.clone(), role: element.role, element: index });
        }
    }

    fn end_tag(&mut self, name: &LocalName) {
        if let Some(scope) = &mut self.hidden_scope {
            let effect = scope.end_tag(name, || self.open.iter().any(|open| open.name == *name));
            if effect == Effect::Inside {
                return;
            }
            self.hidden_scope = None;
            if effect == Effect::Ends {
                return;
            }
        }
        match role(name) {
            Role::WindowTitle => self.in_window_title = false,
            Role::Anchor => self.end_link(),
            Role::Inline => self.mark_label(),
            Role::Void | Role::Meta | Role::Relation => {}
            Role::Break => self.end_line(),
            Role::Hidden if self.deeper_hidden > 0 => self.deeper_hidden -= 1,
            role => {
                if *name == local_name!("dt") {
                    self.mark_label();
                }
                if self.hidden == 0 {
                    self.end_line();
                }
                let barrier = |open: &Open| {
                    open.name != *name
                        && match role {
                            Role::Table => false,
                            Role::Row | Role::Cell => open.role == Role::Table,
                            _ => open.role == Role::Cell,
                        }
                };
                let found = self.open.iter().rposition(|open| open.name == *name || barrier(open));
                if let Some(at) = found.filter(|at| self.open[*at].name == *name) {
                    self.close_down_to(at);
                }
            }
        }
    }

    fn close_down_to(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(open) = self.open.pop() else { return };
            let end = self.page.elements.len() as u32;
            let element = &mut self.page.elements[open.element as usize];
            element.end = element.end.max(end);
            match open.role {
                Role::Hidden => {
                    self.hidden = self.hidden.saturating_sub(1);
                    self.read_linked_data();
                }
                Role::Row => self.end_row(),
                _ => {}
            }
        }
    }

    /// Reads a picture of a stamp as metadata: 已废止, 有效.
    fn add_validity_stamp(&mut self, tag: &Tag) {
        let words = attribute(tag, &local_name!("alt")).trim();
        let stamps = ["已废止", "已失效", "废止", "失效", "有效", "现行有效", "尚未生效", "已修改"];
        if stamps.contains(&words) {
            self.page.metas.push(("有效性".to_owned(), words.to_owned()));
        }
    }

    fn add_meta(&mut self, tag: &Tag) {
        let content = attribute(tag, &local_name!("content")).trim();
        let name = ["name", "property", "itemprop"]
            .into_iter()
            .find_map(|key| tag.attrs.iter().find(|a| &*a.name.local == key))
            .map(|a| a.value.trim().to_owned());
        if let Some(name) = name.filter(|name| !name.is_empty() && !content.is_empty())
            && self.page.metas.len() < 200
            && content.len() <= 8192
        {
            if matches!(name.to_ascii_lowercase().as_str(), "url" | "og:url") {
                self.page.address.get_or_insert_with(|| content.to_owned());
            }
            self.page.metas.push((name, content.to_owned()));
        }
    }

    fn add_relation(&mut self, tag: &Tag) {
        if attribute(tag, &local_name!("rel")).eq_ignore_ascii_case("canonical") {
            let href = attribute(tag, &local_name!("href")).trim();
            if href.starts_with("http") {
                self.page.address.get_or_insert_with(|| href.to_owned());
            }
        }
    }

    fn into_page(mut self) -> Page {
        self.end_line();
        self.close_down_to(0);
        let end = self.page.elements.len() as u32;
        self.page.elements[0].end = end;
        self.page
    }
}

fn attribute<'a>(tag: &'a Tag, name: &LocalName) -> &'a str {
    tag.attrs.iter().find(|attribute| attribute.name.local == *name).map_or("", |attribute| &attribute.value)
}

/// Reads from an inline style if text is centred; none when the style does not set it.
fn alignment(style: &str, property: &str) -> Option<bool> {
    declaration(style, property).map(|value| value.eq_ignore_ascii_case("center"))
}

fn declaration<'a>(style: &'a str, property: &str) -> Option<&'a str> {
    style.split(';').find_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        name.trim().eq_ignore_ascii_case(property).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::formats::html::feeding::{MAX_ATTRIBUTES, feed_shortened};

    fn lines(page: &Page) -> Vec<&str> {
        page.lines.iter().map(|line| line.text.as_str()).collect()
    }

    /// Pieces of markup, in which `>` and `<` often begin and end nothing.
    const PIECES: [&str; 40] = [
        "<",
        ">",
        "/",
        "=",
        "'",
        "\"",
        " ",
        "!",
        "?",
        "-",
        "甲",
        "乙丙",
        "x",
        "<p",
        "<p>",
        "</p>",
        "<td a=",
        "<b c='>'>",
        "</",
        "</>",
        "<!",
        "<!--",
        "-->",
        "<!DOCTYPE html>",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "<script>",
        "</script>",
        "<style a>",
        "</style ",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea\n>",
        "&lt;",
        "<IFRAME>",
        "<xmp a>",
        "<noembed>",
        "<noframes/>",
    ];

    #[test]
    fn markup_without_any_attribute_has_the_same_text() {
        let mut random = 7_u64;
        for _ in 0..3_000 {
            let markup: String = (0..40)
                .map(|_| {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    PIECES[(random >> 33) as usize % PIECES.len()]
                })
                .collect();
            let whole = read(&markup, HiddenText::Skip);
            let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
            feed_shortened(&tokenizer, &tokenizer.sink.progress, &markup, 0);
            tokenizer.end();
            let shortened = tokenizer.sink.builder.into_inner().into_page();
            assert_eq!(
                (lines(&shortened), &shortened.window_title),
                (lines(&whole), &whole.window_title),
                "{markup}"
            );
        }
    }

    #[test]
    fn attributes_over_the_limit_are_left_out_and_text_is_kept() {
        let attributes: String = (0..=MAX_ATTRIBUTES).map(|i| format!(" a{i}='>'")).collect();
        let tag = format!("<p{attributes} z>");
        let page = read(&format!("{}甲</p>乙", tag.repeat(20)), HiddenText::Skip);
        assert_eq!(lines(&page), ["甲", "乙"]);
    }
}
