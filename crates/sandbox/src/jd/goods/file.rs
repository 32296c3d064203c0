//! Goods from a CSV file. The shapes are described in `docs/goods-csv.md`; what a row does not say is drawn from the seed
//! and its sku, so the same file always makes the same offers.

use super::{Core, Goods, GoodsError, LoadReport, Skipped, complete};
use crate::jd::draw::Draw;
use csv::StringRecord;
use kernel::{Instant, Money, Rate};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Rows of a file.
const ROWS_MAX: usize = 200_000;
const TITLE_CHARS_MAX: usize = 200;
/// Ten million yuan.
const PRICE_MAX: i64 = 1_000_000_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Daogou,
    Yanxuan,
    Phones,
}

/// Formats, and the columns by which each is known.
const FORMATS: [(Format, &str, &[&str]); 3] = [
    (Format::Yanxuan, "yanxuan", &["goods_id", "title", "counter_price_yuan", "retail_price_yuan"]),
    (Format::Phones, "phones", &["sku_id", "title", "category_path", "price_fen"]),
    (Format::Daogou, "daogou", &["sku", "title", "price"]),
];

pub(super) fn read(path: &Path, seed: u64, grid: Instant) -> Result<(Vec<Goods>, LoadReport), GoodsError> {
    let unreadable = |e: &dyn std::fmt::Display| GoodsError::Unreadable(path.to_owned(), e.to_string());
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_path(path).map_err(|e| unreadable(&e))?;
    let header = reader.headers().map_err(|e| unreadable(&e))?.clone();
    // Programs that write CSV on Windows begin it with a mark.
    let columns: HashMap<String, usize> =
        header.iter().enumerate().map(|(at, name)| (name.trim_start_matches('\u{feff}').to_lowercase(), at)).collect();
    let known = FORMATS.iter().find(|(_, _, needed)| needed.iter().all(|c| columns.contains_key(*c)));
    let Some((format, name, _)) = known else {
        let all = FORMATS.iter().map(|(_, name, needed)| format!("{name}: {}", needed.join(", ")));
        return Err(GoodsError::UnknownHeader {
            path: path.to_owned(),
            found: header.iter().collect::<Vec<_>>().join(", "),
            known: all.collect::<Vec<_>>().join("; "),
        });
    };
    let mut goods = Vec::new();
    let mut skipped = Vec::new();
    let mut seen = HashSet::new();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                let row = Row { columns: &columns, record: &record };
                match row.core(*format, &mut seen, goods.len()) {
                    Ok(core) => goods.push(complete(core, seed, grid)),
                    Err(reason) => skipped.push(Skipped { line, reason }),
                }
            }
            Err(error) if error.is_io_error() => return Err(unreadable(&error)),
            Err(error) => skipped.push(Skipped { line, reason: format!("not readable: {error}") }),
        }
    }
    if goods.is_empty() {
        let why = skipped.first().map_or_else(|| "there are no rows".to_owned(), |s| s.reason.clone());
        return Err(GoodsError::Nothing(path.to_owned(), why));
    }
    let report = LoadReport { format: name, loaded: goods.len(), skipped };
    Ok((goods, report))
}

struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a StringRecord,
}

