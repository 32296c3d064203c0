//! The two posters: what each says, and the templates that are part of the program.

use crate::colour::Theme;
use crate::fonts::fonts;
use crate::template::{Template, TemplateError, Values, is_small_picture};
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A product with its price and the promoter's code.
    Product,
    /// An invitation to join a program.
    Recruit,
}

/// Colours of every poster, as in [`Theme`].
const COLOURS: [&str; 8] = ["theme", "accent", "deep", "mist", "soft", "ink", "ink_small", "on"];

/// Values that a product poster has.
const PRODUCT: &[&str] = &[
    "program",
    "logo",
    "title",
    "shop",
    "price",
    "price_whole",
    "price_part",
    "list_price",
    "coupon",
    "coupon_note",
    "promoter",
    "initial",
    "hint",
    "as_of",
    "photo",
    "qr",
    COLOURS[0],
    COLOURS[1],
    COLOURS[2],
    COLOURS[3],
    COLOURS[4],
    COLOURS[5],
    COLOURS[6],
    COLOURS[7],
];

/// Values that a recruit poster has.
const RECRUIT: &[&str] = &[
    "program", "logo", "audience", "inviter", "initial", "code", "until", "qr", COLOURS[0], COLOURS[1], COLOURS[2],
    COLOURS[3], COLOURS[4], COLOURS[5], COLOURS[6], COLOURS[7],
];

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Product, Kind::Recruit];

    pub const fn word(self) -> &'static str {
        match self {
            Kind::Product => "product",
            Kind::Recruit => "recruit",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Names of the values that a template of this kind may use.
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Kind::Product => PRODUCT,
            Kind::Recruit => RECRUIT,
        }
    }

    /// The template that is part of the program, as SVG.
    pub const fn svg(self) -> &'static str {
        match self {
            Kind::Product => include_str!("../assets/product.svg"),
            Kind::Recruit => include_str!("../assets/recruit.svg"),
        }
    }

    pub fn template(self) -> &'static Template {
        static TEMPLATES: [OnceLock<Template>; 2] = [OnceLock::new(), OnceLock::new()];
        TEMPLATES[self as usize]
            .get_or_init(|| Template::parse(self.svg(), self.values()).expect("our own templates are checked by tests"))
    }

    /// Reads a program's own template; refuses what it may not contain.
    pub fn read(self, svg: &str) -> Result<Template, TemplateError> {
        let template = Template::parse(svg, self.values())?;
        template.check(&self.sample())?;
        Ok(template)
    }

    /// A poster with every value there, to try a template on.
    pub fn sample(self) -> Values {
        const LOGO: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        let address = "https://daogou.example/p/0ZPtFvzfdjK2SkxL4i4M".to_owned();
        let theme = Theme::new("#e1251b", "");
        match self {
            Kind::Product => Product {
                program: "示例项目".to_owned(),
                logo: LOGO.to_owned(),
                theme,
                title: "示例品牌 每日坚果混合装 750g/30包 送礼礼盒".to_owned(),
                shop: "示例旗舰店".to_owned(),
                price: "59.90".to_owned(),
                list_price: Some("99.00".to_owned()),
                coupon: Some("20.00".to_owned()),
                coupon_note: "满79可用".to_owned(),
                promoter: "小美".to_owned(),
                as_of: "11月2日 10:00".to_owned(),
                address,
                photo: true,
            }
            .values(),
            Kind::Recruit => Recruit {
                program: "示例项目".to_owned(),
                logo: LOGO.to_owned(),
                theme,
                audience: "喜欢分享的人".to_owned(),
                inviter: Some("小美".to_owned()),
                code: "2345678Z".to_owned(),
                until: "2月1日".to_owned(),
                address,
            }
            .values(),
        }
    }
}

/// What a product poster says. Amounts are yuan as text, `59.90`.
#[derive(Clone, Debug)]
pub struct Product {
    pub program: String,
    /// A picture as a data URL, or empty.
    pub logo: String,
    pub theme: Theme,
    pub title: String,
    /// May be empty.
    pub shop: String,
    pub price: String,
    /// Only where it is more than the price.
    pub list_price: Option<String>,
    /// Only where it applies.
    pub coupon: Option<String>,
    /// Its condition; may be empty.
    pub coupon_note: String,
    pub promoter: String,
    /// When the price was seen, for people.
    pub as_of: String,
    /// What the code leads to.
    pub address: String,
    /// Whether there is a picture.
    pub photo: bool,
}

