//! Number formats of Word (ST_NumberFormat) that Chinese documents use.

/// Largest number of the enclosed characters ①, ⑴, ⒈.
const MAX_ENCLOSED: u32 = 20;

/// Writes a number in a format; an unknown one is written in Arabic digits.
pub fn write_number(number: u32, format: &str) -> String {
    match format {
        "none" => String::new(),
        "decimalZero" => format!("{number:02}"),
        "upperRoman" => write_roman(number),
        "lowerRoman" => write_roman(number).to_lowercase(),
        "upperLetter" => write_letter(number, 'A'),
        "lowerLetter" => write_letter(number, 'a'),
        "chineseCounting"
        | "chineseCountingThousand"
        | "japaneseCounting"
        | "koreanCounting"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand" => write_chinese(
            number,
            &["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"],
            &["", "十", "百", "千"],
        ),
        "chineseLegalSimplified" => write_chinese(
            number,
            &["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"],
            &["", "拾", "佰", "仟"],
        ),
        "ideographLegalTraditional" => write_chinese(
            number,
            &["零", "壹", "貳", "參", "肆", "伍", "陸", "柒", "捌", "玖"],
            &["", "拾", "佰", "仟"],
        ),
        "ideographDigital" | "japaneseDigitalTenThousand" | "taiwaneseDigital" | "koreanDigital2" => {
            let digits: Vec<char> = "〇一二三四五六七八九".chars().collect();
            let written = number.to_string();
            written.chars().filter_map(|c| digits.get(c.to_digit(10)? as usize)).collect()
        }
        "ideographTraditional" => pick(number, "甲乙丙丁戊己庚辛壬癸"),
        "ideographZodiac" => pick(number, "子丑寅卯辰巳午未申酉戌亥"),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => enclosed(number, '①'),
        "decimalEnclosedParen" => enclosed(number, '⑴'),
        "decimalEnclosedFullstop" => enclosed(number, '⒈'),
        "decimalFullWidth" | "decimalFullWidth2" => {
            number.to_string().chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect()
        }
        _ => number.to_string(),
    }
}

/// Writes a number of up to four digits with its units; a larger one in Arabic digits.
fn write_chinese(number: u32, digits: &[&str; 10], units: &[&str; 4]) -> String {
    if number >= 10_000 {
        return number.to_string();
    }
    if number == 0 {
        return digits[0].to_owned();
    }
    let zero = if digits[0] == "〇" { "零" } else { digits[0] };
    let written = number.to_string();
    let mut out = String::new();
    let mut skipped = false;
    for (i, c) in written.chars().enumerate() {
        let digit = c.to_digit(10).unwrap_or_default() as usize;
        if digit == 0 {
            skipped = true;
            continue;
        }
        if skipped {
            out.push_str(zero);
            skipped = false;
        }
        let unit = units[written.len() - 1 - i];
        // 10 to 19 are 十 to 十九; in the forms of accounts the one is written.
        if !(digit == 1 && unit == "十" && out.is_empty()) {
            out.push_str(digits[digit]);
        }
        out.push_str(unit);
    }
    out
}

fn write_roman(number: u32) -> String {
    const PARTS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if number >= 4000 {
        return number.to_string();
    }
    let (mut left, mut out) = (number, String::new());
    for (value, letters) in PARTS {
        while left >= value {
            out.push_str(letters);
            left -= value;
        }
    }
    out
}

/// Writes a to z, then aa, bb and on.
fn write_letter(number: u32, first: char) -> String {
    if number == 0 || number > 26 * 20 {
        return number.to_string();
    }
    let letter = char::from_u32(u32::from(first) + (number - 1) % 26).unwrap_or(first);
    std::iter::repeat_n(letter, ((number - 1) / 26 + 1) as usize).collect()
}

fn pick(number: u32, characters: &str) -> String {
    let at = (number as usize).checked_sub(1);
    at.and_then(|at| characters.chars().nth(at)).map_or_else(|| number.to_string(), String::from)
}

fn enclosed(number: u32, first: char) -> String {
    let is_enclosed = (1..=MAX_ENCLOSED).contains(&number);
    let c = is_enclosed.then(|| char::from_u32(u32::from(first) + number - 1)).flatten();
    c.map_or_else(|| number.to_string(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_number_in_formats_of_chinese_documents() {
        for (number, format, expected) in [
            (1, "chineseCounting", "一"),
            (10, "chineseCountingThousand", "十"),
            (21, "japaneseCounting", "二十一"),
            (101, "chineseCountingThousand", "一百零一"),
            (110, "chineseCountingThousand", "一百一十"),
            (12, "chineseLegalSimplified", "壹拾贰"),
            (3, "ideographTraditional", "丙"),
            (2, "decimalEnclosedCircle", "②"),
            (21, "decimalEnclosedCircle", "21"),
            (14, "lowerRoman", "xiv"),
            (28, "lowerLetter", "bb"),
            (7, "decimalFullWidth", "７"),
            (9, "decimalZero", "09"),
            (5, "decimal", "5"),
        ] {
            assert_eq!(write_number(number, format), expected, "{format}");
        }
    }
}
