//! Lines: where a Chinese text may break, and how much of it fits.
//!
//! Between two ideographs a line may break. It does not begin with closing punctuation nor end with opening one, and
//! Latin words, numbers and a number with its unit (`500ml`, `5 kg`, `12瓶`, `¥9.9`, `3.5%`) stay whole.

use crate::fonts::Fonts;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// Never at the start of a line.
const CLOSING: &str = "，。、；：？！）】》」』〉〕｝’”…‥～％‰℃°·,.;:?!)]}>%’”—™®™";
/// Full-width ones, white in their left half.
pub(crate) const BRACKETS: [char; 8] = ['（', '【', '《', '「', '『', '〈', '〔', '｛'];
/// Never at its end.
const OPENING: &str = "（【《「『〈〔｛‘“([{<￥¥$€£#＃@№";
/// Stay with the number before them.
const UNITS: [&str; 58] = [
    "毫升", "千克", "公斤", "公升", "厘米", "毫米", "平米", "英寸", "小时", "分钟", "个月", "件套", "片装", "支装",
    "瓶装", "袋装", "盒装", "包装", "只装", "克", "斤", "升", "瓶", "盒", "袋", "包", "片", "支", "只", "条", "双",
    "套", "件", "个", "枚", "颗", "粒", "罐", "桶", "箱", "提", "卷", "抽", "层", "张", "本", "台", "把", "米", "寸",
    "码", "元", "折", "天", "年", "月", "日", "度",
];
/// Letters of a unit after a space: `5 kg`.
const UNIT_LETTERS_MAX: usize = 4;

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_ideograph(c)
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{303f}' | '\u{3040}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}')
}

/// Keeps what stands on both sides together: `A-1`, `500ml*12`, `3.5`, `A/B`, `Dr.Martens`.
fn joins(c: char) -> bool {
    "-.*/+&'’_×~:".contains(c)
}

/// Whether a line may end between `before` and `after`; `text` is all of it, `at` where `after` begins.
fn breaks(chars: &[char], at: usize) -> bool {
    let (before, after) = (chars[at - 1], chars[at]);
    if after == ' ' || CLOSING.contains(after) || OPENING.contains(before) {
        return false;
    }
    if before == ' ' {
        // `5 kg`, `12 oz`: a short unit stays with its number.
        let number = at >= 2 && chars[at - 2].is_ascii_digit();
        let unit = chars[at..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let whole = chars.get(at + unit).is_none_or(|c| !is_word(*c));
        return !(number && (1..=UNIT_LETTERS_MAX).contains(&unit) && whole);
    }
    if is_word(before) && is_word(after) {
        return false;
    }
    if joins(after) && !is_ideograph(before) {
        return false;
    }
    if joins(before) && is_word(after) && at >= 2 && is_word(chars[at - 2]) {
        return false;
    }
    if before.is_ascii_digit() && is_ideograph(after) {
        let rest: String = chars[at..].iter().take(2).collect();
        return !UNITS.iter().any(|unit| rest.starts_with(unit));
    }
    true
}

/// Pieces that are not broken, each with the spaces that follow it.
fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut all = Vec::new();
    let mut piece = String::new();
    for (at, c) in chars.iter().enumerate() {
        if at > 0 && breaks(&chars, at) {
            all.push(std::mem::take(&mut piece));
        }
        piece.push(*c);
    }
    if !piece.is_empty() {
        all.push(piece);
    }
    all
}

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Pixels.
    pub width: i64,
    pub size: i64,
    pub weight: Weight,
    pub lines: usize,
}

/// Thousandths of a pixel at this size.
pub(crate) fn width(fonts: &Fonts, text: &str, size: i64, weight: Weight) -> i64 {
    text.chars().map(|c| fonts.advance(c, weight) * size).sum()
}

const ELLIPSIS: char = '…';

/// A last line narrower than this is a leftover, in letters.
const LEFTOVER: i64 = 3;