impl Product {
    pub fn values(&self) -> Values {
        let clean = |text: &str| fonts().drawable(text);
        let short = |yuan: &str| yuan.strip_suffix(".00").unwrap_or(yuan).to_owned();
        let price = short(&self.price);
        let (whole, part) =
            price.split_once('.').map_or((price.as_str(), String::new()), |(whole, part)| (whole, format!(".{part}")));
        let promoter = named(&self.promoter, "好友");
        let hint = if self.coupon.is_some() { "长按识别 领券购买" } else { "长按识别 查看详情" };
        let mut values = common(&self.program, &self.logo, &self.theme, &promoter, &self.address);
        values.extend([
            ("title", clean(&self.title)),
            ("shop", clean(&self.shop)),
            ("price_whole", whole.to_owned()),
            ("price_part", part),
            ("list_price", self.list_price.as_deref().map(short).unwrap_or_default()),
            ("coupon", self.coupon.as_deref().map(short).unwrap_or_default()),
            ("coupon_note", clean(&self.coupon_note)),
            ("promoter", promoter),
            ("hint", hint.to_owned()),
            ("as_of", clean(&self.as_of)),
            ("photo", if self.photo { "1" } else { "" }.to_owned()),
        ]);
        values.insert("price", price);
        values
    }
}

/// What a recruit poster says. It promises no earnings.
#[derive(Clone, Debug)]
pub struct Recruit {
    pub program: String,
    /// A picture as a data URL, or empty.
    pub logo: String,
    pub theme: Theme,
    pub audience: String,
    /// `None`: the platform itself.
    pub inviter: Option<String>,
    /// Drawn in large letters, in two groups.
    pub code: String,
    /// Until when the code is good, for people.
    pub until: String,
    pub address: String,
}

impl Recruit {
    pub fn values(&self) -> Values {
        let inviter = self.inviter.as_deref().map(|name| named(name, "好友")).unwrap_or_default();
        let by = if inviter.is_empty() { named(&self.program, "官方") } else { inviter.clone() };
        let mut values = common(&self.program, &self.logo, &self.theme, &by, &self.address);
        // `2345 678Z` is easier to copy by eye than eight letters in a row.
        let half = self.code.len() / 2;
        let code = match self.code.split_at_checked(half) {
            Some((first, second)) => format!("{first} {second}"),
            None => self.code.clone(),
        };
        // Audiences are noted in two languages; the poster is in the first.
        let audience = self.audience.split(" · ").next().unwrap_or_default();
        values.extend([
            ("audience", fonts().drawable(audience)),
            ("inviter", inviter),
            ("code", fonts().drawable(&code)),
            ("until", fonts().drawable(&self.until)),
        ]);
        values
    }
}

/// A name as it can be drawn, or this where nothing of it can.
fn named(name: &str, otherwise: &str) -> String {
    match fonts().drawable(name) {
        drawn if drawn.is_empty() => otherwise.to_owned(),
        drawn => drawn,
    }
}

fn common(program: &str, logo: &str, theme: &Theme, name: &str, address: &str) -> Values {
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    Values::from([
        ("program", fonts().drawable(program)),
        ("logo", if is_small_picture(logo) { logo.to_owned() } else { String::new() }),
        ("initial", initial),
        ("qr", address.to_owned()),
        ("theme", theme.theme.clone()),
        ("accent", theme.accent.clone()),
        ("deep", theme.deep.clone()),
        ("mist", theme.mist.clone()),
        ("soft", theme.soft.clone()),
        ("ink", theme.ink.clone()),
        ("ink_small", theme.ink_small.clone()),
        ("on", theme.on.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_templates_pass_our_own_checks_and_use_what_there_is() {
        for kind in Kind::ALL {
            kind.read(kind.svg()).unwrap_or_else(|e| panic!("{}: {e}", kind.word()));
            let sample = kind.sample();
            let mut named: Vec<&str> = kind.values().to_vec();
            named.sort_unstable();
            assert_eq!(sample.keys().copied().collect::<Vec<_>>(), named, "{}", kind.word());
            assert!(sample.values().all(|value| !value.is_empty()), "{sample:?}");
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
    }

    #[test]
    fn a_recruit_poster_promises_no_earnings() {
        for word in ["赚", "收益", "收入", "佣金", "月入", "躺", "工资", "返利"] {
            assert!(!Kind::Recruit.svg().contains(word), "{word}");
        }
        assert!(Kind::Recruit.svg().contains("加入免费"));
        assert!(Kind::Product.svg().contains("广告") && Kind::Product.svg().contains("价格截至"));
    }

    #[test]
    fn names_of_emoji_alone_and_broken_logos_do_no_harm() {
        let mut recruit = Recruit {
            program: "🍓".to_owned(),
            logo: "data:image/png;base64,AAAA".to_owned(),
            theme: Theme::new("", ""),
            audience: "快递员 · couriers".to_owned(),
            inviter: Some("🍓🍓".to_owned()),
            code: "2345678Z".to_owned(),
            until: String::new(),
            address: "https://d.example/i/2345678Z".to_owned(),
        };
        let values = recruit.values();
        assert_eq!(
            (values["inviter"].as_str(), values["initial"].as_str(), values["logo"].as_str()),
            ("好友", "好", "")
        );
        assert_eq!((values["audience"].as_str(), values["code"].as_str()), ("快递员", "2345 678Z"));
        recruit.inviter = None;
        assert_eq!((recruit.values()["inviter"].as_str(), recruit.values()["initial"].as_str()), ("", "官"));
    }
}
