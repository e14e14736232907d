//! Values of a record from the words in which sources state them.

use gongkai_index::official::{category, date, document_number};
use gongkai_index::record::{Date, Kind, Validity};

/// Parses a date with or without a time of day.
pub fn parse_date(value: &str) -> Option<Date> {
    let value = value.trim();
    date::parse(value).or_else(|| date::find_all(value).into_iter().next().map(|found| found.date))
}

/// Normalises a document number; one that cannot be parsed stays as it is.
pub fn normalise_number(value: &str) -> Option<String> {
    let value = value.trim().trim_matches(['（', '）', '(', ')', '【', '】']).trim();
    if !is_stated(value) || value.chars().count() > 100 {
        return None;
    }
    // `甲政办发201756号` may be read in two ways: it stays as it was published.
    if document_number::candidates(value).len() > 1 {
        return Some(value.to_owned());
    }
    if let Some(number) = document_number::parse(value) {
        return Some(number.to_string());
    }
    let found = document_number::find_all(value);
    match found.as_slice() {
        [first, rest @ ..]
            if rest.is_empty() && first.range.len() * 10 >= value.len() * 6 || first.range.start == 0 =>
        {
            // The first of several organs' numbers is the leading organ's.
            Some(first.number.to_string())
        }
        _ => value.chars().any(|c| c.is_ascii_digit()).then(|| value.to_owned()),
    }
}

/// Recognises a real value: sites fill unknown ones with `无`, `暂无`, `--`.
pub fn is_stated(value: &str) -> bool {
    let value = value.trim();
    !value.is_empty()
        && !matches!(value, "无" | "暂无" | "空" | "其他" | "null" | "NULL" | "undefined" | "/")
        && value.chars().any(char::is_alphanumeric)
}

/// Words that sites use for each validity status.
const VALIDITY_WORDS: &[(Validity, &[&str])] = &[
    (
        Validity::Repealed,
        &["失效", "已失效", "废止", "已废止", "无效", "全文废止", "全文失效", "宣布失效", "否", "repealed"],
    ),
    (Validity::Expired, &["过期", "已过期", "已到期", "expired"]),
    (
        Validity::NotYetEffective,
        &["尚未生效", "尚未施行", "未生效", "未施行", "未实施", "即将生效", "not_yet_effective"],
    ),
    (
        Validity::Amended,
        &[
            "已修改",
            "已被修改",
            "已修订",
            "已被修订",
            "部分修改",
            "部分废止",
            "部分失效",
            "修改",
            "部分条款失效",
            "amended",
        ],
    ),
    (
        Validity::InForce,
        &[
            "有效",
            "现行有效",
            "继续有效",
            "现行",
            "生效",
            "已生效",
            "正在执行",
            "是",
            "全文有效",
            "长期有效",
            "in_force",
        ],
    ),
    (Validity::Unknown, &["未知", "unknown"]),
];

/// Parses a validity status with or without a remark: `现行有效（2020年清理）`.
pub fn parse_validity(value: &str) -> Option<Validity> {
    let find_status = |text: &str| {
        let text: String =
            text.chars().filter(|c| !c.is_whitespace() && !"[]【】（）()".contains(*c)).collect();
        VALIDITY_WORDS.iter().find(|(_, words)| words.contains(&text.as_str())).map(|(state, _)| *state)
    };
    let value = value.trim();
    let remark = || {
        value
            .find(['（', '(', '，', ',', '；', ' '])
            .filter(|at| *at > 0)
            .and_then(|at| find_status(&value[..at]))
    };
    find_status(value).or_else(remark)
}

/// Converts an answer to 是否失效.
pub fn validity_from_ended(value: &str) -> Option<Validity> {
    match value.trim() {
        "否" => Some(Validity::InForce),
        "是" => Some(Validity::Repealed),
        _ => None,
    }
}

/// Validity period (有效期) as stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValidityPeriod {
    /// First day.
    pub first_day: Option<Date>,
    /// Last day.
    pub last_day: Option<Date>,
    months: Option<i64>,
}

impl ValidityPeriod {
    /// Returns the first day after the period.
    pub fn ends_on(&self, effective_on: Option<Date>) -> Option<Date> {
        let by_length = || effective_on?.checked_add(jiff::Span::new().months(self.months?)).ok();
        self.last_day.and_then(|last| last.tomorrow().ok()).or_else(by_length)
    }
}

/// Parses `2019-06-01至2024-05-31`, `至2024年5月31日`, `5年`.
pub fn parse_validity_period(value: &str) -> ValidityPeriod {
    let days: Vec<Date> = date::find_all(value).into_iter().map(|found| found.date).collect();
    let number =
        |unit: char| -> Option<i64> { value.trim().strip_suffix(unit)?.trim_end_matches('个').parse().ok() };
    let months = number('年').map(|years| years.saturating_mul(12)).or_else(|| number('月'));
    let months = months.filter(|months| (1..=1200).contains(months));
    match days.as_slice() {
        [from, last, ..] => ValidityPeriod { first_day: Some(*from), last_day: Some(*last), months: None },
        [last] if value.contains(['至', '到', '止']) => {
            ValidityPeriod { first_day: None, last_day: Some(*last), months: None }
        }
        _ => ValidityPeriod { first_day: None, last_day: None, months },
    }
}

