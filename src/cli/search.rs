//! `gongkai search QUERY…`: searches on the terminal.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use gongkai_index::Budget;
use gongkai_index::analysis::Analyzer;
use gongkai_index::collection::rewrite::{QueryRewriter, names_of};
use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::parse::QueryParser;

use crate::api::parameters::SearchRequest;
use crate::api::wire::{ExplanationReply, HitReply, SearchReply};
use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::clock::today;
use crate::config::Config;
use crate::labels;
use crate::receipt;
use crate::visible::{self, escape};

/// Arguments of `gongkai search`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Words to search for; -WORD leaves out what contains the word. A word that looks like an option
    /// stands after --, as in `search -- 增长 -GDP`
    #[arg(value_name = "QUERY", value_parser = read_word)]
    query: Vec<String>,
    /// Any parameter of the API, such as `issuer=国务院` or `sort=-published_on`
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Print the API's JSON
    #[arg(long)]
    json: bool,
}

/// Mark before a word that begins with a minus and is no option; no argument can contain it.
const EXCLUSION_MARK: char = '\0';

/// Marks the words of a search that begin with a minus and cannot be options, such as `-收费`, so that
/// they are read as a part of the query.
pub fn protect_exclusions(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let (mut is_search, mut is_ended) = (false, false);
    let protect = |argument: OsString| {
        is_ended |= argument == "--";
        let follows_minus = argument.to_str().and_then(|text| text.strip_prefix('-')?.chars().next());
        let is_exclusion = follows_minus.is_some_and(|c| !c.is_ascii_alphabetic() && c != '-');
        if is_search && !is_ended && is_exclusion {
            let mut marked = OsString::from(EXCLUSION_MARK.to_string());
            marked.push(argument);
            return marked;
        }
        is_search |= argument == "search";
        argument
    };
    arguments.into_iter().map(protect).collect()
}

/// Reads a word of the query, marked or not.
fn read_word(word: &str) -> Result<String, std::convert::Infallible> {
    Ok(word.strip_prefix(EXCLUSION_MARK).unwrap_or(word).to_owned())
}

/// Searches and prints the answer.
///
/// # Errors
/// An index that cannot be opened or read.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let mut given = vec![("q".to_owned(), arguments.query.join(" "))];
    for parameter in &arguments.parameters {
        let Some((name, value)) = parameter.split_once('=') else {
            eprintln!("gongkai: “{parameter}” is no parameter, expected NAME=VALUE");
            return Ok(Outcome::Usage);
        };
        given.push((name.to_owned(), value.to_owned()));
    }
    // Parameters are refused before anything is opened; the names of the lexicon come after that.
    let plain = QueryParser { analyzer: &Analyzer::shared(), names: names_of(None) };
    if let Err(errors) = SearchRequest::from_pairs(given.clone(), &plain, today()) {
        errors.iter().for_each(|e| eprintln!("gongkai: {}: {}", e.parameter, e.reason));
        return Ok(Outcome::Usage);
    }
    anyhow::ensure!(
        config.index_directory().exists(),
        "there is no index in {}; make one with `gongkai index`",
        config.data.display()
    );
    let collection = open(config)?;
    let lexicon = Lexicon::load(&config.typing_file(), collection.generation());
    let request = SearchRequest::from_pairs(given, &collection.parser(lexicon.as_ref()), today())
        .map_err(|errors| anyhow::anyhow!("{}", errors[0].reason))?;
    let reader = match &request.snapshot {
        Some(token) => collection.reader_at(token)?,
        None => collection.reader(),
    };
    let rewriter = QueryRewriter { reader: &reader, lexicon: lexicon.as_ref(), budget: &Budget::default() };
    let answer = rewriter.answer(&request.query, request.mode)?;
    let mut reply = SearchReply::new(&request, &answer, start.elapsed().as_micros() as f64 / 1000.0);
    if request.receipt {
        reply.receipt = Some(receipt::issue_receipt(&collection, &request, &answer, &Budget::default())?);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = if arguments.json {
        let json = serde_json::to_string_pretty(&reply).map_err(io::Error::from);
        json.and_then(|json| writeln!(out, "{}", visible::escape_lines(&json)))
    } else {
        print_reply(&mut out, &reply, io::stdout().is_terminal())
    };
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(Outcome::Done),
    }
}

