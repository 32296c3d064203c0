//! Takes clicks off the request path and writes them in batches.
//!
//! What a crash can lose: the clicks of at most [`WAIT`] and those still queued, never more than [`QUEUE`]. A full queue
//! and a database that fails [`TRIES`] times lose clicks too; those are counted (`daogou_clicks_dropped_total`).

use super::agents::Class;
use infra::db::{Col, Db, DbError};
use infra::ids::IdSource;
use infra::secrets::{MarkKey, MasterKey};
use infra::telemetry::Metrics;
use infra::{Clock, args};
use kernel::{Id, Instant, Kind, ProgramId, PromoterId};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Clicks that may wait.
pub const QUEUE: usize = 10_000;
/// Rows of one transaction.
pub const BATCH: usize = 500;
const DAY_MICROS: i64 = 86_400_000_000;
/// How long a click waits for others.
const WAIT: Duration = Duration::from_millis(200);
const TRIES: u32 = 5;

pub struct ClickKind;
impl Kind for ClickKind {
    const PREFIX: &'static str = "clk";
}
pub type ClickId = Id<ClickKind>;

/// One opening of a share link.
#[derive(Clone, Debug)]
pub struct Click {
    pub at: Instant,
    pub program: ProgramId,
    pub promoter: PromoterId,
    pub community: u16,
    pub product: u64,
    pub class: Class,
    /// `redirect` or `page`.
    pub surface: &'static str,
    /// Keyed, with a salt of the day: the same address is another hash tomorrow.
    pub address_hash: Vec<u8>,
    pub agent: &'static str,
}

enum Message {
    Click(Box<Click>),
    Flush(oneshot::Sender<()>),
}

/// Bounded queue in front of the click log; cloneable.
#[derive(Clone)]
pub struct ClickLog {
    queue: mpsc::Sender<Message>,
    metrics: Metrics,
    /// The day whose salt is at hand, and the salt.
    salt: Arc<RwLock<Option<(i64, MarkKey)>>>,
}

impl ClickLog {
    /// Starts the writer. It ends when the last handle is dropped, after writing what is queued.
    pub fn start(db: Db, _clock: Clock, ids: IdSource, metrics: Metrics) -> ClickLog {
        let (queue, received) = mpsc::channel(QUEUE);
        tokio::spawn(write(db, ids, metrics.clone(), received));
        ClickLog { queue, metrics, salt: Arc::default() }
    }

    /// Never waits: a full queue loses the click and counts it.
    pub fn note(&self, click: Click) {
        self.metrics.clicks.with_label_values(&[click.class.word()]).inc();
        if self.queue.try_send(Message::Click(Box::new(click))).is_err() {
            self.metrics.clicks_dropped.inc();
        }
    }

    /// Keyed, with a salt of the day: the same address is another hash tomorrow.
    pub fn address_hash(&self, master: &MasterKey, address: IpAddr, now: Instant) -> Vec<u8> {
        let day = now.micros().div_euclid(DAY_MICROS);
        let marked = |key: &MarkKey| key.mark(address.to_string().as_bytes())[..16].to_vec();
        if let Some((of, key)) = self.salt.read().unwrap_or_else(PoisonError::into_inner).as_ref()
            && *of == day
        {
            return marked(key);
        }
        let key = master.mark_key(&format!("click-address/{day}"));
        let hash = marked(&key);
        *self.salt.write().unwrap_or_else(PoisonError::into_inner) = Some((day, key));
        hash
    }

    /// Clicks of this process that are not written yet.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Returns when everything noted before is written (or given up).
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }
}

async fn write(db: Db, ids: IdSource, metrics: Metrics, mut received: mpsc::Receiver<Message>) {
    let mut batch: Vec<Click> = Vec::with_capacity(BATCH);
    let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
    while let Some(first) = received.recv().await {
        take(first, &mut batch, &mut waiting);
        let until = tokio::time::Instant::now() + WAIT;
        // Somebody waits for the end of the batch, or it is full, or its time is over.
        while batch.len() < BATCH && waiting.is_empty() {
            match tokio::time::timeout_at(until, received.recv()).await {
                Ok(Some(next)) => take(next, &mut batch, &mut waiting),
                Ok(None) | Err(_) => break,
            }
        }
        save(&db, &ids, &metrics, &mut batch).await;
        for done in waiting.drain(..) {
            let _ = done.send(());
        }
    }
}

fn take(message: Message, batch: &mut Vec<Click>, waiting: &mut Vec<oneshot::Sender<()>>) {
    match message {
        Message::Click(click) => batch.push(*click),
        Message::Flush(done) => waiting.push(done),
    }
}

