//! Reader for addresses that take a few single-valued parameters.

use crate::api::parameters::reader::MAX_SHOWN_NAME_CHARS;
use crate::problem::{ErrorList, ParameterError};

/// Reads an address that takes only these single-valued parameters.
///
/// # Errors
/// Unknown names and repeated values.
pub fn parse_single_valued<const N: usize>(
    text: &str,
    names: [&str; N],
) -> Result<[Option<String>; N], Vec<ParameterError>> {
    let mut values = [const { None }; N];
    let mut errors = ErrorList::default();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        match names.iter().position(|expected| *expected == name) {
            None => errors.push(|| {
                let shortened: String = name.chars().take(MAX_SHOWN_NAME_CHARS).collect();
                ParameterError::new(&shortened, format!("is unknown; expected {}", names.join(", ")))
                    .with_reader_text("没有这个参数")
            }),
            Some(position) if values[position].is_some() => errors.push(|| {
                ParameterError::new(&name, "is given twice, expected once").with_reader_text("只能给出一次")
            }),
            Some(position) => values[position] = Some(value.into_owned()),
        }
    }
    errors.or_value(values)
}