fn print_reply(out: &mut impl Write, reply: &SearchReply, terminal: bool) -> io::Result<()> {
    if !reply.query.text.is_empty() {
        writeln!(out, "理解为：{}", escape(&reply.query.understood))?;
    }
    for warning in &reply.query.warnings {
        writeln!(out, "注意：{}", escape(&warning.reason))?;
    }
    for correction in &reply.query.corrections {
        writeln!(
            out,
            "已检索“{}”，原词：{}（--param mode=literal 只按原词）",
            escape(&correction.to),
            escape(&correction.from)
        )?;
    }
    for expansion in &reply.query.expansions {
        writeln!(out, "同时检索：{} → {}", escape(&expansion.from), escape(&expansion.to))?;
    }
    for preference in &reply.query.preferences {
        let wish = labels::preference(preference.kind, &preference.value);
        let (wish, text) = (escape(&wish), escape(&preference.text));
        writeln!(out, "优先排列：{wish}（--param ignore={text} 取消）")?;
    }
    for near in &reply.query.near {
        let [missing, number, title, id] =
            [&near.missing, &near.document_number, &near.title, &near.id].map(|text| escape(text));
        writeln!(out, "没有收录“{missing}”，相近的有：{number} {title} {id}")?;
    }
    writeln!(out, "共 {} 条", labels::grouped_number(reply.total))?;
    for (hit, number) in reply.hits.iter().zip(1..) {
        writeln!(out)?;
        print_hit(out, hit, number, terminal)?;
    }
    Ok(())
}

fn print_hit(out: &mut impl Write, hit: &HitReply, number: usize, terminal: bool) -> io::Result<()> {
    let title = hit.highlights.as_ref().map_or(hit.title.as_str(), |h| &h.title);
    writeln!(out, "{number:>3}. {}", to_plain_text(title, terminal))?;
    let mut facts = vec![labels::record_kind(hit.kind).to_owned(), labels::validity(hit.validity).to_owned()];
    facts.extend(hit.document_number.clone());
    facts.extend(hit.issuers.iter().cloned());
    facts.extend(hit.published_on.map(|date| date.to_string()));
    writeln!(out, "     {}", escape(&facts.join(" · ")))?;
    for snippet in hit.highlights.iter().flat_map(|h| &h.body) {
        let text = to_plain_text(&snippet.html, terminal);
        // A snippet that begins with its article needs no label.
        let needs_label = |section: &&String| {
            !to_plain_text(&snippet.html, false).trim_start_matches(['…', ' ']).starts_with(section.as_str())
        };
        let section = snippet
            .section
            .as_ref()
            .filter(needs_label)
            .map(|s| format!("[{}] ", escape(s)))
            .unwrap_or_default();
        writeln!(out, "     {section}{text}")?;
    }
    let why: Vec<String> = hit.why.iter().filter_map(|reason| labels::match_reason(reason)).collect();
    if !why.is_empty() {
        writeln!(out, "     {}", to_plain_text(&why.join("；"), false))?;
    }
    if let Some(explanation) = &hit.explanation {
        print_explanation(out, explanation)?;
    }
    writeln!(out, "     {}", escape(&hit.id))
}

fn print_explanation(out: &mut impl Write, explanation: &ExplanationReply) -> io::Result<()> {
    for term in &explanation.terms {
        writeln!(
            out,
            "     {:>8.3}  {} in {} ({}), {} times, idf {:.2}, weight {:.2}",
            term.adds,
            to_plain_text(&term.text, false),
            term.field,
            term.stream,
            term.frequency,
            term.idf,
            term.weight
        )?;
    }
    if let Some(rest) = explanation.rest {
        writeln!(out, "     {rest:>8.3}  other terms together")?;
    }
    for (name, factor) in &explanation.factors {
        writeln!(out, "     {factor:>8.3}× {name}")?;
    }
    writeln!(out, "     {:>8.3}  named outright", explanation.boost)
}

/// Converts highlighted HTML to text: bold on a terminal, plain elsewhere. Hidden characters of the
/// text itself are made visible.
fn to_plain_text(html: &str, terminal: bool) -> String {
    let (on, off) = if terminal { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let marked = escape(html).replace("<mark>", on).replace("</mark>", off);
    let unescaped =
        marked.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    unescaped.replace("&amp;", "&")
}
