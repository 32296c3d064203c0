//! What the founder is told without looking: the urgent part of the inbox, by a group robot of WeCom and by mail.
//!
//! An alarm stands as long as the inbox says so; a moment without it ([`CLEAR_SECONDS`]) is no end yet. It is told once, again
//! after the repeat interval, and once more when it is over. What is to be told is written with the change that it is
//! about, and sent by a job of its own: a worker that is killed in between tells it twice at the most, never not at all.
//! Bounds: one message per channel and run, [`TRIES`] runs for a notice, [`ALARMS_MAX`] alarms that stand.

use super::inbox::{self, Item, Severity};
use super::store::{self, Notice, Standing};
use crate::ctx::Ctx;
use connectors::messages::{Mail, Robot, SendError, TEXT_BYTES_MAX};
use infra::db::{DbError, Tx};
use kernel::{Bucket, Id, Kind, Zone};

/// Looks for alarms; sends what is to be told. Recurring, every [`EVERY_SECONDS`].
pub const WATCH: &str = "alarms.watch";
pub const SEND: &str = "alarms.send";
pub const EVERY_SECONDS: i64 = 60;

/// What the founder is told of; all else waits in the inbox.
const KINDS: [(&str, &str); 7] = [
    ("ledger_findings", "账本核对发现差异"),
    ("job_failed", "后台任务失败"),
    ("disk_low", "磁盘空间不足"),
    ("pull_failing", "拉取订单一直失败"),
    ("pull_late", "订单进度落后"),
    ("budget_80", "今天的联盟调用额度快用完了"),
    ("no_orders", "很久没有新订单"),
];

/// An alarm that is not seen for so long is over.
const CLEAR_SECONDS: i64 = 300;
/// Runs in which a notice is tried; with the waits of a job that fails, more than an hour.
const TRIES: i64 = 12;
/// Alarms that stand at once; what comes beyond is told when one of them is over.
const ALARMS_MAX: usize = 100;
/// Characters of what the machine said.
const DETAIL_MAX: usize = 160;
/// Given-up notices are kept so long.
const KEPT_DAYS: i64 = 30;

pub struct NoticeKind;
impl Kind for NoticeKind {
    const PREFIX: &'static str = "ntc";
}
pub type NoticeId = Id<NoticeKind>;

/// How the founder is told, and of what.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    pub robot: Option<Robot>,
    pub mail: Option<Mail>,
    /// An alarm that stands is told again after so long; 0: never.
    pub repeat_hours: u32,
    /// So long without an order is an alarm; 0: never.
    pub no_orders_hours: u32,
}

const ROBOT: &str = "wecom";
const MAIL: &str = "mail";

