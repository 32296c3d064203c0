//! Tiers of Chinese cities: first and new first tier are *upper*, every other named city is *lower*.
//!
//! The list is that of Yicai's New First-tier Cities Institute for 2024: four of the first tier, fifteen of the new first.

pub const UPPER: &str = "upper";
pub const LOWER: &str = "lower";
pub const UNKNOWN: &str = "unknown";

const UPPER_CITIES: [&str; 19] = [
    "北京", "上海", "广州", "深圳", "成都", "杭州", "重庆", "苏州", "武汉", "西安", "南京", "长沙", "天津", "郑州",
    "东莞", "无锡", "宁波", "青岛", "合肥",
];

/// `upper`, `lower` or `unknown`, by a city as people write it: `成都`, `成都市`, `四川成都`, `四川省成都市`.
pub fn tier(city: &str) -> &'static str {
    let city = city.trim();
    if city.is_empty() || city == "未知" {
        return UNKNOWN;
    }
    let name = city.rsplit(['省', '·', ' ']).next().unwrap_or(city).trim_end_matches('市');
    if UPPER_CITIES.iter().any(|upper| name.ends_with(upper)) { UPPER } else { LOWER }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_are_known_as_people_write_them() {
        for upper in ["成都", "成都市", "四川成都", "四川省成都市", "四川 成都", " 北京市 "] {
            assert_eq!(tier(upper), UPPER, "{upper}");
        }
        for lower in ["绵阳", "安徽省阜阳市", "西安县", "县城"] {
            assert_eq!(tier(lower), LOWER, "{lower}");
        }
        assert_eq!((tier(""), tier("  "), tier("未知")), (UNKNOWN, UNKNOWN, UNKNOWN));
    }
}
