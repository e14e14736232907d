//! Boxes of pages.

use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::import::formats::pdf::font::{dereference, dictionary_entry};

/// Area of A4 in square points, for pages without a usable box.
const USUAL_AREA: f32 = 595.0 * 842.0;
/// Depth limit of the tree of pages.
const MAX_PARENTS: usize = 16;

/// Area of a page in square points.
pub fn page_area(document: &Document, page: ObjectId) -> f32 {
    let mut node = document.get_dictionary(page).ok();
    for _ in 0..MAX_PARENTS {
        let Some(dictionary) = node else { break };
        if let Some(area) = box_area(document, dictionary) {
            return area;
        }
        node = dictionary_entry(document, dictionary, b"Parent").and_then(|parent| parent.as_dict().ok());
    }
    USUAL_AREA
}

fn box_area(document: &Document, dictionary: &Dictionary) -> Option<f32> {
    let edges = dictionary_entry(document, dictionary, b"MediaBox")?.as_array().ok()?;
    let number = |edge: &Object| dereference(document, edge)?.as_float().ok();
    let edges: Vec<f32> = edges.iter().filter_map(number).collect();
    let [left, low, right, high] = edges.as_slice() else { return None };
    let area = ((right - left) * (high - low)).abs();
    (area.is_finite() && area > 1.0).then_some(area)
}
