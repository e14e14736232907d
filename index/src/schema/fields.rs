//! FIELDS: one row per field of a record that the index uses.
//!
//! Every backend derives its schema from these rows; the API names of filters,
//! facets, prefixes and sort keys are defined only here.

use std::borrow::Cow;

use crate::record::{Date, Record};
use crate::schema::issuer_name::issuer_key;

/// A text that can be searched by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextField {
    /// `标题:`
    Title,
    /// `正文:`
    Body,
    /// `发布机构:`
    Issuers,
    /// `文号:`
    Number,
    /// `索引号:`
    IndexNumber,
    /// Keywords: searched with the rest, without a prefix of their own.
    Keywords,
}

/// A facet: counted over the matches, and a filter by the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    /// Kind: document, policy, interpretation.
    Kind,
    /// 发布机构.
    Issuer,
    /// 主题分类, a path.
    Category,
    /// 地区, a path.
    Region,
    /// 时效性, computed for the date of the search.
    Validity,
    /// 文种.
    Genre,
    /// Year of the date field of the search.
    Year,
}

/// A date that can be filtered, counted by year and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum DateField {
    /// 发布日期.
    #[default]
    PublishedOn,
    /// 成文日期.
    WrittenOn,
    /// 施行日期.
    EffectiveOn,
    /// 失效日期: not offered by the API, needed for validity.
    EndsOn,
}

/// Use of a field by the index.
#[derive(Clone, Copy)]
pub enum Use {
    /// Text to search: words and grams.
    Text(TextField, fn(&Record) -> Vec<&str>),
    /// Facet: counted and filtered by whole values. A field may be text as well, in a row of its own.
    Facet(Facet, fn(&Record) -> Vec<&str>),
    /// Date: filtered, counted by year, sorted by.
    Date(DateField, fn(&Record) -> Option<Date>),
}

/// One row of [`FIELDS`].
#[derive(Clone, Copy)]
pub struct Field {
    /// Name in the index and, for facets and dates, in the API.
    pub name: &'static str,
    /// Label for readers.
    pub label: &'static str,
    /// Prefixes before `:` in a query.
    pub prefixes: &'static [&'static str],
    /// Use of the field.
    pub usage: Use,
}

const fn field_row(
    name: &'static str,
    label: &'static str,
    prefixes: &'static [&'static str],
    usage: Use,
) -> Field {
    Field { name, label, prefixes, usage }
}

/// Every field of the index.
pub const FIELDS: &[Field] = &[
    field_row("title", "标题", &["标题", "title"], Use::Text(TextField::Title, |r| vec![&r.title])),
    field_row("body", "正文", &["正文", "body"], Use::Text(TextField::Body, |r| vec![&r.body])),
    field_row(
        "issuers",
        "发布机构",
        &["发布机构", "发文机关", "机构", "issuer"],
        Use::Text(TextField::Issuers, |r| values_of_list(&r.issuers)),
    ),
    field_row(
        "number",
        "文号",
        &["文号", "发文字号", "number"],
        Use::Text(TextField::Number, |r| values_of_option(&r.document_number)),
    ),
    field_row(
        "index_number",
        "索引号",
        &["索引号", "index"],
        Use::Text(TextField::IndexNumber, |r| values_of_option(&r.index_number)),
    ),
    field_row("keywords", "关键词", &[], Use::Text(TextField::Keywords, |r| values_of_list(&r.keywords))),
    field_row("kind", "类型", &[], Use::Facet(Facet::Kind, |r| vec![r.kind.name()])),
    field_row("issuer", "发布机构", &[], Use::Facet(Facet::Issuer, |r| values_of_list(&r.issuers))),
    field_row("category", "主题分类", &[], Use::Facet(Facet::Category, |r| values_of_list(&r.categories))),
    field_row("region", "地区", &[], Use::Facet(Facet::Region, |r| values_of_option(&r.region))),
    field_row(
        "validity",
        "时效性",
        &[],
        Use::Facet(Facet::Validity, |r| r.weighed_validity().map(|v| v.name()).into_iter().collect()),
    ),
    field_row("genre", "文种", &[], Use::Facet(Facet::Genre, |r| values_of_option(&r.genre))),
    field_row("published_on", "发布日期", &[], Use::Date(DateField::PublishedOn, |r| r.published_on)),
    field_row("written_on", "成文日期", &[], Use::Date(DateField::WrittenOn, |r| r.written_on)),
    field_row("effective_on", "施行日期", &[], Use::Date(DateField::EffectiveOn, |r| r.effective_on)),
    field_row("ends_on", "失效日期", &[], Use::Date(DateField::EndsOn, |r| r.ends_on)),
];