/// Parses a kind of record by its name in JSON or in Chinese.
pub fn parse_kind(value: &str) -> Option<Kind> {
    match value.trim() {
        "document" | "公文" | "信息" => Some(Kind::Document),
        "policy" | "政策" | "法规" | "规范性文件" => Some(Kind::Policy),
        "interpretation" | "解读" | "政策解读" => Some(Kind::Interpretation),
        _ => None,
    }
}

/// Splits a list of values.
pub fn split_values(value: &str) -> Vec<String> {
    let parts = value.split(['、', '，', ',', ';', '；']).map(str::trim);
    let mut values: Vec<String> = Vec::new();
    for part in parts.filter(|part| is_stated(part)) {
        if !values.iter().any(|known| known == part) && values.len() < 100 {
            values.push(part.chars().take(400).collect());
        }
    }
    values
}

/// Splits paths of categories at `;`, never at the 、 inside their names.
pub fn split_categories(value: &str) -> Vec<String> {
    let paths = value.split([';', '；', '\n']).map(category::normalise);
    let mut values: Vec<String> = Vec::new();
    for path in paths.filter(|path| is_stated(path) && path.chars().count() <= 200) {
        if !values.contains(&path) && values.len() < 20 {
            values.push(path);
        }
    }
    values
}

/// Finds the date in the path of an address: `/2018-03/06/`, `t20180306_1.html`.
pub fn date_in_address(address: &str) -> Option<(Date, &str)> {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = &path[path.find('/')?..];
    let mut at = 0;
    while let Some(found) = path[at..].find("20") {
        let start = at + found;
        let end = path[start..]
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '/' | '-'))
            .map_or(path.len(), |end| start + end);
        let digits: String = path[start..end].chars().filter(char::is_ascii_digit).take(8).collect();
        let free = !path[..start].ends_with(|c: char| c.is_ascii_digit());
        if free
            && digits.len() == 8
            && let Some(date) = date::parse(&digits)
        {
            return Some((date, &path[start..end]));
        }
        at = start + 2;
    }
    None
}

/// Resolves the address of a link on a page.
pub fn resolve_link(page: Option<&str>, href: &str) -> String {
    if href.contains("://") {
        return href.to_owned();
    }
    let Some((scheme, rest)) = page.and_then(|page| page.split_once("://")) else { return href.to_owned() };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some(rest) = href.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let folder = if href.starts_with('/') {
        ""
    } else {
        path.split(['?', '#']).next().unwrap_or_default().rsplit_once('/').map_or("", |(folder, _)| folder)
    };
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in href.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    format!("{scheme}://{host}/{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_values_are_parsed() {
        assert_eq!(parse_date("2018-03-06 10:41").unwrap().to_string(), "2018-03-06");
        assert_eq!(parse_date("2018年3月6日").unwrap().to_string(), "2018-03-06");
        assert_eq!(normalise_number("市委办发[2007]138号").as_deref(), Some("市委办发〔2007〕138号"));
        assert_eq!(normalise_number("无"), None);
        assert_eq!(parse_validity("【现行有效】"), Some(Validity::InForce));
        assert_eq!(parse_validity("继续有效（2020年清理）"), Some(Validity::InForce));
        assert_eq!(parse_validity("有效期五年"), None);
        assert_eq!(
            parse_validity_period("2019-06-01至2024-05-31").ends_on(None).unwrap().to_string(),
            "2024-06-01"
        );
        assert_eq!(
            parse_validity_period("5年").ends_on(parse_date("2019-06-01")).unwrap().to_string(),
            "2024-06-01"
        );
        assert_eq!(split_values("政务公开；信息，政务公开"), ["政务公开", "信息"]);
    }

    #[test]
    fn addresses_give_dates_and_resolve_links() {
        let day = |address| date_in_address(address).map(|(date, _)| date.to_string());
        assert_eq!(day("http://a.gov.cn/art/2018/3/06/x.html"), None);
        assert_eq!(day("http://a.gov.cn/2018-03/06/c_1.htm").as_deref(), Some("2018-03-06"));
        assert_eq!(day("http://a.gov.cn/t20180306_123.html").as_deref(), Some("2018-03-06"));
        assert_eq!(resolve_link(Some("http://a.gov.cn/x/y.html"), "../f/P1.pdf"), "http://a.gov.cn/f/P1.pdf");
        assert_eq!(resolve_link(Some("http://a.gov.cn/x/y.html"), "./P1.pdf"), "http://a.gov.cn/x/P1.pdf");
        assert_eq!(resolve_link(None, "./P1.pdf"), "./P1.pdf");
    }
}
