//! OFD files (GB/T 33190): the text of each page in page order, with templates, composite objects,
//! annotations and the names of attachments.

mod content;
mod outline;
mod positions;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::import::file_content::{FileContent, FileLink, TitleCandidate, TitlePlace};
use crate::import::formats::ofd::content::{ContentReader, Piece, Units, place_pieces};
use crate::import::formats::ofd::outline::{DocumentOutline, OfdIndex, read_locations};
use crate::import::formats::package::Package;
use crate::import::formats::page_layout::{TextPage, assemble_pages};
use crate::import::read_error::ReadError;

/// Limit of pages that are read.
const MAX_PAGES: usize = 5_000;

/// Reads an OFD file.
///
/// # Errors
/// The file is damaged, or no OFD file.
pub fn read(bytes: &[u8]) -> Result<FileContent, ReadError> {
    let mut package = Package::open(bytes)?;
    let entry = OfdIndex::read(&package.read_named("OFD.xml")?)?;
    let (mut pages, mut files) = (Vec::new(), Vec::new());
    for root in &entry.roots {
        let outline = DocumentOutline::read(&package.read_named(root)?)?;
        let mut document = DocumentReader::new(&mut package, root, &outline);
        for page in outline.pages.iter().take(MAX_PAGES) {
            pages.push(document.read_page(page)?);
        }
        files.extend(document.attachment_names());
    }
    if is_unreadable(&pages) {
        pages.clear();
    }
    let mut content = assemble_pages(pages);
    content.files = files;
    // Titles in the metadata are often those of a form that was filled in: the text decides.
    if let Some(title) = entry.title.filter(|title| title.chars().count() >= 4)
        && content.blocks.iter().any(|block| block.text.contains(&title))
    {
        content.titles.push(TitleCandidate { place: TitlePlace::Heading, text: title });
    }
    Ok(content)
}

/// Recognises a text whose characters are mostly numbers of glyphs, which only its fonts can show.
fn is_unreadable(pages: &[TextPage]) -> bool {
    let (mut known, mut unknown) = (0_usize, 0_usize);
    let runs = pages.iter().flat_map(|page| &page.runs);
    for c in runs.flat_map(|run| run.text.chars()).filter(|c| !c.is_whitespace()) {
        match c {
            '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '\u{f0000}'.. => unknown += 1,
            _ => known += 1,
        }
    }
    unknown > known
}

/// Reader of one document of the file.
struct DocumentReader<'a, 'p> {
    package: &'a mut Package<'p>,
    root: &'a str,
    outline: &'a DocumentOutline,
    units: Units,
    /// Files with annotations by the id of their page.
    annotations: HashMap<String, String>,
    /// Templates that were read: their text stands once, on the first page that has it.
    used_templates: HashSet<String>,
}

impl<'a, 'p> DocumentReader<'a, 'p> {
    fn new(package: &'a mut Package<'p>, root: &'a str, outline: &'a DocumentOutline) -> Self {
        let mut reader = Self {
            package,
            root,
            outline,
            units: Units::default(),
            annotations: HashMap::new(),
            used_templates: HashSet::new(),
        };
        for location in &outline.resources {
            reader.read_units(&resolve_location(root, location));
        }
        reader.annotations = reader.find_annotations().unwrap_or_default();
        reader
    }

    fn read_page(&mut self, page: &outline::PageEntry) -> Result<TextPage, ReadError> {
        let location = resolve_location(self.root, &page.location);
        let content = ContentReader::read(&self.package.read_named(&location)?)?;
        for resource in &content.resources {
            self.read_units(&resolve_location(&location, resource));
        }
        let mut layers = Vec::new();
        for template in content.templates.iter().filter(|id| !self.used_templates.contains(*id)) {
            layers.extend(self.outline.templates.get(template).map(|at| resolve_location(self.root, at)));
        }
        self.used_templates.extend(content.templates.iter().cloned());
        layers.extend(self.annotations.get(&page.id).cloned());
        let area = content.area.unwrap_or(self.outline.page_area);
        let mut read = vec![content];
        // A layer that is missing or damaged costs nothing but its own text.
        read.extend(layers.iter().filter_map(|at| self.read_layer(at)));
        let mut out = TextPage::default();
        for layer in read {
            out.picture_share += layer.picture_area / area;
            self.place_layer(layer.pieces, &mut out);
            out.removed.extend(layer.removed);
        }
        Ok(out)
    }

    fn read_layer(&mut self, location: &str) -> Option<ContentReader> {
        ContentReader::read(&self.package.read_named(location).ok()?).ok()
    }

    fn place_layer(&self, pieces: Vec<Piece>, out: &mut TextPage) {
        place_pieces(pieces, &self.units, &mut out.runs);
    }

    fn read_units(&mut self, location: &str) {
        if let Some(resource) = self.read_layer(location) {
            self.units.extend(resource.units);
        }
    }

    fn find_annotations(&mut self) -> Option<HashMap<String, String>> {
        let list = resolve_location(self.root, self.outline.annotations.as_deref()?);
        let entries = read_locations(&self.package.read_named(&list).ok()?, "Page", "PageID");
        Some(entries.into_iter().map(|(page, at)| (page, resolve_location(&list, &at))).collect())
    }

    /// Names the files inside the file.
    fn attachment_names(&mut self) -> Vec<FileLink> {
        let Some(location) = &self.outline.attachments else { return Vec::new() };
        let list = resolve_location(self.root, location);
        let Ok(bytes) = self.package.read_named(&list) else { return Vec::new() };
        let entries = read_locations(&bytes, "Attachment", "Name").into_iter();
        let named = entries.map(|(name, at)| {
            let file = at.rsplit('/').next().unwrap_or_default().to_owned();
            FileLink { text: if name.is_empty() { file } else { name }, href: String::new() }
        });
        named.filter(|file| !file.text.is_empty()).take(100).collect()
    }
}

/// Resolves a location relative to the file that names it; one that begins with `/` is absolute in the package.
fn resolve_location(file: &str, location: &str) -> String {
    if location.starts_with('/') {
        return location.to_owned();
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in location.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}
