//! Programs as they are shipped (docs: `product.md` §3.1). A preset only fills in a draft; everything in it may be changed.

use super::model::Admission;

/// What a new program begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    pub code: &'static str,
    pub name: &'static str,
    pub audience: &'static str,
    pub admission: Admission,
    pub theme_colour: &'static str,
    /// JSON: what of the catalog fits the audience.
    pub catalog_scope: &'static str,
}

const WHOLE: &str = r#"{"categories":[],"note":"whole pool"}"#;

const fn preset(
    code: &'static str,
    name: &'static str,
    audience: &'static str,
    admission: Admission,
    theme_colour: &'static str,
    catalog_scope: &'static str,
) -> Preset {
    Preset { code, name, audience, admission, theme_colour, catalog_scope }
}

pub const PRESETS: [Preset; 12] = [
    preset(
        "fenxiang",
        "芬香",
        "微商与受邀的任何人 · micro-merchants and anyone invited",
        Admission::Invite,
        "#e1251b",
        r#"{"categories":[],"note":"whole pool; price guard for lower-tier cities","price_guard":true}"#,
    ),
    preset("jingxiaoge", "京小哥", "快递员 · couriers", Admission::Roster, "#c8161d", WHOLE),
    preset("jingxiaofu", "京小服", "家政与维修人员 · service staff", Admission::Roster, "#1677c8", WHOLE),
    preset(
        "jingxiaojia",
        "京小家",
        "房产经纪、工长、家装群主 · property agents, foremen, home-fair groups",
        Admission::Invite,
        "#b8860b",
        r#"{"categories":["服饰内衣","家居日用","家装建材","家具"],"declares":["occupation"]}"#,
    ),
    preset(
        "yundian",
        "云店",
        "入驻品牌的门店导购 · shop guides of admitted brands",
        Admission::Roster,
        "#6b3fa0",
        r#"{"categories":[],"brand":"own","note":"v1: own brand; v2: everything"}"#,
    ),
    preset(
        "starter",
        "职场代言人",
        "25 至 30 岁上班族、学生、宝妈 · office workers of 25 to 30, students, mothers",
        Admission::Open,
        "#e8590c",
        r#"{"categories":["家庭清洁/纸品","生鲜","美妆护肤","母婴","家用电器"],"price_to_fen":5000}"#,
    ),
    preset(
        "campus",
        "校园",
        "在校学生 · students",
        Admission::Invite,
        "#2f9e44",
        r#"{"categories":["文具","食品饮料","数码"]}"#,
    ),
    preset("pets", "宠物", "养宠人群 · pet keepers", Admission::Invite, "#d9480f", r#"{"categories":["宠物生活"]}"#),
    preset(
        "sports",
        "运动",
        "运动爱好者 · people who do sports",
        Admission::Invite,
        "#1971c2",
        r#"{"categories":["运动户外"]}"#,
    ),
    preset(
        "beauty",
        "美妆",
        "美妆爱好者 · beauty",
        Admission::Invite,
        "#c2255c",
        r#"{"categories":["美妆护肤","个人护理"]}"#,
    ),
    preset(
        "rural",
        "乡村",
        "乡镇与农村家庭 · rural households",
        Admission::Invite,
        "#5c940d",
        r#"{"categories":["家庭清洁/纸品","食品饮料","家用电器","农资园艺"]}"#,
    ),
    preset("insurance", "保险", "保险从业者 · insurance agents", Admission::Invite, "#364fc7", WHOLE),
];

pub fn find(code: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::rules;

    #[test]
    fn every_preset_makes_a_valid_draft() {
        for preset in &PRESETS {
            assert!(rules::code(preset.code).is_ok(), "{}", preset.code);
            assert!(rules::colour(preset.theme_colour).is_ok(), "{}", preset.code);
            let scope: serde_json::Value = serde_json::from_str(preset.catalog_scope).unwrap();
            assert!(scope["categories"].is_array(), "{}", preset.code);
            assert_eq!(find(preset.code), Some(preset));
        }
    }
}
