//! Promoters, written through the stores.

use crate::Fixture;
use app::programs::Program;
use app::promoters::{self, NewPromoter, Promoter};
use kernel::PromoterId;

impl Fixture {
    /// A promoter of a program, with a person of their own.
    pub async fn promoter(&self, program: &Program, name: &str, inviter: Option<PromoterId>) -> Promoter {
        let person = self.person().await.person;
        let new =
            NewPromoter { program: program.id, person, display_name: name.to_owned(), inviter, invite_code: None };
        let mut tx = self.ctx.db.begin().await.expect("a transaction");
        let made = promoters::store::create(&mut tx, &self.ctx.ids, self.ctx.now(), &new).await.expect("a promoter");
        tx.commit().await.expect("committed");
        made.expect("a new promoter")
    }
}