impl Channels {
    /// Names of those that are configured.
    pub fn names(&self) -> Vec<&'static str> {
        let robot = self.robot.as_ref().map(|_| ROBOT);
        robot.into_iter().chain(self.mail.as_ref().map(|_| MAIL)).collect()
    }

    /// A text on one channel; nothing happens where it is not configured.
    pub async fn tell(&self, channel: &str, subject: &str, text: &str) -> Result<(), SendError> {
        match (channel, &self.robot, &self.mail) {
            (ROBOT, Some(robot), _) => robot.send(text).await,
            (MAIL, _, Some(mail)) => mail.send(subject, text).await,
            _ => Ok(()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Compares what the inbox says with the alarms that stand, and notes what is to be told. Without a channel nothing is: whoever
/// configures one later is told all that stands.
pub async fn watch(ctx: &Ctx) -> Result<(), DbError> {
    let channels = &ctx.settings.alarms;
    let names = channels.names();
    if names.is_empty() {
        return Ok(());
    }
    let items = inbox::urgent(ctx, &mut ctx.db.read().await?).await?;
    let items: Vec<&Item> = items.iter().filter(|item| words(item.kind).is_some()).take(ALARMS_MAX).collect();
    let now = ctx.now();
    let mut tx = ctx.db.begin().await?;
    let standing = store::standing_alarms(&mut tx).await?;
    let mut told = Vec::new();
    for item in &items {
        let known = standing.iter().find(|alarm| is_of(alarm, item));
        let repeat = i64::from(channels.repeat_hours) * 3600;
        let again = known.is_some_and(|alarm| repeat > 0 && alarm.told_at.plus_seconds(repeat) <= now);
        let told_at = known.filter(|_| !again).map_or(now, |alarm| alarm.told_at);
        let raised_at = known.map_or(now, |alarm| alarm.raised_at);
        if known.is_none() || again {
            told.push(line(if again { "● 仍然：" } else { "● " }, item.kind, &detail_of(item)));
        }
        let alarm = Standing {
            kind: item.kind.to_owned(),
            subject: subject_of(item).to_owned(),
            severity: item.severity.word().to_owned(),
            detail: detail_of(item),
            raised_at,
            told_at,
            absent_since: None,
        };
        store::put_alarm(&mut tx, &alarm).await?;
    }
    for alarm in standing.iter().filter(|alarm| !items.iter().any(|item| is_of(alarm, item))) {
        match alarm.absent_since {
            Some(since) if since.plus_seconds(CLEAR_SECONDS) <= now => {
                store::end_alarm(&mut tx, &alarm.kind, &alarm.subject).await?;
                told.push(line("✓ 已恢复：", &alarm.kind, &alarm.detail));
            }
            Some(_) => {}
            None => {
                let absent = Standing { absent_since: Some(now), ..alarm.clone() };
                store::put_alarm(&mut tx, &absent).await?;
            }
        }
    }
    for channel in names {
        for text in &told {
            let id: NoticeId = ctx.ids.next(Bucket::ZERO);
            store::add_notice(&mut tx, id, channel, text, now).await?;
        }
    }
    store::purge_notices(&mut tx, now.plus_days(-KEPT_DAYS)).await?;
    tx.commit().await
}

fn is_of(alarm: &Standing, item: &Item) -> bool {
    alarm.kind == item.kind && alarm.subject == subject_of(item)
}

fn subject_of(item: &Item) -> &str {
    // Each run of the verification is another subject; the alarm is that the books differ.
    if item.kind == "ledger_findings" { "" } else { item.subject.as_deref().unwrap_or_default() }
}

fn detail_of(item: &Item) -> String {
    let said = match (&item.detail, item.kind) {
        (Some(detail), _) => detail.clone(),
        (None, "ledger_findings") => format!("{} 处", item.count),
        (None, _) => String::new(),
    };
    let said: String = said.chars().filter(|c| !c.is_control()).take(DETAIL_MAX).collect();
    match item.since.filter(|_| item.severity != Severity::Info) {
        Some(since) => format!("{said}（自 {}）", since.local(&Zone::china())),
        None => said,
    }
}

fn words(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, words)| *words)
}

fn line(mark: &str, kind: &str, detail: &str) -> String {
    let words = words(kind).unwrap_or_default();
    if detail.is_empty() { format!("{mark}{words}") } else { format!("{mark}{words}：{detail}") }
}

/// Sends what is to be told: one message per channel, of as many notices as fit; the rest is the next run's. A channel that
/// does not take it makes the run fail, so that the job shows it, after all channels were tried.
pub async fn send(ctx: &Ctx) -> Result<(), AlarmError> {
    let mut failed = None;
    for channel in ctx.settings.alarms.names() {
        let waiting = store::waiting_notices(&mut ctx.db.read().await?, channel).await?;
        let (text, taken) = message(&ctx.settings.public_url, &waiting);
        if taken.is_empty() {
            continue;
        }
        // No transaction is open while the channel is spoken to.
        let outcome = ctx.settings.alarms.tell(channel, &format!("导购告警 {} 条", taken.len()), &text).await;
        let mut tx = ctx.db.begin().await?;
        for notice in taken {
            note_outcome(&mut tx, notice, &outcome).await?;
        }
        tx.commit().await?;
        failed = failed.or(outcome.err());
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

async fn note_outcome(tx: &mut Tx, notice: &Notice, outcome: &Result<(), SendError>) -> Result<(), DbError> {
    let Err(error) = outcome else { return store::remove_notice(tx, notice.id).await };
    let over = error.lasting || notice.attempts + 1 >= TRIES;
    if over {
        tracing::error!(channel = %notice.channel, error = %error, notice = %notice.text, "an alarm is not told: given up");
    }
    store::note_attempt(tx, notice.id, over, &error.to_string()).await
}

/// A message of as many notices as fit, and which those are.
fn message<'a>(public_url: &str, waiting: &'a [Notice]) -> (String, Vec<&'a Notice>) {
    let mut text = "【导购告警】".to_owned();
    let end = format!("\n{public_url}/console/");
    let mut taken = Vec::new();
    for notice in waiting {
        if text.len() + 1 + notice.text.len() + end.len() > TEXT_BYTES_MAX {
            break;
        }
        text.push('\n');
        text.push_str(&notice.text);
        taken.push(notice);
    }
    text.push_str(&end);
    (text, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Instant;

    #[test]
    fn a_message_holds_what_fits_and_never_half_a_notice() {
        let notice = |n: i64| Notice {
            id: NoticeId::from_raw(n),
            channel: ROBOT.to_owned(),
            text: line("● ", "pull_failing", &"字".repeat(DETAIL_MAX)),
            at: Instant::from_micros(n),
            attempts: 0,
        };
        let waiting: Vec<Notice> = (0..10).map(notice).collect();
        let (text, taken) = message("https://daogou.example", &waiting);
        assert_eq!(taken.len(), 3);
        assert!(
            text.len() <= TEXT_BYTES_MAX && text.ends_with("/console/") && text.starts_with("【导购告警】\n● 拉取")
        );
        assert!(message("https://daogou.example", &[]).1.is_empty());
    }
}
