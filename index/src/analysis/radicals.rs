//! Radicals: the characters of U+2E80–2FDF and the ideographs they stand for.
//!
//! Fonts draw `人` and the radical `⼈` with one glyph, so the character map of a PDF may give the
//! radical. The table is `EquivalentUnifiedIdeograph.txt` of the Unicode Character Database.

use std::borrow::Cow;

const FIRST_SUPPLEMENT: u32 = 0x2e80;
const FIRST_KANGXI: u32 = 0x2f00;

/// Ideographs of U+2E80–2EF3; a radical without one stands for itself.
#[rustfmt::skip]
const SUPPLEMENT: [char; 116] = [
    '⺀', '厂', '乛', '乚', '乙', '亻', '冂', '𠘨', '刀', '刂', '卜', '㔾', '小', '小', '兀', '尣', '尢', '𡯂',
    '巳', '幺', '彑', '彐', '忄', '心', '扌', '攵', '⺚', '旡', '日', '月', '歺', '母', '民', '氵', '氺', '灬',
    '爫', '爫', '丬', '牛', '犭', '王', '𤴔', '目', '示', '礻', '𥫗', '糹', '纟', '罓', '罒', '㓁', '冗', '𦉫',
    '羊', '𦍌', '𦍋', '耂', '肀', '聿', '肉', '𦥑', '艹', '艹', '艹', '虎', '衤', '覀', '西', '见', '角', '𧢲',
    '讠', '贝', '𧾷', '车', '辶', '辶', '辶', '邑', '钅', '長', '镸', '长', '门', '𨸏', '阝', '雨', '青', '韦',
    '页', '风', '飞', '食', '𩙿', '飠', '饣', '𩠐', '马', '骨', '鬼', '鱼', '鸟', '卤', '麦', '黄', '黾', '斉',
    '齐', '歯', '齿', '竜', '龙', '龜', '亀', '龟',
];

/// Ideographs of U+2F00–2FD5.
#[rustfmt::skip]
const KANGXI: [char; 214] = [
    '一', '丨', '丶', '丿', '乙', '亅', '二', '亠', '人', '儿', '入', '八', '冂', '冖', '冫', '几', '凵', '刀',
    '力', '勹', '匕', '匚', '匸', '十', '卜', '卩', '厂', '厶', '又', '口', '囗', '土', '士', '夂', '夊', '夕',
    '大', '女', '子', '宀', '寸', '小', '尢', '尸', '屮', '山', '巛', '工', '己', '巾', '干', '幺', '广', '廴',
    '廾', '弋', '弓', '彐', '彡', '彳', '心', '戈', '戶', '手', '支', '攴', '文', '斗', '斤', '方', '无', '日',
    '曰', '月', '木', '欠', '止', '歹', '殳', '毋', '比', '毛', '氏', '气', '水', '火', '爪', '父', '爻', '爿',
    '片', '牙', '牛', '犬', '玄', '玉', '瓜', '瓦', '甘', '生', '用', '田', '疋', '疒', '癶', '白', '皮', '皿',
    '目', '矛', '矢', '石', '示', '禸', '禾', '穴', '立', '竹', '米', '糸', '缶', '网', '羊', '羽', '老', '而',
    '耒', '耳', '聿', '肉', '臣', '自', '至', '臼', '舌', '舛', '舟', '艮', '色', '艸', '虍', '虫', '血', '行',
    '衣', '襾', '見', '角', '言', '谷', '豆', '豕', '豸', '貝', '赤', '走', '足', '身', '車', '辛', '辰', '辵',
    '邑', '酉', '釆', '里', '金', '長', '門', '阜', '隶', '隹', '雨', '靑', '非', '面', '革', '韋', '韭', '音',
    '頁', '風', '飛', '食', '首', '香', '馬', '骨', '高', '髟', '鬥', '鬯', '鬲', '鬼', '魚', '鳥', '鹵', '鹿',
    '麥', '麻', '黃', '黍', '黑', '黹', '黽', '鼎', '鼓', '鼠', '鼻', '齊', '齒', '龍', '龜', '龠',
];

/// Returns the ideograph that a radical stands for; none for other characters.
pub fn fold_radical(c: char) -> Option<char> {
    let code = c as u32;
    let ideograph = match code {
        FIRST_KANGXI..=0x2fdf => KANGXI.get((code - FIRST_KANGXI) as usize),
        FIRST_SUPPLEMENT..FIRST_KANGXI => SUPPLEMENT.get((code - FIRST_SUPPLEMENT) as usize),
        _ => None,
    };
    ideograph.copied().filter(|ideograph| *ideograph != c)
}

/// Replaces the radicals of a text by their ideographs.
pub fn fold_radicals(text: &str) -> Cow<'_, str> {
    // In UTF-8 the range is E2 BA 80 to E2 BF 9F.
    let may_have_radical = memchr::memchr_iter(0xe2, text.as_bytes())
        .any(|at| text.as_bytes().get(at + 1).is_some_and(|next| (0xba..=0xbf).contains(next)));
    if may_have_radical {
        Cow::Owned(text.chars().map(|c| fold_radical(c).unwrap_or(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_radicals_of_both_blocks_gives_ideographs() {
        assert_eq!(fold_radicals("\u{2ee9}河 \u{2f08}\u{2ea0}政府"), "黄河 人民政府");
        assert_eq!(fold_radical('\u{2ef3}'), Some('龟'));
        assert_eq!(fold_radical('\u{2fd5}'), Some('龠'));
    }

    #[test]
    fn fold_radicals_without_ideograph_changes_nothing() {
        for text in ["", "人民（一）⿰", "\u{2e80}\u{2e9a}\u{2ef4}\u{2fd6}\u{2fdf}—“"] {
            assert_eq!(fold_radicals(text), text);
        }
    }
}
