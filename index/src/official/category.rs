//! 主题分类: the 22 classes of the State Council and their second levels.
//!
//! Sites write a class with other separators (`综合政务\其他`, `财政金融审计`), or deep in
//! a path of their own (`省政府文件/工业、交通`). [`normalise`] returns the class as the
//! catalogue writes it; other paths stay as they are.

use std::sync::LazyLock;

/// Name of the last class of the catalogue and of many second levels.
const OTHER: &str = "其他";

/// A class with its second level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Name of the class.
    pub name: &'static str,
    /// Names of its second level.
    pub second_level: Vec<&'static str>,
}

static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let lines = include_str!("../../dictionary/categories.tsv").lines().filter(|line| !line.starts_with('#'));
    let class = |line: &'static str| {
        let (name, second_level) = line.split_once('\t').unwrap_or((line, ""));
        Class { name, second_level: second_level.split('|').filter(|name| !name.is_empty()).collect() }
    };
    lines.filter(|line| !line.is_empty()).map(class).collect()
});

/// All classes, in the order of the catalogue.
pub fn classes() -> &'static [Class] {
    &CLASSES
}

/// Path in the form of a record: `/` between steps, no whitespace around them and no empty
/// ones, the class and its second level as the catalogue writes them where they are known.
/// Other steps before a class are dropped: they belong to the site, not to the subject.
pub fn normalise(path: &str) -> String {
    let steps: Vec<&str> = path
        .split(['\\', '/', '>', '＞', '／', '＼'])
        .map(str::trim)
        .filter(|step| !step.is_empty())
        .collect();
    let known = steps.iter().enumerate().find_map(|(i, step)| Some((i, class_of(step)?)));
    // 其他 is a class only when it stands first: elsewhere it is a second level.
    let Some((i, class)) = known.filter(|(i, class)| *i == 0 || class.name != OTHER) else {
        return steps.join("/");
    };
    let mut written = vec![class.name.to_owned()];
    if let Some(second) = steps.get(i + 1) {
        let same = class.second_level.iter().find(|name| comparison_form(name) == comparison_form(second));
        written.push(same.map_or_else(|| (*second).to_owned(), |name| (*name).to_owned()));
    }
    written.extend(steps.iter().skip(i + 2).map(|step| (*step).to_owned()));
    written.join("/")
}

/// Class that a step names, in any spelling.
pub fn class_of(step: &str) -> Option<&'static Class> {
    let wanted = comparison_form(step);
    CLASSES.iter().find(|class| comparison_form(class.name) == wanted)
}

/// Form in which two spellings of one name are equal: no separators, no 与 and 和, 其它 as 其他.
fn comparison_form(name: &str) -> String {
    let name = name.replace("其它", OTHER).replace("及", "").replace("监督管理", "监管");
    let bare = |c: &char| !c.is_whitespace() && !"、，,·和与/（）()-".contains(*c);
    name.chars().filter(bare).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn catalogue_has_22_classes_with_second_levels() {
        assert_eq!(classes().len(), 22);
        let government = class_of("综合政务").unwrap();
        for name in [
            "政务公开",
            "政务督查",
            "应急管理",
            "电子政务",
            "文秘工作",
            "保密工作",
            "信访",
            "参事",
            "文史",
            "其他",
        ] {
            assert!(government.second_level.contains(&name), "{name}");
        }
    }

    #[test]
    fn normalise_class_of_catalogue_is_unchanged() {
        let names = "国务院组织机构; 综合政务; 国民经济管理、国有资产监管; 财政、金融、审计; 国土资源、能源; 农业、林业、水利; \
                     工业、交通; 商贸、海关、旅游; 市场监管、安全生产监管; 城乡建设、环境保护; 科技、教育; 文化、广电、新闻出版; \
                     卫生、体育; 人口与计划生育、妇女儿童工作; 劳动、人事、监察; 公安、安全、司法; 民政、扶贫、救灾; 民族、宗教; \
                     对外事务; 港澳台侨工作; 国防; 其他";
        for name in names.split("; ") {
            assert_eq!(normalise(name), name);
        }
    }

    #[test]
    fn normalise_spellings_of_sites_gives_catalogue_names() {
        assert_eq!(normalise("综合政务\\其他"), "综合政务/其他");
        assert_eq!(normalise("综合政务 \\ 政务公开"), "综合政务/政务公开");
        assert_eq!(normalise("财政金融审计/税务"), "财政、金融、审计/税务");
        assert_eq!(normalise("财政，金融，审计"), "财政、金融、审计");
        assert_eq!(normalise("综合政务/其它"), "综合政务/其他");
        assert_eq!(normalise("河北省人民政府/省政府办公厅文件/工业、交通"), "工业、交通");
        assert_eq!(normalise("工业、交通>公路>养护"), "工业、交通/公路/养护");
        assert_eq!(normalise("科技政策"), "科技政策");
        assert_eq!(normalise("厅文件//其他"), "厅文件/其他");
    }

    proptest! {
        #[test]
        fn normalise_twice_equals_once(path in "\\PC{0,40}|[综合政务其他工业交通、/\\\\> ]{0,20}") {
            let once = normalise(&path);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
