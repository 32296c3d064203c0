//! Posters as a phone sees them: pictures whose code is read.

use image::imageops::FilterType;
use posters::{HEIGHT, Kind, Photo, Product, Recruit, Theme, Values, WIDTH, drawn};

const ADDRESS: &str = "https://daogou.example/p/0ZPtFvzfdjK2SkxL4i4M";

fn product() -> Product {
    Product {
        program: "芬香".to_owned(),
        logo: String::new(),
        theme: Theme::new("#e1251b", ""),
        title: "【官方旗舰】洽洽每日坚果混合装750g/30包，儿童孕妇休闲零食大礼包".to_owned(),
        shop: "洽洽京东自营旗舰店".to_owned(),
        price: "59.90".to_owned(),
        list_price: Some("99.00".to_owned()),
        coupon: Some("20.00".to_owned()),
        coupon_note: "满79可用".to_owned(),
        promoter: "小美".to_owned(),
        as_of: "11月2日 10:00".to_owned(),
        address: ADDRESS.to_owned(),
        photo: true,
    }
}

fn recruit() -> Recruit {
    Recruit {
        program: "芬香".to_owned(),
        logo: String::new(),
        theme: Theme::new("#e1251b", ""),
        audience: "喜欢分享的人".to_owned(),
        inviter: Some("小美".to_owned()),
        code: "2345678Z".to_owned(),
        until: "2月1日".to_owned(),
        address: "https://daogou.example/i/2345678Z".to_owned(),
    }
}

/// A busy picture, so that nothing is read by luck.
fn photo() -> Photo {
    let template = Kind::Product.template();
    let (width, height) = template.photo_size().unwrap();
    let bars: String = (0..40)
        .map(|n| {
            format!("<rect x='{}' y='{}' width='7' height='9' fill='#{:03x}'/>", n * 10, n * 7 % 390, n * 97 % 4096)
        })
        .collect();
    let svg =
        format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' width='400' height='400'>{bars}</svg>");
    drawn(&svg, 800).unwrap().fitted(width, height).unwrap()
}

fn render(kind: Kind, values: &Values, photo: Option<&Photo>) -> image::RgbImage {
    let jpeg = kind.template().render(values, photo).unwrap();
    assert!(jpeg.len() < 400_000, "{} bytes", jpeg.len());
    let picture = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
    picture
}

fn read(picture: &image::RgbImage) -> String {
    let grey = image::DynamicImage::ImageRgb8(picture.clone()).into_luma8();
    let (width, height) = (grey.width(), grey.height());
    let code = rxing::helpers::detect_in_luma(grey.into_raw(), width, height, Some(rxing::BarcodeFormat::QR_CODE));
    code.map_or_else(|e| e.to_string(), |code| code.getText().to_owned())
}

#[test]
fn codes_are_read_at_full_and_at_half_size() {
    let shapes = [
        (Kind::Product, product().values(), Some(photo()), ADDRESS),
        (
            Kind::Product,
            Product { photo: false, theme: Theme::new("#ffd400", ""), ..product() }.values(),
            None,
            ADDRESS,
        ),
        (Kind::Recruit, recruit().values(), None, "https://daogou.example/i/2345678Z"),
    ];
    for (kind, values, photo, address) in shapes {
        let whole = render(kind, &values, photo.as_ref());
        assert_eq!(read(&whole), address, "{} at full size", kind.word());
        let half = image::imageops::resize(&whole, WIDTH / 2, HEIGHT / 2, FilterType::Triangle);
        assert_eq!(read(&half), address, "{} at half size", kind.word());
    }
}

#[test]
fn a_long_address_still_makes_a_code_that_is_read() {
    let address = format!("https://{}.daogou.example/p/0ZPtFvzfdjK2SkxL4i4M", "a".repeat(60));
    let values = Product { address: address.clone(), ..product() }.values();
    assert_eq!(read(&render(Kind::Product, &values, None)), address);
}

fn differs(a: &image::RgbImage, b: &image::RgbImage, (x, y, width, height): (u32, u32, u32, u32)) -> bool {
    let pixels = (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y)));
    let off = |(x, y): (u32, u32)| a.get_pixel(x, y).0.iter().zip(b.get_pixel(x, y).0).any(|(a, b)| a.abs_diff(b) > 40);
    pixels.into_iter().any(off)
}

