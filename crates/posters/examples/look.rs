//! Draws posters for a designer to look at: `cargo run -p daogou-posters --example look -- FOLDER [PHOTO.jpg] [TEMPLATE.svg]`.

use posters::{Kind, Photo, Product, Recruit, Template, Theme};
use std::error::Error;
use std::path::Path;

fn product(title: &str, theme: Theme) -> Product {
    Product {
        program: "芬香".to_owned(),
        logo: String::new(),
        theme,
        title: title.to_owned(),
        shop: "洽洽京东自营旗舰店".to_owned(),
        price: "59.90".to_owned(),
        list_price: Some("99.00".to_owned()),
        coupon: Some("20.00".to_owned()),
        coupon_note: "满79可用".to_owned(),
        promoter: "小美妈妈".to_owned(),
        as_of: "11月2日 10:00".to_owned(),
        address: "https://daogou.example/p/0ZPtFvzfdjK2SkxL4i4M".to_owned(),
        photo: true,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("name a folder")?);
    std::fs::create_dir_all(folder)?;
    let own =
        arguments.get(2).map(|path| Ok::<_, Box<dyn Error>>(Kind::Product.read(&std::fs::read_to_string(path)?)?));
    let template: &Template = match own {
        Some(own) => &own?,
        None => Kind::Product.template(),
    };
    let (width, height) = template.photo_size().unwrap_or((690, 650));
    let photo = match arguments.get(1) {
        Some(path) => Photo::decode(&std::fs::read(path)?)?.fitted(width, height)?,
        None => posters::drawn(SAMPLE, 800)?.fitted(width, height)?,
    };
    let red = || Theme::new("#e1251b", "");
    let long = "【官方旗舰】洽洽每日坚果混合装750g/30包，儿童孕妇休闲零食大礼包：送礼团购优选5 kg装，限时￥59.9元还送帆布袋一个";
    let plain =
        |title: &str| Product { coupon: None, list_price: None, coupon_note: String::new(), ..product(title, red()) };
    let products = [
        ("short", product("山东烟台红富士苹果", red())),
        ("long", product(long, red())),
        (
            "latin",
            product(
                "Dr.Martens 1460 Smooth 经典8孔马丁靴 Apple MagSafe iPhone 16 Pro Max 手机壳",
                Theme::new("#1677c8", ""),
            ),
        ),
        (
            "emoji",
            Product {
                promoter: "🍓小美🍓𝐀𝐧𝐧𝐚".to_owned(),
                ..product("🔥爆款🔥草莓🍓蛋糕 6寸❤️送蜡烛", Theme::new("#c2255c", ""))
            },
        ),
        (
            "no-picture",
            Product {
                photo: false, ..product("维达超韧抽纸3层100抽*24包 整箱家用", Theme::new("#2f9e44", ""))
            },
        ),
        ("no-coupon", plain("小米充电宝20000mAh大容量快充移动电源")),
        (
            "dear",
            Product {
                price: "12888.50".to_owned(),
                list_price: Some("15999.00".to_owned()),
                coupon_note: String::new(),
                ..product("海尔冰箱（法式多门）一级能效", Theme::new("#b8860b", ""))
            },
        ),
        ("yellow", product("新疆阿克苏冰糖心苹果5斤装 单果80-85mm", Theme::new("#ffd400", ""))),
    ];
    for (name, poster) in products {
        let bytes = template.render(&poster.values(), Some(&photo).filter(|_| poster.photo))?;
        std::fs::write(folder.join(format!("{name}.jpg")), bytes)?;
    }
    let recruit = |program: &str, audience: &str, inviter: Option<&str>, theme| Recruit {
        program: program.to_owned(),
        logo: String::new(),
        theme,
        audience: audience.to_owned(),
        inviter: inviter.map(str::to_owned),
        code: "2345678Z".to_owned(),
        until: "2月1日".to_owned(),
        address: "https://daogou.example/i/2345678Z".to_owned(),
    };
    for (name, poster) in [
        (
            "recruit",
            recruit("芬香", "微商与受邀的任何人 · micro-merchants and anyone invited", Some("小美妈妈"), red()),
        ),
        (
            "recruit-blue",
            recruit(
                "职场代言人",
                "25 至 30 岁上班族、学生、宝妈 · office workers",
                Some("Anna"),
                Theme::new("#1677c8", ""),
            ),
        ),
        ("recruit-none", recruit("中国好物分享官联合会Daogou", "养宠人群", None, Theme::new("#ffd400", ""))),
    ] {
        let bytes = Kind::Recruit.template().render(&poster.values(), None)?;
        std::fs::write(folder.join(format!("{name}.jpg")), bytes)?;
    }
    Ok(())
}

const SAMPLE: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' width='400' height='400'>\
    <defs><radialGradient id='g'><stop offset='0' stop-color='#fffaf0'/><stop offset='1' stop-color='#f3e3cd'/></radialGradient>\
    <radialGradient id='a' cx='.38' cy='.32' r='.75'><stop offset='0' stop-color='#ff9a7a'/><stop offset='.45' stop-color='#d8312a'/>\
    <stop offset='1' stop-color='#7d0f14'/></radialGradient></defs><rect width='400' height='400' fill='url(#g)'/>\
    <ellipse cx='200' cy='318' rx='112' ry='18' fill='#8a6a48' fill-opacity='.25'/>\
    <path d='M200 140C150 96 86 128 90 206C94 276 150 322 178 316C192 312 208 312 222 316C250 322 306 276 310 206C314 128 250 96 200 140Z' fill='url(#a)'/>\
    <path d='M200 142C198 116 206 96 220 84' stroke='#5b3a1e' stroke-width='8' fill='none' stroke-linecap='round'/>\
    <path d='M214 108C236 78 276 84 284 92C270 118 240 126 214 108Z' fill='#5d9a3a'/></svg>";