async fn save(db: &Db, ids: &IdSource, metrics: &Metrics, batch: &mut Vec<Click>) {
    if batch.is_empty() {
        return;
    }
    for n in 0..TRIES {
        match insert(db, ids, batch).await {
            Ok(()) => {
                batch.clear();
                return;
            }
            Err(error) => {
                tracing::warn!(error = %error, clicks = batch.len(), "clicks could not be written");
                tokio::time::sleep(Duration::from_millis(100 << n)).await;
            }
        }
    }
    tracing::error!(clicks = batch.len(), "clicks are lost: the click log does not answer");
    metrics.clicks_dropped.inc_by(batch.len() as u64);
    batch.clear();
}

async fn insert(db: &Db, ids: &IdSource, batch: &[Click]) -> Result<(), DbError> {
    let rows = batch.iter().map(|click| {
        let id: ClickId = ids.next(click.promoter.bucket());
        args![
            click.promoter.bucket(),
            id,
            click.at,
            click.program,
            click.promoter,
            i64::from(click.community),
            i64::try_from(click.product).unwrap_or_default(),
            click.class.word(),
            click.surface,
            click.address_hash.clone(),
            click.agent
        ]
    });
    let mut tx = db.begin().await?;
    tx.bulk(
        "INSERT INTO click (bucket, id, at_us, program_id, promoter_id, community, product_number, class, surface, address_hash, agent)",
        &[
            Col::Int, Col::Int, Col::Int, Col::Int, Col::Int, Col::Int, Col::Int, Col::Text, Col::Text, Col::Bytes, Col::Text,
        ],
        rows.collect(),
        "",
    )
    .await?;
    for ((head, tail), seconds) in [(COUNT_MINUTES, 60), (COUNT_QUARTERS, 900)] {
        let mut counts: BTreeMap<(i64, i64, &'static str), i64> = BTreeMap::new();
        for click in batch {
            let time = click.at.seconds().div_euclid(seconds);
            *counts.entry((click.program.raw(), time, click.class.word())).or_default() += 1;
        }
        let rows = counts.iter().map(|((program, time, class), n)| {
            args![ProgramId::from_raw(*program).bucket(), *program, *time, *class, *n]
        });
        let types = [Col::Int, Col::Int, Col::Int, Col::Text, Col::Int];
        tx.bulk(head, &types, rows.collect(), tail).await?;
    }
    tx.commit().await
}

/// Head and tail of the two counts. Rows are added in the order of their keys: two writers wait, never block each other.
const COUNT_MINUTES: (&str, &str) = (
    "INSERT INTO click_minute (bucket, program_id, minute, class, n)",
    "ON CONFLICT (bucket, program_id, minute, class) DO UPDATE SET n = click_minute.n + excluded.n",
);
const COUNT_QUARTERS: (&str, &str) = (
    "INSERT INTO click_quarter (bucket, program_id, quarter, class, n)",
    "ON CONFLICT (bucket, program_id, quarter, class) DO UPDATE SET n = click_quarter.n + excluded.n",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::{CLICKS, CLICKS_LIST};
    use infra::db::Durability;

    fn click(at: Instant) -> Click {
        Click {
            at,
            program: ProgramId::from_raw(1),
            promoter: PromoterId::from_raw(2),
            community: 0,
            product: 3,
            class: Class::Human,
            surface: "redirect",
            address_hash: vec![0; 16],
            agent: "wechat",
        }
    }

    /// On one thread the writer cannot run while clicks are noted: the queue fills to its bound.
    #[tokio::test]
    async fn a_full_queue_loses_clicks_and_counts_them() {
        let folder = std::env::temp_dir().join(format!("daogou-clicks-{}", std::process::id()));
        let url = format!("sqlite:{}", folder.join("clicks.db").display());
        let db = Db::open(&url, Durability::Normal, 1).await.unwrap();
        let clock = Clock::system();
        db.migrate(CLICKS_LIST, CLICKS, clock.now()).await.unwrap();
        let metrics = Metrics::new().unwrap();
        let log = ClickLog::start(db.clone(), clock.clone(), IdSource::new(clock.clone(), 0), metrics.clone());
        for _ in 0..QUEUE + 50 {
            log.note(click(clock.now()));
        }
        log.flush().await;
        let row = db.read().await.unwrap().one("SELECT COUNT(*) AS n FROM click", vec![]).await.unwrap().unwrap();
        assert_eq!(row.int("n").unwrap(), QUEUE as i64);
        assert_eq!(metrics.clicks_dropped.get(), 50);
        assert_eq!(metrics.clicks.with_label_values(&["human"]).get(), QUEUE as u64 + 50);
        db.close().await;
        let _ = std::fs::remove_dir_all(folder);
    }
}
