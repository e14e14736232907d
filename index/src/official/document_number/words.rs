//! Words inside numbers, and words before a number that do not belong to it.

/// Last words of a series that names its organ in full.
pub(super) const TITLE_WORDS: [&str; 4] = ["令", "公告", "通告", "公报"];

/// Citing verbs, after which a series or the name of an organ can begin.
#[rustfmt::skip]
pub(super) const VERBS: &[&str] = &[
    "根据", "依据", "按照", "依照", "遵照", "参照", "比照", "对照", "落实", "贯彻", "执行", "适用", "运用", "遵守", "印发", "转发",
    "下发", "发布", "颁布", "公布", "发出", "制定", "废止", "修改", "修订", "修正", "批准", "通过", "关于", "对于", "不属于", "以及",
    "我们", "现将", "同时", "学习", "可否", "如何", "确认", "收悉",
];

/// Last words of titles and labels, after which a series can begin.
#[rustfmt::skip]
pub(super) const NOUNS: &[&str] = &[
    "通知", "意见", "办法", "决定", "规定", "方案", "细则", "规则", "规划", "措施", "条例", "批复", "通报", "纪要", "文件", "精神",
    "文号", "字号", "编号", "号文", "请示", "报告", "纲要", "计划", "要点", "预案", "标准", "规范", "指南", "清单", "目录", "章程",
    "制度", "公告", "通告", "决议", "名单", "指引", "的函", "复函",
];

/// Last words of the full names of organs, after which their own series may follow.
#[rustfmt::skip]
pub(super) const ORGAN_ENDS: &[&str] = &[
    "办公厅", "办公室", "委员会", "政府", "政府办", "国务院", "中央", "总局", "检察院", "法院", "学院", "研究院", "高院", "你院", "我院",
    "本院", "该院", "贵院", "你部", "我部", "该部", "你局", "你省", "你市", "你厅", "你司", "你会", "组织部", "宣传部", "统战部",
    "指挥部", "工作部", "监会", "协会", "联合会", "总会", "总工会", "研究室", "审计署", "总署", "公司", "银行", "大学", "中心", "党组",
];

/// National organs whose short names end in 部 or 委, characters that series contain too.
#[rustfmt::skip]
pub(super) const NATIONAL: &[&str] = &[
    "科技部", "教育部", "财政部", "公安部", "民政部", "司法部", "人事部", "劳动部", "农业部", "商务部", "文化部", "卫生部", "水利部", "铁道部",
    "交通部", "建设部", "环保部", "外交部", "国防部", "安全部", "运输部", "保障部", "资源部", "环境部", "农村部", "旅游部", "管理部", "建设厅",
    "贸易部", "矿产部", "电子部", "信息化部", "国家科委", "计委", "经贸委", "发展改革委", "发改委", "国资委", "计生委", "健康委",
];
