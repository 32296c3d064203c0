//! Order rows as JD reports them, written straight into the books (without HTTP).

use crate::Fixture;
use app::commission::{self, pull::store_batch};
use app::orders::{self, Line};
use app::programs::UnionAccount;
use app::promoters::Promoter;
use connectors::unions::{OrderRow, jd};
use kernel::{Bucket, Instant, Money, ShareCode, UnionAccountId, Zone};

/// One report of one line in JD's shape. Amounts in fen.
#[derive(Clone, Debug)]
pub struct Report {
    pub key: String,
    pub order_no: i64,
    pub parent_no: i64,
    pub code: String,
    pub valid_code: i64,
    pub estimated_fen: i64,
    pub actual_fen: i64,
    pub ordered_at: Instant,
    pub modified_at: Instant,
    pub categories: [i64; 3],
}

impl Report {
    /// A paid order of this moment; change what matters.
    pub fn paid(key: &str, code: &str, estimated_fen: i64, at: Instant) -> Report {
        Report {
            key: key.to_owned(),
            order_no: 280_000_000_001,
            parent_no: 0,
            code: code.to_owned(),
            valid_code: 16,
            estimated_fen,
            actual_fen: 0,
            ordered_at: at,
            modified_at: at,
            categories: [15901, 15908, 15921],
        }
    }

    /// The same line, reported later with another code and actual fee.
    pub fn later(&self, valid_code: i64, actual_fen: i64, after_days: i64) -> Report {
        Report { valid_code, actual_fen, modified_at: self.modified_at.plus_days(after_days), ..self.clone() }
    }

    pub fn row(&self) -> OrderRow {
        jd::read_order_row(&self.raw()).expect("a row in the documented shape")
    }

    /// The row as JD writes it.
    pub fn raw(&self) -> String {
        let zone = Zone::china();
        let fen = Money::from_fen;
        format!(
            r#"{{"id":"{}","orderId":{},"parentId":{},"validCode":{},"estimateFee":{},"actualFee":{},"estimateCosPrice":{},"actualCosPrice":{},"orderTime":"{}","modifyTime":"{}","finishTime":"","subUnionId":"{}","cid1":{},"cid2":{},"cid3":{},"skuId":100012345001,"itemId":"item1","skuName":"香氛洗衣液","skuNum":1,"skuReturnNum":0,"price":99.8,"commissionRate":3.0,"payMonth":"0","balanceExt":""}}"#,
            self.key,
            self.order_no,
            self.parent_no,
            self.valid_code,
            fen(self.estimated_fen),
            fen(self.actual_fen),
            fen(self.estimated_fen * 20),
            fen(self.actual_fen * 20),
            self.ordered_at.local(&zone),
            self.modified_at.local(&zone),
            self.code,
            self.categories[0],
            self.categories[1],
            self.categories[2],
        )
    }
}

impl Fixture {
    /// The share code of a promoter: `community` 0 none, 1 for themself.
    pub fn code(&self, promoter: &Promoter, community: u16) -> String {
        let code = ShareCode { bucket: promoter.id.bucket(), promoter: promoter.number, community, product: 64 };
        code.text(&self.ctx.codes).expect("parts fit")
    }

    /// Records reports as one page fetched now.
    pub async fn report(&self, account: UnionAccountId, reports: &[Report]) {
        self.report_at(account, reports, self.ctx.now()).await;
    }

    pub async fn report_at(&self, account: UnionAccountId, reports: &[Report], fetched_at: Instant) {
        let account = self.account(account).await;
        let rows: Vec<OrderRow> = reports.iter().map(Report::row).collect();
        store_batch(&self.ctx, &account, &rows, fetched_at, None).await.expect("the page is recorded");
    }

    pub async fn account(&self, id: UnionAccountId) -> UnionAccount {
        let mut read = self.ctx.db.read().await.expect("a connection");
        app::programs::find_account(&mut read, id).await.expect("a query").expect("the account").0
    }

    /// All order lines.
    pub async fn lines(&self) -> Vec<Line> {
        let mut tx = self.ctx.db.snapshot().await.expect("a snapshot");
        let mut lines = Vec::new();
        for bucket in Bucket::all() {
            lines.extend(orders::store::page_of_bucket(&mut tx, bucket, 0, 10_000).await.expect("lines"));
        }
        lines
    }

    /// All balances that are not zero, by account name and owner, in fen; summed over buckets.
    pub async fn books(&self) -> Vec<(String, String, i64)> {
        let mut read = self.ctx.db.read().await.expect("a connection");
        let sql = "SELECT account, owner, CAST(SUM(balance_fen) AS BIGINT) AS fen FROM ledger_balance
                   GROUP BY account, owner HAVING SUM(balance_fen) <> 0 ORDER BY account, owner";
        let rows = read.all(sql, vec![]).await.expect("balances");
        rows.iter()
            .map(|row| {
                let kind = accounting::AccountKind::from_name(&row.text("account").expect("text")).expect("an account");
                let account = accounting::Account { kind, owner: row.int("owner").expect("an owner") };
                (kind.name().to_owned(), account.owner_text(), row.int("fen").expect("fen"))
            })
            .collect()
    }

    /// One balance in fen.
    pub async fn balance(&self, account: &str, owner: impl ToString) -> i64 {
        let owner = owner.to_string();
        self.books().await.into_iter().find(|(a, o, _)| a == account && *o == owner).map_or(0, |(_, _, fen)| fen)
    }

    /// `ledger verify` finds nothing.
    pub async fn assert_verified(&self) {
        let report = commission::verify(&self.ctx, |_, _| {}).await.expect("verification runs");
        assert_eq!(report.differences, 0, "{:?}", report.findings);
    }
}