fn values_of_list(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

fn values_of_option(value: &Option<String>) -> Vec<&str> {
    value.as_deref().into_iter().collect()
}

impl TextField {
    /// All text fields, the largest first: a match there need not be searched elsewhere.
    pub const ALL: [Self; 6] =
        [Self::Body, Self::Title, Self::Issuers, Self::Number, Self::IndexNumber, Self::Keywords];

    /// Row of the field.
    pub fn field(self) -> &'static Field {
        find_field(|usage| matches!(usage, Use::Text(text, _) if *text == self))
    }

    /// Field for a prefix such as `标题` or `title`.
    pub fn by_prefix(prefix: &str) -> Option<Self> {
        let prefix = prefix.to_ascii_lowercase();
        FIELDS.iter().find_map(|field| match field.usage {
            Use::Text(text, _) if field.prefixes.contains(&prefix.as_str()) => Some(text),
            _ => None,
        })
    }
}

impl Facet {
    /// All facets, in the order of the API documentation.
    pub const ALL: [Self; 7] =
        [Self::Kind, Self::Issuer, Self::Category, Self::Region, Self::Validity, Self::Genre, Self::Year];

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            stored => stored.row().name,
        }
    }

    /// Label for readers.
    pub fn label(self) -> &'static str {
        match self {
            Self::Year => "年份",
            stored => stored.row().label,
        }
    }

    /// Facet with that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.name() == name)
    }

    /// Checks if its values are paths, which match with all paths below them.
    pub fn is_path(self) -> bool {
        matches!(self, Self::Category | Self::Region)
    }

    /// Key of a value: the values of a facet with equal keys are one.
    pub fn value_key(self, value: &str) -> Cow<'_, str> {
        if self == Self::Issuer { Cow::Owned(issuer_key(value)) } else { Cow::Borrowed(value) }
    }

    fn row(self) -> &'static Field {
        find_field(|usage| matches!(usage, Use::Facet(facet, _) if *facet == self))
    }
}

impl DateField {
    /// All date fields.
    pub const ALL: [Self; 4] = [Self::PublishedOn, Self::WrittenOn, Self::EffectiveOn, Self::EndsOn];

    /// Name in the API.
    pub fn name(self) -> &'static str {
        find_field(|usage| matches!(usage, Use::Date(date, _) if *date == self)).name
    }

    /// Date field with that name, among those that a search may use.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().filter(|date| *date != Self::EndsOn).find(|date| date.name() == name)
    }
}

fn find_field(wanted: impl Fn(&Use) -> bool) -> &'static Field {
    // Every variant has a row: the test below walks them all.
    FIELDS.iter().find(|field| wanted(&field.usage)).unwrap_or(&FIELDS[0])
}

/// All paths above a path, itself last: `a/b/c` gives `a`, `a/b`, `a/b/c`.
pub fn path_and_above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(offset, _)| &path[..offset]).chain(std::iter::once(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_one_row_for_every_variant() {
        let mut names: Vec<_> = TextField::ALL.iter().map(|t| t.field().name).collect();
        names.extend(Facet::ALL.iter().filter(|f| **f != Facet::Year).map(|f| f.row().name));
        names.extend(DateField::ALL.iter().map(|d| d.name()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIELDS.len());
        assert_eq!(TextField::by_prefix("标题"), Some(TextField::Title));
        assert_eq!(Facet::by_name("year"), Some(Facet::Year));
        assert_eq!(DateField::by_name("ends_on"), None);
    }

    #[test]
    fn path_and_above_returns_all_ancestors_and_itself() {
        assert_eq!(path_and_above("a/b/c").collect::<Vec<_>>(), ["a", "a/b", "a/b/c"]);
        assert_eq!(path_and_above("a").collect::<Vec<_>>(), ["a"]);
    }
}