/// Breaks a drawable text into at most `lines` lines; what does not fit is left out behind an ellipsis, and no last
/// line is a mere leftover where narrower lines help.
pub(crate) fn lines(fonts: &Fonts, text: &str, set: Setting) -> Vec<String> {
    let greedy = broken(fonts, text, set);
    let wide = |lines: &[String]| lines.last().map_or(0, |last| width(fonts, last, set.size, set.weight));
    let leftover = |lines: &[String]| lines.len() > 1 && wide(lines) < LEFTOVER * set.size * 1000;
    if !leftover(&greedy) {
        return greedy;
    }
    let narrower = (1..=LEFTOVER).map(|less| Setting { width: set.width - less * set.size, ..set });
    let mut tried = narrower.map(|set| broken(fonts, text, set));
    // Line breaking may leave less than was asked for; an ellipsis would be worse than a leftover.
    tried
        .find(|lines| lines.len() == greedy.len() && !leftover(lines) && lines.concat() == greedy.concat())
        .unwrap_or(greedy)
}

fn broken(fonts: &Fonts, text: &str, set: Setting) -> Vec<String> {
    let measure = |text: &str| width(fonts, text.trim_end(), set.size, set.weight);
    let room = set.width * 1000;
    let mut done: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut waiting: std::collections::VecDeque<String> = pieces(text).into();
    while let Some(piece) = waiting.pop_front() {
        let longer = format!("{line}{piece}");
        if measure(&longer) <= room {
            line = longer;
        } else if done.len() + 1 == set.lines {
            done.push(cut(&longer, room, &measure));
            return done;
        } else if line.is_empty() {
            // A single piece that no line can hold is broken anywhere.
            let mut fits = fitting(&piece, room, &measure).max(1);
            while fits > 1 && piece.chars().nth(fits).is_some_and(|c| CLOSING.contains(c)) {
                fits -= 1;
            }
            let head: String = piece.chars().take(fits).collect();
            waiting.push_front(piece.chars().skip(fits).collect());
            done.push(head);
        } else {
            done.push(std::mem::take(&mut line));
            waiting.push_front(piece);
        }
    }
    if !line.trim_end().is_empty() {
        done.push(line);
    }
    done.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// How many characters from the start fit.
fn fitting(text: &str, room: i64, measure: &impl Fn(&str) -> i64) -> usize {
    let mut head = String::new();
    text.chars()
        .take_while(|c| {
            head.push(*c);
            measure(&head) <= room
        })
        .count()
}

/// As much as fits before an ellipsis, which stands after no space and no punctuation.
fn cut(text: &str, room: i64, measure: &impl Fn(&str) -> i64) -> String {
    let mut kept: Vec<char> = text.chars().collect();
    loop {
        while kept.last().is_some_and(|c| *c == ' ' || OPENING.contains(*c) || "，。、；：,;:…·".contains(*c)) {
            kept.pop();
        }
        let whole: String = kept.iter().chain([&ELLIPSIS]).collect();
        if kept.is_empty() || measure(&whole) <= room {
            return whole;
        }
        kept.pop();
    }
}

/// The largest size at which a text fits into one line, between the two.
pub(crate) fn size_for(fonts: &Fonts, text: &str, room: i64, weight: Weight, least: i64, most: i64) -> i64 {
    let per_pixel = width(fonts, text, 1, weight).max(1);
    (room * 1000 / per_pixel).clamp(least, most.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts;

    fn set(ems: i64, lines: usize) -> Setting {
        Setting { width: ems * 10, size: 10, weight: Weight::Bold, lines }
    }

    fn broken(text: &str, ems: i64, lines: usize) -> Vec<String> {
        super::broken(fonts(), text, set(ems, lines))
    }

    #[test]
    fn a_last_line_is_no_leftover_where_narrower_lines_help() {
        let lines = |text, ems, most| super::lines(fonts(), text, set(ems, most));
        assert_eq!(lines("维达超韧抽纸整箱家用", 9, 2), ["维达超韧抽纸整", "箱家用"]);
        assert_eq!(lines("维达超韧抽纸整箱家用", 10, 2), ["维达超韧抽纸整箱家用"]);
        // A third line or an ellipsis would be worse.
        assert_eq!(lines("维达超韧", 3, 2), ["维达超", "韧"]);
        let long = lines(&"很长的标题".repeat(9), 10, 2);
        assert!(long[1].ends_with('…'));
    }

    #[test]
    fn lines_break_where_a_typesetter_would_break_them() {
        let mut wrong = Vec::new();
        // Width in ems, text, lines.
        for (ems, text, lines) in [
            (4, "新疆阿克苏苹果", vec!["新疆阿克", "苏苹果"]),
            // Closing punctuation takes the character before it along.
            (4, "新疆苹果，脆甜", vec!["新疆苹", "果，脆甜"]),
            (4, "新疆苹果。", vec!["新疆苹", "果。"]),
            (4, "脆甜（礼盒装）", vec!["脆甜（礼", "盒装）"]),
            (3, "脆甜香（礼盒）", vec!["脆甜香", "（礼", "盒）"]),
            // Opening punctuation goes with what it opens.
            (4, "苹果脆【礼盒】", vec!["苹果脆", "【礼盒】"]),
            (5, "送“大礼包”一份", vec!["送“大礼", "包”一份"]),
            // Words and numbers stay whole.
            (6, "耐克Nike运动鞋", vec!["耐克Nike运", "动鞋"]),
            (4, "华为 Mate 手机", vec!["华为", "Mate 手", "机"]),
            (3, "手机Mate60Pro", vec!["手机", "Mate", "60Pro"]),
            (5, "牛奶好250ml*12盒", vec!["牛奶好", "250ml*12", "盒"]),
            (7, "牛奶好250ml*12盒", vec!["牛奶好", "250ml*12盒"]),
            (4, "大米真香5 kg装", vec!["大米真香", "5 kg装"]),
            (4, "苹果脆12个装", vec!["苹果脆", "12个装"]),
            (4, "现在只要¥9.9元", vec!["现在只要", "¥9.9元"]),
            (4, "含量有3.5%哦", vec!["含量有", "3.5%哦"]),
            (5, "iPhone-16 壳", vec!["iPhone-1", "6 壳"]),
            (8, "Dr.Martens 靴", vec!["Dr.Martens 靴"]),
            (20, "  一行够了", vec!["  一行够了"]),
            (4, "", vec![]),
        ] {
            let found = broken(text, ems, 9);
            if found != lines {
                wrong.push(format!("{text} in {ems}: {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn no_line_begins_with_closing_nor_ends_with_opening_punctuation_at_any_width() {
        let text = "【官方旗舰】洽洽（ChaCha）每日坚果“混合”装750g/30包，儿童孕妇零食大礼包：送礼、团购！《优选》5 kg装￥59.9元";
        for ems in 4..40 {
            let lines = broken(text, ems, 50);
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""), "nothing is lost");
            for line in &lines {
                let (first, last) = (line.chars().next().unwrap(), line.chars().last().unwrap());
                assert!(!CLOSING.contains(first), "{ems}: {line}");
                assert!(!OPENING.contains(last), "{ems}: {line}");
                assert!(width(fonts(), line, 10, Weight::Bold) <= ems * 10_000, "{ems}: {line}");
            }
        }
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_within_the_width() {
        assert_eq!(broken("新疆阿克苏苹果", 5, 1), ["新疆阿克…"]);
        assert_eq!(broken("新疆，阿克苏苹果", 4, 1), ["新疆…"]);
        assert_eq!(broken("新疆阿克苏冰糖心苹果大果", 4, 2), ["新疆阿克", "苏冰糖…"]);
        assert_eq!(broken("新疆阿克苏苹果", 7, 1), ["新疆阿克苏苹果"]);
        let lines = broken(&"很长的标题".repeat(40), 18, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…') && width(fonts(), &lines[1], 10, Weight::Bold) <= 180_000);
    }

    #[test]
    fn a_size_is_found_for_what_must_stay_in_one_line() {
        let size = |text| size_for(fonts(), text, 300, Weight::Bold, 40, 96);
        assert_eq!(size("59"), 96);
        assert!((40..96).contains(&size("12345.67")));
        assert_eq!(size("一二三四五六七八九十"), 40);
    }
}
