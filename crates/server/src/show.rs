//! What people see of a command: a progress bar on a terminal, one JSON line per step with `--json`, tables at the end.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// How a command talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    /// A bar on a terminal; into a pipe, a line now and then.
    People,
    /// One JSON object per line on standard output.
    Json,
}

impl Tell {
    pub fn new(json: bool) -> Tell {
        if json { Tell::Json } else { Tell::People }
    }

    /// A line for people.
    pub fn line(self, text: impl AsRef<str>) {
        if self == Tell::People {
            out(text.as_ref());
        }
    }

    /// A result for programs.
    pub fn json(self, value: &Value) {
        if self == Tell::Json {
            out(&value.to_string());
        }
    }
}

/// Standard output; a reader that went away (`| head`) is no failure.
fn out(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A long step. `total` 0: not known.
pub struct Progress {
    tell: Tell,
    name: &'static str,
    bar: ProgressBar,
    at: u64,
    total: u64,
    /// Tenths told into a pipe.
    told: u64,
}

impl Progress {
    pub fn new(tell: Tell, name: &'static str, total: u64) -> Progress {
        let bar = ProgressBar::new(total);
        let visible = tell == Tell::People && std::io::stderr().is_terminal();
        bar.set_draw_target(if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let template = match total {
            0 => "{prefix:>12} {spinner} {pos} {wide_msg}",
            _ => "{prefix:>12} [{bar:32}] {pos}/{len} {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(name);
        if visible {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Progress { tell, name, bar, at: 0, total, told: 0 }
    }

    /// So far. `step` is the JSON line of this step.
    pub fn to(&mut self, at: u64, message: &str, step: &Value) {
        self.at = at;
        self.bar.set_position(at);
        self.bar.set_message(message.to_owned());
        if self.tell == Tell::Json {
            let mut line = serde_json::json!({ "step": self.name, "at": at });
            if self.total > 0 {
                line["of"] = self.total.into();
            }
            if let (Some(line), Some(step)) = (line.as_object_mut(), step.as_object()) {
                line.extend(step.clone());
            }
            self.tell.json(&line);
        }
        let tenth = (at * 10).checked_div(self.total).unwrap_or(0);
        if self.tell == Tell::People && self.bar.is_hidden() && tenth > self.told {
            self.told = tenth;
            eprintln!("{:>12} {at}/{} {message}", self.name, self.total);
        }
    }

    /// Ends the bar and leaves one line.
    pub fn done(self, line: &str) {
        self.bar.finish_and_clear();
        self.tell.line(format!("{:>12} {line}", self.name));
    }
}

/// A table whose columns named in `right` are aligned to the right.
pub fn table(header: &[&str], right: &[usize], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for at in right {
        if let Some(column) = table.column_mut(*at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}