impl Row<'_> {
    /// `None` where the column is missing or the field empty.
    fn text(&self, column: &str) -> Option<&str> {
        let at = self.columns.get(column)?;
        self.record.get(*at).map(str::trim).filter(|text| !text.is_empty())
    }

    fn needed(&self, column: &str) -> Result<&str, String> {
        self.text(column).ok_or_else(|| format!("no {column}"))
    }

    fn core(&self, format: Format, seen: &mut HashSet<i64>, so_far: usize) -> Result<Core, String> {
        if so_far >= ROWS_MAX {
            return Err(format!("only {ROWS_MAX} rows are read"));
        }
        let core = match format {
            Format::Daogou => self.daogou()?,
            Format::Yanxuan => self.yanxuan()?,
            Format::Phones => self.phones()?,
        };
        if core.title.chars().count() > TITLE_CHARS_MAX {
            return Err(format!("the title has more than {TITLE_CHARS_MAX} characters"));
        }
        if core.title.chars().any(char::is_control) {
            return Err("the title has control characters".to_owned());
        }
        if !seen.insert(core.sku_id) {
            return Err(format!("{} stands in an earlier row", core.sku_id));
        }
        Ok(core)
    }

    fn sku(&self, column: &str) -> Result<i64, String> {
        let text = self.needed(column)?;
        text.parse::<i64>()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| format!("{column} {text} is no positive whole number"))
    }

    fn price(column: &str, text: &str) -> Result<Money, String> {
        let price = Money::from_yuan_text(text).map_err(|_| format!("{column} {text} is no amount of yuan"))?;
        if price.fen() <= 0 { Err(format!("{column} {text} is not above zero")) } else { capped(column, price) }
    }

    fn optional_amount(&self, column: &str) -> Result<Option<Money>, String> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let amount = Money::from_yuan_text(text).map_err(|_| format!("{column} {text} is no amount of yuan"))?;
        if amount.fen() < 0 { Err(format!("{column} {text} is below zero")) } else { capped(column, amount).map(Some) }
    }

    fn daogou(&self) -> Result<Core, String> {
        let price = Row::price("price", self.needed("price")?)?;
        let list = self.optional_amount("list_price")?.unwrap_or(price);
        if list < price {
            return Err("list_price is below price".to_owned());
        }
        let rate = self.text("rate_percent").map(|text| {
            let rate = Rate::from_percent_text(text.trim_end_matches('%'));
            rate.map_err(|_| format!("rate_percent {text} is no percentage from 0 to 100"))
        });
        let coupon = match self.optional_amount("coupon")? {
            Some(amount) if amount >= price => return Err("coupon is not below price".to_owned()),
            Some(amount) if amount.is_zero() => Some(None),
            Some(amount) => match self.optional_amount("coupon_threshold")?.unwrap_or(Money::ZERO) {
                threshold if !threshold.is_zero() && threshold < amount => {
                    return Err("coupon_threshold is below coupon".to_owned());
                }
                threshold => Some(Some((amount, threshold))),
            },
            None => None,
        };
        let sales = self.text("sales").map(|text| {
            let sales = text.parse::<i64>().ok().filter(|n| (0..=1_000_000_000).contains(n));
            sales.ok_or_else(|| format!("sales {text} is no whole number"))
        });
        Ok(Core {
            sku_id: self.sku("sku")?,
            title: self.needed("title")?.to_owned(),
            brand: self.text("brand").unwrap_or("无品牌").to_owned(),
            shop: self.text("shop").map(str::to_owned),
            categories: categories(self.text("category").unwrap_or("其他")),
            list,
            promo: price,
            coupon,
            rate: rate.transpose()?,
            sales: sales.transpose()?,
            image: image(self.text("image")),
        })
    }

    fn yanxuan(&self) -> Result<Core, String> {
        let promo = Row::price("retail_price_yuan", self.needed("retail_price_yuan")?)?;
        let list = self.optional_amount("counter_price_yuan")?.unwrap_or(promo).max(promo);
        let title = self.needed("title")?;
        let title = self.text("brief").map_or_else(|| title.to_owned(), |brief| format!("{title} {brief}"));
        let path = [self.text("category_l1"), self.text("category_l2")].into_iter().flatten().collect::<Vec<_>>();
        Ok(Core {
            sku_id: self.sku("goods_id")?,
            title,
            brand: self.text("brand").unwrap_or("严选").to_owned(),
            shop: None,
            categories: categories(&path.join(" > ")),
            list,
            promo,
            coupon: None,
            rate: None,
            sales: None,
            // Their pictures lie on other people's servers: ours are drawn.
            image: None,
        })
    }

    fn phones(&self) -> Result<Core, String> {
        let text = self.needed("price_fen")?;
        let fen = text.parse::<i64>().map_err(|_| format!("price_fen {text} is no whole number"))?;
        if fen <= 0 {
            return Err(format!("price_fen {text} is not above zero"));
        }
        let price = capped("price_fen", Money::from_fen(fen))?;
        Ok(Core {
            sku_id: self.sku("sku_id")?,
            title: self.needed("title")?.to_owned(),
            brand: self.text("brand").unwrap_or("无品牌").to_owned(),
            shop: None,
            categories: categories(self.needed("category_path")?),
            list: price,
            promo: price,
            coupon: None,
            rate: None,
            sales: None,
            image: None,
        })
    }
}

fn capped(column: &str, price: Money) -> Result<Money, String> {
    if price.fen() > PRICE_MAX { Err(format!("{column} is above ten million yuan")) } else { Ok(price) }
}

/// Only pictures that a page may show: over https.
fn image(text: Option<&str>) -> Option<String> {
    text.filter(|t| t.starts_with("https://") && t.len() <= 500).map(str::to_owned)
}

