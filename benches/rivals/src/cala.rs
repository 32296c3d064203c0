//! cala-ledger on PostgreSQL: a template of four entries, posted through `post_transactions`.

use crate::{Case, Failure, Order, Taken, cpu, must_equal};
use cala_ledger::account::NewAccount;
use cala_ledger::job::{JobSvcConfig, Jobs};
use cala_ledger::journal::NewJournal;
use cala_ledger::posting::PostingInput;
use cala_ledger::tx_template::{
    NewParamDefinition, NewTxTemplate, NewTxTemplateEntry, NewTxTemplateTransaction, ParamDataType, Params,
};
use cala_ledger::{AccountId, CalaLedger, CalaLedgerConfig, JournalId, TransactionId};
use rust_decimal::Decimal;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const TEMPLATE: &str = "COMMISSION";

pub async fn run(case: &Case, url: &str) -> Result<Taken, Failure> {
    let name = format!("rivals_cala_{}", std::process::id());
    let mut admin = PgConnection::connect(url).await?;
    sqlx::query(&format!("CREATE DATABASE {name}")).execute(&mut admin).await?;
    let done = in_database(case, url, &name).await;
    sqlx::query(&format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut admin).await?;
    admin.close().await?;
    done
}

async fn in_database(case: &Case, url: &str, name: &str) -> Result<Taken, Failure> {
    let options: PgConnectOptions = url.parse()?;
    let pool = PgPoolOptions::new().max_connections(case.connections + 4).connect_with(options.database(name)).await?;
    // The roll-up of sets of accounts is registered and never polled: there are no sets, and polling would cost.
    let mut jobs = Jobs::init(JobSvcConfig::builder().pool(pool.clone()).build()?).await?;
    let config = CalaLedgerConfig::builder().pool(pool.clone()).exec_migrations(true).build()?;
    let cala = CalaLedger::init(config, &mut jobs).await?;
    let books = Arc::new(Books::open(cala, case.promoters).await?);
    let meter = cpu::Meter::with_server(url).await?;
    let empty = size(&pool).await?;
    for batch in case.warming() {
        books.post(&batch).await?;
    }
    let batches = Arc::new(case.measured());
    let next = Arc::new(AtomicUsize::new(0));
    let (used, started) = (meter.now(), Instant::now());
    let posters: Vec<_> = (0..case.connections)
        .map(|_| {
            let (books, batches, next) = (books.clone(), batches.clone(), next.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    books.post(batch).await?;
                    latencies.push(started.elapsed());
                }
                Ok::<_, Failure>(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for poster in posters {
        latencies.extend(poster.await??);
    }
    let (wall, cpu) = (started.elapsed(), meter.since(used));
    books.check(case, &pool).await?;
    let bytes = size(&pool).await?.saturating_sub(empty);
    pool.close().await;
    let durability = cpu::durability(url).await?;
    Ok(Taken { engine: "postgresql", durability, wall, cpu, bytes, latencies })
}

async fn size(pool: &PgPool) -> Result<u64, Failure> {
    let bytes: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(pool).await?;
    Ok(bytes.unsigned_abs())
}

struct Books {
    cala: CalaLedger,
    journal: JournalId,
    receivable: AccountId,
    platform: AccountId,
    promoters: Vec<AccountId>,
}

impl Books {
    async fn open(cala: CalaLedger, promoters: u32) -> Result<Self, Failure> {
        let journal = JournalId::new();
        cala.journals().create(NewJournal::builder().id(journal).name("commission").build()).await?;
        let mut ids = Vec::new();
        for n in 0..promoters + 2 {
            let id = AccountId::new();
            let code = format!("account-{n}");
            cala.accounts().create(NewAccount::builder().id(id).name(code.clone()).code(code).build()).await?;
            ids.push(id);
        }
        let [platform, receivable] = [ids.pop(), ids.pop()].map(|id| id.expect("two more accounts"));
        let param = |name: &str, kind| NewParamDefinition::builder().name(name).r#type(kind).build();
        let params = vec![
            param("key", ParamDataType::String)?,
            param("l1", ParamDataType::Uuid)?,
            param("l2", ParamDataType::Uuid)?,
            param("commission", ParamDataType::Decimal)?,
            param("part1", ParamDataType::Decimal)?,
            param("part2", ParamDataType::Decimal)?,
            param("rest", ParamDataType::Decimal)?,
        ];
        let entry = |kind: &str, account: String, direction: &str, units: &str| {
            NewTxTemplateEntry::builder()
                .entry_type(format!("'{kind}'"))
                .account_id(account)
                .layer("SETTLED")
                .direction(direction)
                .units(format!("params.{units}"))
                .currency("'CNY'")
                .build()
        };
        let entries = vec![
            entry("RECEIVABLE", format!("uuid('{receivable}')"), "DEBIT", "commission")?,
            entry("L1", "params.l1".into(), "CREDIT", "part1")?,
            entry("L2", "params.l2".into(), "CREDIT", "part2")?,
            entry("PLATFORM", format!("uuid('{platform}')"), "CREDIT", "rest")?,
        ];
        let transaction = NewTxTemplateTransaction::builder()
            .effective("date()")
            .journal_id(format!("uuid('{journal}')"))
            .external_id("params.key")
            .build()?;
        let template = NewTxTemplate::builder()
            .id(uuid::Uuid::now_v7())
            .code(TEMPLATE)
            .params(params)
            .transaction(transaction)
            .entries(entries)
            .build();
        cala.tx_templates().create(template).await?;
        Ok(Self { cala, journal, receivable, platform, promoters: ids })
    }

    async fn post(&self, orders: &[Order]) -> Result<(), Failure> {
        let posting = |order: &Order| {
            let mut params = Params::new();
            params.insert("key", order.key.clone());
            params.insert("l1", self.promoters[order.first]);
            params.insert("l2", self.promoters[order.second]);
            params.insert("commission", Decimal::new(order.commission, 2));
            params.insert("part1", Decimal::new(order.l1, 2));
            params.insert("part2", Decimal::new(order.l2, 2));
            params.insert("rest", Decimal::new(order.platform(), 2));
            PostingInput::new(TransactionId::new(), TEMPLATE, params)
        };
        self.cala.post_transactions(orders.iter().map(posting).collect()).await?;
        Ok(())
    }

    /// It did the job: every order once, and both balances that are known beforehand.
    async fn check(&self, case: &Case, pool: &PgPool) -> Result<(), Failure> {
        let (orders, commission, platform) = case.expected();
        let keys: i64 =
            sqlx::query_scalar("SELECT COUNT(DISTINCT external_id) FROM cala_transactions").fetch_one(pool).await?;
        must_equal("transactions", keys, orders)?;
        let currency = "CNY".parse()?;
        let receivable = self.cala.balances().find(self.journal, self.receivable, currency).await?;
        must_equal("receivable", receivable.details.settled.dr_balance, Decimal::new(commission, 2))?;
        let revenue = self.cala.balances().find(self.journal, self.platform, currency).await?;
        must_equal("platform", revenue.details.settled.cr_balance, Decimal::new(platform, 2))
    }
}
