//! Tests of private numbers.

use proptest::prelude::*;

use super::*;

/// Identity number of nobody: a made-up district with a computed check character.
fn identity(seventeen: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = seventeen.bytes().zip(weights).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    format!("{seventeen}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

/// Card number of nobody: the last digit is Luhn's check digit.
fn card(front: &str) -> String {
    let doubled = |i: usize, d: u32| if i.is_multiple_of(2) { d * 2 / 10 + d * 2 % 10 } else { d };
    let sum: u32 = front.bytes().rev().enumerate().map(|(i, b)| doubled(i, u32::from(b - b'0'))).sum();
    format!("{front}{}", (10 - sum % 10) % 10)
}

fn kinds_and_numbers(text: &str) -> Vec<(Private, &str)> {
    find_all(text).into_iter().map(|found| (found.kind, &text[found.range])).collect()
}

#[test]
fn find_all_identity_numbers_plain_or_grouped() {
    let number = identity("99010119800101001".replacen("99", "13", 1).as_str());
    assert_eq!(
        kinds_and_numbers(&format!("张某 身份证号：{number}，女")),
        [(Private::IdentityNumber, number.as_str())]
    );
    let with_x =
        (0..200).map(|i| identity(&format!("13990119800101{i:03}"))).find(|n| n.ends_with('X')).unwrap();
    assert_eq!(kinds_and_numbers(&with_x), [(Private::IdentityNumber, with_x.as_str())]);
    assert_eq!(kinds_and_numbers(&with_x.to_lowercase()).len(), 1);
    let grouped = format!("{} {} {}", &number[..6], &number[6..14], &number[14..]);
    assert_eq!(kinds_and_numbers(&grouped), [(Private::IdentityNumber, grouped.as_str())]);
}

#[test]
fn find_all_identity_number_with_wrong_check_or_date_is_ignored() {
    let right = identity("13990119800101001");
    let wrong = if right.ends_with('1') { "2" } else { "1" };
    assert!(kinds_and_numbers(&format!("{}{wrong}", &right[..17])).is_empty());
    assert!(kinds_and_numbers(&identity("13990119801301001")).is_empty());
    assert!(kinds_and_numbers(&identity("99990119800101001")).is_empty());
    assert!(kinds_and_numbers(&format!("{right}7")).is_empty());
}

#[test]
fn find_all_old_identity_number_needs_label() {
    assert_eq!(kinds_and_numbers("身份证：139901800101001"), [(Private::IdentityNumber, "139901800101001")]);
    assert!(kinds_and_numbers("流水139901800101001").is_empty());
}

#[test]
fn find_all_mobile_numbers_in_any_notation() {
    assert_eq!(kinds_and_numbers("联系人：王某，13800001234。"), [(Private::MobileNumber, "13800001234")]);
    assert_eq!(kinds_and_numbers("电话 138 0000 1234"), [(Private::MobileNumber, "138 0000 1234")]);
    assert_eq!(kinds_and_numbers("+8613800001234"), [(Private::MobileNumber, "8613800001234")]);
    assert_eq!(
        kinds_and_numbers("１３８００００１２３４"),
        [(Private::MobileNumber, "１３８００００１２３４")]
    );
}

#[test]
fn find_all_other_numbers_are_ignored() {
    for text in [
        "联系电话：0311-12345678",
        "服务热线12345、12329",
        "国办发〔2017〕47号",
        "索引号：000014349/2017-00110",
        "收入13800001234元",
        "编号：13800001234",
        "统一社会信用代码11130000000218674U",
        "统一社会信用代码：911301007000000000",
        "京公网安备13010402000123号",
        "13812",
        "138****1234",
        "2017-05-15 10:20:30",
        "http://www.example.com/t20180613800001234.html",
        "主动公开25984条",
        "0000000000000000",
    ] {
        assert!(kinds_and_numbers(text).is_empty(), "in {text}: {:?}", kinds_and_numbers(text));
    }
}

#[test]
fn find_all_bank_cards_need_known_issuer_or_label() {
    let union = card("622200000000000012");
    assert_eq!(kinds_and_numbers(&format!("卡号{union}")), [(Private::BankCard, union.as_str())]);
    let grouped =
        format!("{} {} {} {} {}", &union[..4], &union[4..8], &union[8..12], &union[12..16], &union[16..]);
    assert_eq!(kinds_and_numbers(&grouped), [(Private::BankCard, grouped.as_str())]);
    let visa = card("400000000000012");
    assert!(kinds_and_numbers(&visa).is_empty(), "needs a label");
    assert_eq!(kinds_and_numbers(&format!("银行卡：{visa}")).len(), 1);
}

#[test]
fn mask_private_numbers_keeps_other_text() {
    let number = identity("13990119800101001");
    let text = format!("张某，{number}，13800001234，国办发〔2017〕47号");
    let masked = mask(&text);
    assert!(
        masked.contains("1399************")
            && masked.contains("138****1234")
            && masked.contains("国办发〔2017〕47号")
    );
    assert!(find_all(&masked).is_empty());
    assert!(matches!(mask("没有"), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn find_all_any_text_does_not_panic(text in "[0-9０-９Xx \\-+身份证卡号：]{0,60}|\\PC{0,40}") {
        for found in find_all(&text) {
            prop_assert!(text.get(found.range).is_some());
        }
    }

    #[test]
    fn masked_numbers_are_not_found_again(tail in 0u32..9999, day in 1u32..28) {
        let number = identity(&format!("139901198001{day:02}{:03}", tail % 1000));
        let text = format!("{number} 1380000{tail:04}");
        prop_assert_eq!(find_all(&text).len(), 2);
        prop_assert!(find_all(&mask(&text)).is_empty());
    }
}
