//! Feeding of the tokenizer: a limit on the attributes of a tag.
//!
//! The tokenizer compares each attribute of a tag with all before it, so the time for one tag grows
//! with the square of their number. Only attributes are left out, never text.

use std::cell::Cell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TokenSink, Tokenizer};

/// Limit of attributes of one tag; further ones are left out.
pub const MAX_ATTRIBUTES: usize = 500;
/// Size of markup up to which attributes are not counted: no tag of it takes long.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// Names of elements whose content is not markup.
const RAW_NAMES: [&str; 8] = ["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"];

/// Place in the markup that the tokenizer has reached, as far as its tokens show it.
#[derive(Default)]
pub struct Progress {
    /// Set between the tags of an element whose content is not markup.
    pub in_raw_text: Cell<bool>,
    /// Number of comments and document types so far.
    pub declarations: Cell<usize>,
}

/// Gives all markup to the tokenizer, whose sink keeps the progress.
pub fn feed<S: TokenSink>(tokenizer: &Tokenizer<S>, progress: impl Fn(&S) -> &Progress, markup: &str) {
    if markup.len() <= UNCOUNTED_BYTES {
        push(tokenizer, markup);
    } else {
        feed_shortened(tokenizer, progress(&tokenizer.sink), markup, MAX_ATTRIBUTES);
    }
}

fn push<S: TokenSink>(tokenizer: &Tokenizer<S>, piece: &str) {
    let queue = BufferQueue::default();
    // A tendril holds at most 4 GiB; files are limited far below that.
    queue.push_back(StrTendril::from_slice(piece));
    // The tokenizer pauses at scripts and at charset declarations, which do not matter here.
    while !queue.is_empty() {
        let _ = tokenizer.feed(&queue);
    }
}

/// Gives markup to the tokenizer tag by tag, each with so many attributes at most.
pub fn feed_shortened<S: TokenSink>(
    tokenizer: &Tokenizer<S>,
    progress: &Progress,
    markup: &str,
    max_attributes: usize,
) {
    let push = |piece: &str| push(tokenizer, piece);
    // What is between the two is read and not given yet: the tokenizer is slow with many short pieces.
    let (mut given, mut at) = (0, 0);
    while at < markup.len() {
        let rest = &markup[at..];
        match if progress.in_raw_text.get() {
            through_bracket(rest)
        } else {
            next_piece(rest, max_attributes)
        } {
            Piece::Plain(length) => at += length,
            Piece::Raw(length) => {
                at += length;
                push(&markup[given..at]);
                given = at;
            }
            Piece::Shortened { kept, length } => {
                push(&markup[given..at + kept]);
                push(">");
                at += length;
                given = at;
            }
            Piece::Declaration(start) => {
                at += start;
                push(&markup[given..at]);
                given = at;
                let before = progress.declarations.get();
                while at < markup.len() && progress.declarations.get() == before {
                    at += markup[at..].find('>').map_or(markup.len() - at, |bracket| bracket + 1);
                    push(&markup[given..at]);
                    given = at;
                }
            }
        }
    }
    push(&markup[given..]);
}

/// Beginning of the markup that is left, by its lengths in bytes.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Text with the tag behind it.
    Plain(usize),
    /// The same with a tag behind which markup may be no markup, or a part of what is none.
    Raw(usize),
    /// Text with a tag of too many attributes.
    Shortened { kept: usize, length: usize },
    /// Text before a comment or a document type. Its end is where the tokenizer finds it.
    Declaration(usize),
}

/// Takes everything through the next `>`.
fn through_bracket(rest: &str) -> Piece {
    Piece::Raw(rest.find('>').map_or(rest.len(), |at| at + 1))
}

/// Takes text and the tag behind it, as the tokenizer reads them outside scripts.
fn next_piece(rest: &str, max_attributes: usize) -> Piece {
    let bytes = rest.as_bytes();
    let Some(start) = rest.find('<') else { return Piece::Plain(rest.len()) };
    match (bytes.get(start + 1), bytes.get(start + 2)) {
        (Some(first), _) if first.is_ascii_alphabetic() => take_tag(bytes, start, max_attributes),
        (Some(b'/'), Some(first)) if first.is_ascii_alphabetic() => take_tag(bytes, start, max_attributes),
        (Some(b'/'), Some(b'>')) => Piece::Plain(start + 3),
        (Some(b'/' | b'!' | b'?'), _) => Piece::Declaration(start),
        _ => Piece::Plain(start + 1),
    }
}

/// States of the standard's tokenizer within a tag.
enum TagState {
    Name,
    BeforeAttribute,
    AttributeName,
    AfterAttributeName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

fn take_tag(bytes: &[u8], start: usize, max_attributes: usize) -> Piece {
    let (mut state, mut attributes, mut kept) = (TagState::Name, 0, None);
    for (at, byte) in bytes.iter().copied().enumerate().skip(start + 2) {
        let is_space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
        let is_quoted = matches!(state, TagState::Quoted(_));
        if byte == b'>' && !is_quoted {
            return end_piece(bytes, start, kept, at + 1);
        }
        let begins_attribute = !is_space
            && match state {
                TagState::BeforeAttribute => byte != b'/',
                TagState::AfterAttributeName => !matches!(byte, b'/' | b'='),
                _ => false,
            };
        if begins_attribute {
            attributes += 1;
            if attributes == max_attributes + 1 {
                kept = Some(at);
            }
        }
        state = match (state, byte) {
            _ if begins_attribute => TagState::AttributeName,
            (TagState::Name, b'/') => TagState::BeforeAttribute,
            (TagState::Name | TagState::Unquoted, _) if is_space => TagState::BeforeAttribute,
            (TagState::AttributeName | TagState::AfterAttributeName, b'/') => TagState::BeforeAttribute,
            (TagState::AttributeName | TagState::AfterAttributeName, b'=') => TagState::BeforeValue,
            (TagState::AttributeName, _) if is_space => TagState::AfterAttributeName,
            (TagState::BeforeValue, b'"' | b'\'') => TagState::Quoted(byte),
            (TagState::BeforeValue, _) if !is_space => TagState::Unquoted,
            (TagState::Quoted(quote), _) if byte == quote => TagState::BeforeAttribute,
            (state, _) => state,
        };
    }
    end_piece(bytes, start, kept, bytes.len())
}

fn end_piece(bytes: &[u8], start: usize, kept: Option<usize>, length: usize) -> Piece {
    let name = &bytes[start + 1..];
    let is_raw =
        |raw: &&str| name.len() >= raw.len() && name[..raw.len()].eq_ignore_ascii_case(raw.as_bytes());
    match kept {
        Some(kept) => Piece::Shortened { kept, length },
        None if RAW_NAMES.iter().any(is_raw) => Piece::Raw(length),
        None => Piece::Plain(length),
    }
}
