//! Files that a page offers: by the end of an address, the words of a link, the query of an address,
//! and viewers that show a file in the page.

use html5ever::local_name;
use html5ever::tokenizer::Tag;

/// Endings of files that portals attach.
const FILE_ENDINGS: [&str; 17] = [
    "pdf", "doc", "docx", "wps", "xls", "xlsx", "et", "ppt", "pptx", "dps", "ofd", "zip", "rar", "7z", "txt",
    "rtf", "csv",
];
/// Endings of files that a page shows instead of a text.
const SHOWN_ENDINGS: [&str; 8] = ["pdf", "ofd", "doc", "docx", "wps", "xls", "xlsx", "rtf"];

/// Finds the address of the file that a link offers; empty if only a script knows it. None for a link to
/// something else.
pub fn linked_file(href: &str, on_click: &str, words: &str) -> Option<String> {
    let href = href.trim();
    let by_script = href.is_empty()
        || href.starts_with('#')
        || href.get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case("javascript:"));
    if by_script {
        let called = quoted_file(href).or_else(|| quoted_file(on_click));
        let named = || ends_as_file(words, &FILE_ENDINGS).then(String::new);
        return called.or_else(named);
    }
    let (path, query) = split_address(href);
    let is_file = ends_as_file(path, &FILE_ENDINGS)
        || query_values(query).any(|value| ends_as_file(value, &FILE_ENDINGS))
        || ends_as_file(words, &FILE_ENDINGS)
        || words.trim_start().starts_with("附件") && names_download(path);
    is_file.then(|| href.to_owned())
}

/// Finds the file that an element shows in the page: `<embed src>`, `<object data>`, or a viewer in an
/// `<iframe>` with the file in its query.
pub fn shown_file(tag: &Tag) -> Option<String> {
    let value = |name: &str| tag.attrs.iter().find(|a| &*a.name.local == name).map(|a| a.value.trim());
    let address = match tag.name {
        local_name!("embed") | local_name!("iframe") => value("src")?,
        local_name!("object") => value("data")?,
        _ => return None,
    };
    let (path, query) = split_address(address);
    if ends_as_file(path, &SHOWN_ENDINGS) {
        return Some(address.to_owned());
    }
    let shown = query_values(query).map(decode_percents).find(|value| {
        let path = split_address(value).0;
        ends_as_file(path, &SHOWN_ENDINGS)
    });
    let typed = || {
        let kind = value("type").unwrap_or_default();
        kind.eq_ignore_ascii_case("application/pdf").then(|| address.to_owned())
    };
    shown.or_else(typed).filter(|address| !address.is_empty())
}

/// Splits an address into path and query.
fn split_address(address: &str) -> (&str, &str) {
    let address = address.split('#').next().unwrap_or(address);
    address.split_once('?').unwrap_or((address, ""))
}

fn query_values(query: &str) -> impl Iterator<Item = &str> {
    query.split(['&', ';']).filter_map(|pair| Some(pair.split_once('=')?.1))
}

/// Recognises a name with the ending of a file, also with its size or a note behind it: `目录.doc（23KB）`.
fn ends_as_file(name: &str, endings: &[&str]) -> bool {
    let name = name.trim().trim_end_matches(['】', '》', '”', '"', ']']);
    let bare = match name.rfind(['（', '(']) {
        Some(open) if name.ends_with(['）', ')']) => name[..open].trim_end(),
        _ => name,
    };
    [name, bare].iter().any(|name| {
        name.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty() && endings.iter().any(|known| ending.eq_ignore_ascii_case(known))
        })
    })
}

/// Recognises the path of a program that hands out files.
fn names_download(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["download", "downfile", "attach", "fileserver", "getfile"].iter().any(|word| path.contains(word))
}

/// Finds a file in the quoted arguments of a script.
fn quoted_file(script: &str) -> Option<String> {
    let quoted = script.split(['\'', '"']).skip(1).step_by(2);
    let is_file = |text: &&str| {
        let (path, query) = split_address(text);
        ends_as_file(path, &FILE_ENDINGS)
            || query_values(query).any(|value| ends_as_file(value, &FILE_ENDINGS))
    };
    quoted.into_iter().find(is_file).map(str::to_owned)
}

/// Decodes `%2F` and the like; what is no UTF-8 then stays as it is.
fn decode_percents(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = value.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_file_is_known_by_address_query_words_and_script() {
        for (href, click, words, expected) in [
            ("./P020.pdf", "", "", Some("./P020.pdf")),
            ("/a/1.docx?v=1", "", "收费标准", Some("/a/1.docx?v=1")),
            ("/down.jsp?id=1&filename=x.DOC", "", "目录", Some("/down.jsp?id=1&filename=x.DOC")),
            ("/downloadFile?id=9", "", "收费标准.xlsx（23KB）", Some("/downloadFile?id=9")),
            (
                "/system/download.jsp?wbfileid=5",
                "",
                "附件1：任务分工表",
                Some("/system/download.jsp?wbfileid=5"),
            ),
            ("javascript:void(0)", "down('x.pdf')", "方案", Some("x.pdf")),
            ("javascript:;", "down(7)", "方案.pdf", Some("")),
            ("/download/app", "", "下载客户端", None),
            ("/index.html", "", "附件", None),
            ("http://www.x.example", "", "某网", None),
            ("javascript:top()", "", "返回", None),
        ] {
            assert_eq!(linked_file(href, click, words).as_deref(), expected, "{href} {words}");
        }
    }
}
