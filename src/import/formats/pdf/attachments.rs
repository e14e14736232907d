//! Files inside a PDF: their names.

use lopdf::{Dictionary, Document, decode_text_string};

use crate::import::file_content::FileLink;
use crate::import::formats::pdf::font::{dereference, dictionary_entry};

/// Limit of nodes in the tree of names.
const MAX_NODES: usize = 200;
/// Limit of files.
const MAX_FILES: usize = 100;

/// Names the files inside a document.
pub fn attachment_names(document: &Document) -> Vec<FileLink> {
    let tree = document.catalog().ok().and_then(|catalog| {
        let names = dictionary_entry(document, catalog, b"Names")?.as_dict().ok()?;
        dictionary_entry(document, names, b"EmbeddedFiles")?.as_dict().ok()
    });
    let mut files = Vec::new();
    let mut waiting: Vec<&Dictionary> = tree.into_iter().collect();
    // A node may name itself among its children.
    for _ in 0..MAX_NODES {
        let Some(node) = waiting.pop() else { break };
        let array = |key: &[u8]| dictionary_entry(document, node, key).and_then(|list| list.as_array().ok());
        let below = |key: &[u8]| {
            let objects = array(key).into_iter().flatten().take(MAX_FILES * 2);
            objects.filter_map(|object| dereference(document, object)?.as_dict().ok()).collect::<Vec<_>>()
        };
        let named = below(b"Names").into_iter().filter_map(|entry| file_name(document, entry));
        files.extend(named.map(|text| FileLink { text, href: String::new() }));
        waiting.extend(below(b"Kids"));
        waiting.truncate(MAX_NODES);
    }
    files.truncate(MAX_FILES);
    files
}

fn file_name(document: &Document, file: &Dictionary) -> Option<String> {
    let name = [b"UF".as_slice(), b"F"].into_iter().find_map(|key| dictionary_entry(document, file, key))?;
    decode_text_string(name).ok().filter(|name| !name.trim().is_empty())
}
