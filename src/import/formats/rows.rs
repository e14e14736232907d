//! Records from the rows of an export: a row states all fields itself.

use gongkai_index::analysis::radicals::fold_radicals;
use gongkai_index::official::{issuer, region};
use gongkai_index::record::{Attachment, Date, Inference, Kind, Problem, Record};

use crate::import::extraction::labels::Field;
use crate::import::extraction::records::{id_source, record_id};
use crate::import::extraction::{organs, values};

/// Makes a record from a row; `row` names it when no field does.
///
/// # Errors
/// All problems of the row.
pub fn record_from_row(cells: Vec<(Field, String)>, row: &str) -> Result<Record, Vec<Problem>> {
    let mut record = Record::new("", Kind::Document, "");
    let mut problems = Vec::new();
    let mut publisher = None;
    for (field, value) in cells {
        if let Err(reason) = set_field(&mut record, field, &fold_radicals(&value), &mut publisher) {
            problems.push(Problem { field: format!("{field:?}"), reason });
        }
    }
    if let Some(publisher) = publisher.filter(|_| record.issuers.is_empty()) {
        record.issuers = organs::split_organs(&publisher);
    }
    if record.id.is_empty() {
        record.id = record_id(id_source(record.source_url.as_deref(), row), None);
    }
    infer_region(&mut record);
    match record.validated() {
        Ok(record) if problems.is_empty() => Ok(record),
        Ok(_) => Err(problems),
        Err(more) => Err(problems.into_iter().chain(more).collect()),
    }
}

fn set_field(
    record: &mut Record,
    field: Field,
    value: &str,
    publisher: &mut Option<String>,
) -> Result<(), String> {
    let day = |record: &mut Record, name: &str| {
        let stated = values::parse_date(value);
        if let Some(day) = serial_day(value).filter(|_| stated.is_none()) {
            let evidence = value.to_owned();
            record.inferred.insert(name.into(), Inference { from: "serial_number".into(), evidence });
            return Ok(Some(day));
        }
        stated.map(Some).ok_or_else(|| format!("“{value}”不是日期"))
    };
    match field {
        Field::Id => record.id = value.to_owned(),
        Field::Title => record.title = value.split_whitespace().collect::<Vec<_>>().join(" "),
        Field::Body => record.body = value.replace("\r\n", "\n").replace('\r', "\n"),
        Field::DocumentNumber => record.document_number = values::normalise_number(value),
        Field::IndexNumber => record.index_number = Some(value.to_owned()),
        Field::Issuers => record.issuers.extend(organs::split_organs(value)),
        Field::Publisher => *publisher = Some(value.to_owned()),
        Field::Categories => record.categories.extend(values::split_categories(value)),
        Field::Keywords => record.keywords.extend(values::split_values(value)),
        Field::Genre => record.genre = Some(value.to_owned()),
        Field::Region => {
            record.region = Some(region::normalise(value).map_or_else(|| value.to_owned(), str::to_owned))
        }
        Field::SourceName | Field::SiteName => record.source_name = Some(value.to_owned()),
        Field::SourceUrl => record.source_url = Some(value.to_owned()),
        Field::Interprets => record.interprets.push(value.to_owned()),
        Field::Repeals => record.repeals.push(value.to_owned()),
        Field::Amends => record.amends.push(value.to_owned()),
        Field::WrittenOn => record.written_on = day(record, "written_on")?,
        Field::PublishedOn => record.published_on = day(record, "published_on")?,
        Field::EffectiveOn => record.effective_on = day(record, "effective_on")?,
        Field::EndsOn => record.ends_on = day(record, "ends_on")?,
        Field::ValidityPeriod => set_validity_period(record, value),
        Field::Ended => record.validity = values::validity_from_ended(value),
        Field::Validity => {
            record.validity =
                Some(values::parse_validity(value).ok_or_else(|| format!("“{value}”不是时效状态"))?)
        }
        Field::Kind => {
            record.kind = values::parse_kind(value).ok_or_else(|| format!("“{value}”不是记录类型"))?
        }
        Field::Attachments => record.attachments.push(Attachment { name: value.to_owned(), url: None }),
        Field::UpdatedOn | Field::Ignored => {}
    }
    Ok(())
}

/// Reads the number by which Excel counts days, `44260` or `44260.5`, from 1899-12-30 on: the day is
/// inferred, since a workbook may count from 1904.
fn serial_day(value: &str) -> Option<Date> {
    let (days, time) = value.split_once('.').unwrap_or((value, ""));
    let is_number = days.len() == 5 && days.bytes().chain(time.bytes()).all(|b| b.is_ascii_digit());
    let days: i64 = days.parse().ok().filter(|days| is_number && (18_264..=73_050).contains(days))?;
    Date::new(1899, 12, 30).ok()?.checked_add(jiff::Span::new().days(days)).ok()
}

fn set_validity_period(record: &mut Record, value: &str) {
    let period = values::parse_validity_period(value);
    record.effective_on = record.effective_on.or(period.first_day);
    record.ends_on = record.ends_on.or(period.ends_on(record.effective_on));
}

fn infer_region(record: &mut Record) {
    if record.region.is_none()
        && let Some(path) = issuer::region_of(&record.issuers)
    {
        record.region = Some(path.to_owned());
        let evidence = record.issuers.join(" ");
        record.inferred.insert("region".into(), Inference { from: "issuers".into(), evidence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(field: Field, value: &str) -> (Field, String) {
        (field, value.to_owned())
    }

    #[test]
    fn row_becomes_record() {
        let record = record_from_row(
            vec![
                cell(Field::Title, "关于\n收费的通知"),
                cell(Field::Issuers, "民政部国家发展改革委"),
                cell(Field::PublishedOn, "2017/5/15 10:00"),
                cell(Field::Validity, "有效"),
            ],
            "a.csv:2",
        );
        let record = record.unwrap();
        assert_eq!(record.title, "关于 收费的通知");
        assert_eq!(record.issuers.len(), 2);
        assert_eq!(record.published_on.unwrap().to_string(), "2017-05-15");
        assert_eq!(record.id.len(), 20);
    }

    #[test]
    fn row_with_errors_reports_all_of_them() {
        let problems =
            record_from_row(vec![cell(Field::PublishedOn, "昨天"), cell(Field::Validity, "也许")], "a.csv:2")
                .unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
