//! Promoters, written through the stores.

use crate::{Fixture, Signed};
use app::programs::Program;
use app::promoters::{self, NewPromoter, Promoter};
use kernel::{PersonId, PromoterId};

impl Fixture {
    /// A promoter of a program, with a person of their own.
    pub async fn promoter(&self, program: &Program, name: &str, inviter: Option<PromoterId>) -> Promoter {
        self.signed_promoter(program, name, inviter).await.0
    }

    /// As [`Fixture::promoter`], signed in.
    pub async fn signed_promoter(
        &self,
        program: &Program,
        name: &str,
        inviter: Option<PromoterId>,
    ) -> (Promoter, Signed) {
        let signed = self.person().await;
        (self.promoter_of(program, signed.person, name, inviter).await, signed)
    }

    /// Makes a person a promoter of a program.
    pub async fn promoter_of(
        &self,
        program: &Program,
        person: PersonId,
        name: &str,
        inviter: Option<PromoterId>,
    ) -> Promoter {
        let new =
            NewPromoter { program: program.id, person, display_name: name.to_owned(), inviter, invite_code: None };
        let mut tx = self.ctx.db.begin().await.expect("a transaction");
        let made = promoters::store::create(&mut tx, &self.ctx.ids, self.ctx.now(), &new).await.expect("a promoter");
        tx.commit().await.expect("committed");
        made.expect("a new promoter")
    }
}
