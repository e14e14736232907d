//! Masking of private numbers in whatever is logged of a request. Logs mask always, whatever
//! `privacy.mask` says: no log needs a number that a reader typed.

use gongkai_index::official::privacy;

/// Maximal length of a logged text, in characters.
const MAX_CHARS: usize = 512;

/// Masks the private numbers of a text and cuts it to 512 characters.
pub fn masked_text(text: &str) -> String {
    privacy::mask(text).chars().take(MAX_CHARS).collect()
}

/// Decodes the parameters of an address and masks each of them by itself, since a number is no private
/// one to the masker where it touches other characters of an address.
pub fn masked_parameters(query: &str) -> String {
    let mut masked = String::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let separator = if masked.is_empty() { "" } else { "&" };
        let equals = if value.is_empty() { "" } else { "=" };
        masked.extend([separator, &privacy::mask(&name), equals, &privacy::mask(&value)]);
    }
    masked.chars().take(MAX_CHARS).collect()
}

/// Masks the segments of a path. A segment without a private number stays as it was sent.
pub fn masked_path(path: &str) -> String {
    let mask_segment = |segment: &str| {
        // A form's decoder takes a plus for a blank, which a path does not.
        let encoded = segment.replace('+', "%2B");
        let decoded: String =
            form_urlencoded::parse(encoded.replace('=', "%3D").replace('&', "%26").as_bytes())
                .map(|(name, _)| name.into_owned())
                .collect();
        match privacy::find_all(&decoded).is_empty() {
            true => segment.to_owned(),
            false => privacy::mask(&decoded).into_owned(),
        }
    };
    let segments: Vec<String> = path.split('/').map(mask_segment).collect();
    segments.join("/").chars().take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_numbers_in_addresses_are_masked_however_they_are_encoded() {
        assert_eq!(masked_parameters("q=13800138000&page=2&x"), "q=138****8000&page=2&x");
        assert_eq!(
            masked_parameters(
                "q=%E7%94%B5%E8%AF%9D%EF%BC%91%EF%BC%93%EF%BC%98%EF%BC%90%EF%BC%90%EF%BC%91%EF%BC%93%EF%BC%98%EF%BC%90%EF%BC%90%EF%BC%90"
            ),
            "q=电话１３８＊＊＊＊８０００"
        );
        assert_eq!(masked_parameters("q=1%33800138000"), "q=138****8000");
        assert_eq!(masked_parameters("13800138000"), "138****8000", "a name is no better than a value");
        assert_eq!(masked_path("/d/13800138000"), "/d/138****8000");
        assert_eq!(masked_path("/d/a%2Fb+c=d&e"), "/d/a%2Fb+c=d&e");
    }
}
