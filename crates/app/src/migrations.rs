//! The one ordered list of migrations, and the click log's own. A text never changes after it has landed.

use infra::db::Migration;

macro_rules! migrations {
    ($folder:literal: $($number:literal $name:literal),* $(,)?) => {
        &[$(Migration { number: $number, name: $name, text: include_str!(concat!("../migrations/", $folder, $name, ".sql")) }),*]
    };
}

pub const MAIN: &[Migration] = migrations!("":
    1 "0001_infra", 2 "0002_programs", 3 "0003_persons", 4 "0004_promoters", 5 "0005_catalog", 6 "0006_orders",
    7 "0007_ledger", 8 "0008_reports", 9 "0009_installation", 10 "0010_faces", 11 "0011_board", 12 "0012_lists",
    13 "0013_operate", 14 "0014_posters", 15 "0015_compact", 16 "0016_epoch", 17 "0017_positions", 18 "0018_operations",
);

pub const CLICKS: &[Migration] = migrations!("clicks/": 1 "0001_clicks", 2 "0002_counts", 3 "0003_lists");

/// Names under which the two lists are noted.
pub const MAIN_LIST: &str = "main";
pub const CLICKS_LIST: &str = "clicks";
