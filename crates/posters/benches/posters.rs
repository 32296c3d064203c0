//! What a poster costs in CPU time of one thread: warm (the photo is kept) and cold (it is decoded and scaled first).
//! Median of interleaved rounds. Ends with an error where a poster costs more than it may.

use posters::{Kind, Photo, drawn, fonts};
use std::fmt::Write;

const ROUNDS: usize = 11;
/// Posters of one measurement: the kernel counts in ticks of up to 4 ms.
const EACH: u64 = 10;
/// Microseconds.
const WARM_MAX: u64 = 15_000;
const COLD_MAX: u64 = 30_000;

/// Nanoseconds that this thread has been on a processor.
fn on_cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("this bench needs Linux");
    text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds")
}

/// Microseconds of one of `times`.
fn measured(times: u64, mut what: impl FnMut()) -> u64 {
    let before = on_cpu();
    for _ in 0..times {
        what();
    }
    (on_cpu() - before) / 1000 / times
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times[times.len() / 2]
}

/// As detailed as a photo: a JPEG of about 120 KB.
fn picture() -> Vec<u8> {
    let mut svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 800 800' width='800' height='800'>".to_owned();
    for n in 0..2600_u32 {
        let (x, y, r, colour) = (n * 271 % 800, n * 613 % 800, 3 + n % 14, n * 48_271 % 4096);
        let _ = write!(svg, "<circle cx='{x}' cy='{y}' r='{r}' fill='#{colour:03x}' fill-opacity='.6'/>");
    }
    svg.push_str("</svg>");
    drawn(&svg, 800).and_then(|photo| photo.jpeg()).expect("a picture")
}

fn main() {
    let unpacking = measured(1, || {
        fonts();
    });
    let jpeg = picture();
    let mut over = false;
    println!("fonts unpacked once: {} ms; photo of {} KB", unpacking / 1000, jpeg.len() / 1024);
    for kind in Kind::ALL {
        let (template, values) = (kind.template(), kind.sample());
        let prepared = |size: (u32, u32)| Photo::decode(&jpeg).and_then(|p| p.fitted(size.0, size.1)).expect("a photo");
        let photo = template.photo_size().map(prepared);
        let (mut warm, mut cold, mut bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            warm.push(measured(EACH, || bytes = template.render(&values, photo.as_ref()).expect("a poster").len()));
            cold.push(measured(EACH, || {
                let photo = template.photo_size().map(prepared);
                template.render(&values, photo.as_ref()).expect("a poster");
            }));
        }
        let (warm, cold) = (median(warm), median(cold));
        println!(
            "{:8} warm {}.{} ms, cold {}.{} ms of CPU; {} KB",
            kind.word(),
            warm / 1000,
            warm % 1000 / 100,
            cold / 1000,
            cold % 1000 / 100,
            bytes / 1024
        );
        over |= warm > WARM_MAX || cold > COLD_MAX;
    }
    if over {
        eprintln!("a poster costs more than {} ms warm or {} ms cold", WARM_MAX / 1000, COLD_MAX / 1000);
        std::process::exit(1);
    }
}