/// `A > B > C`; a missing level repeats the one above. Ids follow from the names.
fn categories(path: &str) -> [(i64, String); 3] {
    let mut names = path.split('>').map(str::trim).filter(|name| !name.is_empty());
    let first = names.next().unwrap_or("其他").to_owned();
    let second = names.next().map_or_else(|| first.clone(), str::to_owned);
    let third = names.next().map_or_else(|| second.clone(), str::to_owned);
    let id = |level: i64, name: &str| {
        let mut draw = Draw::new(level.unsigned_abs(), name, level);
        level * 1_000_000 + (draw.next() % 900_000) as i64
    };
    let (a, b, c) = (id(1, &first), id(2, &format!("{first}>{second}")), id(3, &format!("{first}>{second}>{third}")));
    [(a, first), (b, second), (c, third)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jd::goods::{Catalog, GoodsSource};
    use std::path::PathBuf;

    fn load(text: &str) -> Result<(Catalog, LoadReport), GoodsError> {
        let path = std::env::temp_dir().join(format!("daogou-goods-{}-{}.csv", std::process::id(), text.len()));
        std::fs::write(&path, text).unwrap();
        let now = Instant::parse_rfc3339("2026-11-02T02:00:00Z").unwrap();
        let loaded = Catalog::load(&GoodsSource::File(path.clone()), 1, now);
        std::fs::remove_file(path).unwrap();
        loaded
    }

    #[test]
    fn our_own_format_with_every_reason_to_skip_a_row() {
        let text = "\u{feff}sku,title,price,list_price,rate_percent,coupon,coupon_threshold,brand,category,sales\n\
            1,好纸 抽纸 24包,39.90,49.90,20%,10,39,好纸,家清 > 纸品 > 抽纸,1200\n\
            2,只有必填,9.9\n\
            3,,9.9\n\
            4,没有价格,\n\
            5,价格不对,九块九\n\
            6,零元,0\n\
            x,编号不对,1\n\
            1,重复,5\n\
            7,比例不对,5,,abc\n\
            8,券太大,5,,1,5\n\
            9,划线价低,5,4\n\
            10,销量不对,5,,1,1,1,b,c,many\n\
            11,太贵,99999999999\n\
            12,门槛低于券,50,,1,10,5\n";
        let (catalog, report) = load(text).unwrap();
        assert_eq!((report.format, report.loaded), ("daogou", 2));
        let lines: Vec<u64> = report.skipped.iter().map(|s| s.line).collect();
        assert_eq!(lines, (4..=15).collect::<Vec<u64>>());
        for (skip, part) in report.skipped.iter().zip([
            "no title",
            "no price",
            "no amount",
            "not above zero",
            "no positive whole",
            "earlier row",
            "no percentage",
            "not below price",
            "below price",
            "no whole number",
            "above ten million",
            "below coupon",
        ]) {
            assert!(skip.reason.contains(part), "line {}: {}", skip.line, skip.reason);
        }
        let first = catalog.by_sku(1).unwrap();
        assert_eq!((first.promo.fen(), first.rate.ppm(), first.sales_30_days), (3990, 200_000, 1200));
        assert_eq!((first.coupons[0].amount.fen(), first.coupons[0].threshold.fen()), (1000, 3900));
        assert_eq!(first.categories[2].1, "抽纸");
        assert!(catalog.by_sku(2).unwrap().rate.ppm() > 0);
    }

    #[test]
    fn files_that_cannot_be_used_say_why() {
        let error = load("a,b\n1,2\n").unwrap_err().to_string();
        assert!(error.contains("a, b") && error.contains("sku, title, price"), "{error}");
        let error = load("sku,title,price\n1,x,0\n").unwrap_err().to_string();
        assert!(error.contains("not above zero"), "{error}");
        let missing = GoodsSource::File("/nowhere.csv".into());
        let error = Catalog::load(&missing, 1, Instant::from_micros(0)).unwrap_err().to_string();
        assert!(error.contains("/nowhere.csv"), "{error}");
    }

    #[test]
    fn real_goods_load() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        for (file, format, least) in
            [("yanxuan-goods/goods.csv", "yanxuan", 200), ("jd-phone-skus/skus.csv", "phones", 600)]
        {
            let path: PathBuf = data.join(file);
            if !path.is_file() {
                println!("skipped: {} is not here", path.display());
                continue;
            }
            let now = Instant::parse_rfc3339("2026-11-02T02:00:00Z").unwrap();
            let (catalog, report) = Catalog::load(&GoodsSource::File(path), 1, now).unwrap();
            assert_eq!(report.format, format);
            assert!(report.loaded >= least, "{} of {file}", report.loaded);
            assert_eq!(catalog.all().len(), report.loaded);
            assert!(report.skipped.iter().all(|s| s.line > 1 && !s.reason.is_empty()));
        }
    }
}
