//! Checks that a run of digits is the private number that its length suggests.

use jiff::civil::Date;

/// Codes of the provinces at the start of identity numbers.
const PROVINCE_CODES: [u8; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65, 71, 81, 82,
];
/// Weights of the first seventeen digits (GB 11643).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the remainder of the weighted sum.
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";
/// Labels of codes that happen to have eleven digits.
const CODE_LABELS: [&str; 9] = ["编号", "代码", "账号", "帐号", "单号", "文号", "备案", "许可证", "案号"];

/// Recognises an identity number of eighteen characters: province, day of birth, check character.
pub(super) fn is_identity_number(number: &str) -> bool {
    let bytes = number.as_bytes();
    let Some((seventeen, [last])) = bytes.split_at_checked(17) else { return false };
    let sum: u32 =
        seventeen.iter().zip(WEIGHTS).map(|(b, weight)| u32::from(b.wrapping_sub(b'0')) * weight).sum();
    has_province_code(number)
        && is_birth_date(number.get(6..14))
        && CHECK_CHARACTERS[(sum % 11) as usize] == *last
}

/// Recognises an identity number of fifteen digits, as issued before 1999.
pub(super) fn is_old_identity_number(number: &str) -> bool {
    let day = number.get(6..12).map(|day| format!("19{day}"));
    has_province_code(number) && is_birth_date(day.as_deref())
}

fn has_province_code(number: &str) -> bool {
    number.get(..2).and_then(|code| code.parse().ok()).is_some_and(|code| PROVINCE_CODES.contains(&code))
}

fn is_birth_date(day: Option<&str>) -> bool {
    let Some(day) = day else { return false };
    let part = |range: std::ops::Range<usize>| day.get(range).and_then(|text| text.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(4..6), part(6..8)) else { return false };
    let date =
        i8::try_from(month).ok().zip(i8::try_from(day).ok()).and_then(|(m, d)| Date::new(year, m, d).ok());
    (1890..2100).contains(&year) && date.is_some()
}

/// Recognises a mobile number that is not a part of something longer, an amount or a code.
pub(super) fn is_mobile_number(number: &str, before: &str, after: Option<char>, label: &str) -> bool {
    let shaped =
        number.starts_with('1') && number.as_bytes().get(1).is_some_and(|b| (b'3'..=b'9').contains(b));
    let amount = after.is_some_and(|c| "元万亿吨公米平亩户个次条%％号字".contains(c));
    let continued = before.ends_with(['-', '－', '—', '〕', ']', '¥', '￥', '*', '第'])
        || after.is_some_and(|c| "*.".contains(c));
    let code = CODE_LABELS.iter().any(|word| {
        let rest = label.rfind(word).map(|offset| &label[offset + word.len()..]);
        rest.is_some_and(|rest| rest.chars().all(|c| " ：:（）()为是".contains(c)))
    });
    shaped && !amount && !continued && !code
}

/// Recognises a card number: Luhn's check digit, and an issuer that gives numbers of that length.
/// Prefixes that ordinary numbers have too need a label.
pub(super) fn is_bank_card(number: &str, label: &str) -> bool {
    let length = number.len();
    let labelled =
        ["卡号", "银行卡", "账号", "帐号", "账户", "开户", "一卡通"].iter().any(|word| label.contains(word));
    let sure = number.starts_with("62")
        || length == 19 && number.starts_with("9558")
        || length == 19 && number.starts_with("6013");
    let sixteen = length == 16 && ["4", "5", "35"].iter().any(|prefix| number.starts_with(prefix));
    let likely = sixteen || ["60", "9", "103"].iter().any(|prefix| number.starts_with(prefix));
    passes_luhn(number) && (sure || likely && labelled)
}

fn passes_luhn(number: &str) -> bool {
    let digits = number.bytes().rev().map(|b| u32::from(b.wrapping_sub(b'0')));
    let all_digits = number.bytes().all(|b| b.is_ascii_digit());
    let varied = number.bytes().any(|b| Some(b) != number.bytes().next());
    let weighed = digits.enumerate().map(|(i, d)| if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 });
    all_digits && varied && weighed.sum::<u32>() % 10 == 0
}