#[test]
fn every_word_is_drawn_where_it_belongs() {
    let photo = photo();
    let draw = |product: &Product| render(Kind::Product, &product.values(), Some(&photo).filter(|_| product.photo));
    let usual = draw(&product());
    let card = (58, 740, 400, 300);
    for changed in [
        Product { title: "另一个标题".to_owned(), ..product() },
        Product { price: "58.90".to_owned(), ..product() },
        Product { list_price: None, ..product() },
        Product { coupon: None, ..product() },
        Product { coupon_note: "满99可用".to_owned(), ..product() },
    ] {
        assert!(differs(&usual, &draw(&changed), card), "{changed:?}");
    }
    for changed in [
        Product { promoter: "小丽".to_owned(), ..product() },
        Product { as_of: "11月3日 10:00".to_owned(), ..product() },
    ] {
        assert!(differs(&usual, &draw(&changed), (58, 1070, 400, 230)), "{changed:?}");
    }
    assert!(differs(&usual, &draw(&Product { program: "京小哥".to_owned(), ..product() }), (30, 10, 300, 80)));
    assert!(differs(&usual, &draw(&Product { photo: false, ..product() }), (100, 150, 500, 500)));
    // 广告, in the corner; and the price is in the program's colour.
    let blue = draw(&Product { theme: Theme::new("#1677c8", ""), ..product() });
    assert!(differs(&usual, &blue, (58, 740, 300, 100)) && differs(&usual, &blue, (5, 300, 20, 20)));
}

#[test]
fn what_a_name_says_cannot_become_part_of_the_drawing() {
    let evil = "</text><rect width=\"750\" height=\"1334\" fill=\"#000\"/><text>{{qr x=0 y=0 size=700}}&amp;";
    let values = Product {
        title: evil.to_owned(),
        promoter: evil.to_owned(),
        program: evil.to_owned(),
        shop: evil.to_owned(),
        coupon_note: evil.to_owned(),
        as_of: evil.to_owned(),
        ..product()
    }
    .values();
    let picture = render(Kind::Product, &values, Some(&photo()));
    assert_eq!(read(&picture), ADDRESS);
    assert_eq!(picture.get_pixel(710, 1000).0.map(|part| part > 240), [true; 3], "the card is still white");
    render(
        Kind::Recruit,
        &Recruit { inviter: Some(evil.to_owned()), audience: evil.to_owned(), ..recruit() }.values(),
        None,
    );
}

#[test]
fn a_poster_of_nothing_but_emptiness_is_drawn() {
    let nothing = Product {
        program: String::new(),
        title: "🍓".to_owned(),
        shop: String::new(),
        price: "0.01".to_owned(),
        list_price: None,
        coupon: None,
        coupon_note: String::new(),
        promoter: "👨‍👩‍👧".to_owned(),
        as_of: String::new(),
        photo: false,
        ..product()
    };
    assert_eq!(read(&render(Kind::Product, &nothing.values(), None)), ADDRESS);
}

#[test]
fn a_programs_own_template_takes_the_place_of_ours() {
    let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" width="750" height="1334" viewBox="0 0 750 1334">
        {{photo x=0 y=0 width=750 height=750}}<rect y="750" width="750" height="584" fill="#fff"/>
        <text x="40" y="830" font-size="40" fill="{{theme}}">{{title width=670 size=40}}</text>
        <path d="{{qr x=225 y=900 size=300}}"/></svg>"##;
    let own = Kind::Product.read(svg).unwrap();
    assert_eq!(own.photo_size(), Some((750, 750)));
    let square = drawn(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9' fill='#00f'/></svg>",
        750,
    );
    let jpeg = own.render(&product().values(), Some(&square.unwrap())).unwrap();
    let picture = image::load_from_memory(&jpeg).unwrap().into_rgb8();
    assert_eq!(read(&picture), ADDRESS);
    let [r, g, b] = picture.get_pixel(375, 375).0;
    assert!(r < 10 && g < 10 && b > 245, "{r} {g} {b}");
}
