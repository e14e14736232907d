//! Numbers of articles in all their notations.

/// Parses a whole number in Chinese numerals or digits: `三十八`, `一百零二`, `38`.
pub fn parse_number(text: &str) -> Option<u32> {
    if text.is_empty() || text.chars().count() > 12 {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (mut total, mut digit) = (0_u32, None);
    let mut positional = true;
    for c in text.chars() {
        if let Some(value) = digit_value(c) {
            // 二〇一六: digits in a row are positional.
            digit = Some(if positional { digit.unwrap_or(0) * 10 + value } else { value });
        } else {
            let unit = match c {
                '十' => 10,
                '百' => 100,
                '千' => 1_000,
                _ => return None,
            };
            positional = false;
            total += digit.take().unwrap_or(1) * unit;
        }
    }
    Some(total + digit.unwrap_or(0))
}

fn digit_value(c: char) -> Option<u32> {
    "〇一二三四五六七八九".chars().position(|d| d == c).map(|at| at as u32).or(match c {
        '零' => Some(0),
        '两' => Some(2),
        _ => None,
    })
}

/// Checks if a character can be part of such a number.
pub fn is_numeral_character(c: char) -> bool {
    digit_value(c).is_some() || matches!(c, '十' | '百' | '千') || c.is_ascii_digit()
}

/// Normal form of the article at the start of a text (`第三十八条之一` and `第38条之1` are both
/// `第38条之1`), and its length in bytes.
pub fn article(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix('第')?;
    let digits = rest.find(|c| !is_numeral_character(c))?;
    let number = parse_number(&rest[..digits])?;
    let after = rest[digits..].strip_prefix('条')?;
    let mut length = text.len() - after.len();
    let mut form = format!("第{number}条");
    if let Some(tail) = after.strip_prefix('之') {
        let end = tail.find(|c| !is_numeral_character(c)).unwrap_or(tail.len());
        if let Some(sub) = parse_number(&tail[..end]) {
            form.push_str(&format!("之{sub}"));
            length += '之'.len_utf8() + end;
        }
    }
    Some((form, length))
}

/// Chinese numerals of a number below ten thousand, as articles are numbered: `一千零七十九`, `十二`.
pub fn chinese_numeral(number: u32) -> Option<String> {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    if !(1..10_000).contains(&number) {
        return None;
    }
    let mut text = String::new();
    let mut zero_before = false;
    for (place, unit) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = number / place % 10;
        if digit == 0 {
            zero_before |= !text.is_empty();
            continue;
        }
        if std::mem::take(&mut zero_before) {
            text.push('零');
        }
        // 十二, but 一百一十二.
        if !(digit == 1 && place == 10 && text.is_empty()) {
            text.push(DIGITS[digit as usize]);
        }
        text.push_str(unit);
    }
    Some(text)
}

/// Notations of an article in texts, such as `第1079条` and `第一千零七十九条`; none for other texts.
pub fn article_notations(text: &str) -> Vec<String> {
    let Some((form, _)) = article(text).filter(|(_, length)| *length == text.len()) else {
        return Vec::new();
    };
    let mut numbers = form.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    let chinese = numbers.next().and_then(chinese_numeral).map(|number| format!("第{number}条"));
    let chinese = match numbers.next() {
        None => chinese,
        Some(sub) => chinese.zip(chinese_numeral(sub)).map(|(article, sub)| format!("{article}之{sub}")),
    };
    chinese.into_iter().chain([form]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn article_notations_are_digits_and_numerals() {
        for number in 1..2_000 {
            let numeral = chinese_numeral(number).unwrap_or_default();
            assert_eq!(parse_number(&numeral), Some(number), "{numeral}");
        }
        for (number, numeral) in [
            (10, "十"),
            (12, "十二"),
            (110, "一百一十"),
            (102, "一百零二"),
            (1079, "一千零七十九"),
            (1009, "一千零九"),
        ] {
            assert_eq!(chinese_numeral(number).as_deref(), Some(numeral));
        }
        assert_eq!(article_notations("第1079条"), ["第一千零七十九条", "第1079条"]);
        assert_eq!(article_notations("第十二条之一"), ["第十二条之一", "第12条之1"]);
        assert!(article_notations("第12条例").is_empty() && article_notations("民法典").is_empty());
    }

    #[test]
    fn article_in_any_notation_has_one_form() {
        for (text, number) in [
            ("三十八", 38),
            ("十", 10),
            ("一百零二", 102),
            ("一百一十", 110),
            ("38", 38),
            ("二〇", 20),
            ("一千二百六十", 1260),
        ] {
            assert_eq!(parse_number(text), Some(number), "{text}");
        }
        assert_eq!(parse_number("甲"), None);
        assert_eq!(article("第三十八条之一规定"), Some(("第38条之1".into(), "第三十八条之一".len())));
        assert_eq!(article("第12条"), Some(("第12条".into(), "第12条".len())));
        assert_eq!(article("第三章"), None);
    }
}
