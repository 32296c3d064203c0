//! Owners, staff, programs and union accounts. Builders write through the stores, so dates may lie in the past here.

use crate::{Fixture, PICTURES_BYTES};
use accounting::{PlanLine, Scope, Terms};
use app::ctx::{Ctx, Limits, Parts, Settings};
use app::links::ClickLog;
use app::posters::Studio;
use app::programs::Unions;
use app::programs::{self, Admission, Program, ProgramState, UnionAccount, seal_context};
use app::staff::Role;
use app::{persons, staff};
use connectors::wechat::Wechat;
use kernel::{Instant, PersonId, ProgramId, Rate, UnionAccountId, Zone};
use std::sync::Arc;

/// From when builders put rules in force: long before [`crate::START`].
const LONG_AGO: &str = "2025-01-01T00:00:00Z";

/// Somebody with a browser session: send `cookie` as the Cookie header and, with every change, `csrf` as
/// `x-csrf-token`.
#[derive(Clone, Debug)]
pub struct Signed {
    pub person: PersonId,
    pub cookie: String,
    pub csrf: String,
}

fn long_ago() -> Instant {
    Instant::parse_rfc3339(LONG_AGO).expect("a constant")
}

impl Fixture {
    /// An owner of all programs, signed in.
    pub async fn owner(&self) -> Signed {
        self.staff(None, Role::Owner).await
    }

    /// Somebody with a role in one program or in all, signed in.
    pub async fn staff(&self, program: Option<ProgramId>, role: Role) -> Signed {
        let signed = self.person().await;
        let mut tx = self.ctx.db.begin().await.expect("a transaction");
        staff::store::grant(&mut tx, signed.person, program, role, signed.person, self.ctx.now())
            .await
            .expect("a grant");
        tx.commit().await.expect("committed");
        signed
    }

    /// Somebody without any role, signed in. Their password fits nothing: hashing takes long.
    pub async fn person(&self) -> Signed {
        let name = format!("person-{}", infra::secrets::hex(&infra::secrets::random::<8>()));
        let ctx = &self.ctx;
        let mut tx = ctx.db.begin().await.expect("a transaction");
        let person = persons::store::create(&mut tx, &ctx.ids, ctx.now(), &name, &name, "none")
            .await
            .expect("a person")
            .expect("a free name");
        let opened =
            persons::session::sign_in(ctx, &mut tx, person, persons::session::Keeps::Cookie).await.expect("a session");
        tx.commit().await.expect("committed");
        Signed { person, cookie: opened.cookie(), csrf: opened.csrf }
    }

    /// Somebody without any role who can sign in with a password.
    pub async fn person_named(&self, name: &str, display_name: &str, password: &str) -> PersonId {
        let hash = infra::password::hash(password).await.expect("hashed");
        let ctx = &self.ctx;
        let mut tx = ctx.db.begin().await.expect("a transaction");
        let person = persons::store::create(&mut tx, &ctx.ids, ctx.now(), name, display_name, &hash).await;
        tx.commit().await.expect("committed");
        person.expect("a person").expect("a free name")
    }

    /// The same installation, started anew with other settings and limits.
    pub fn restarted(self, settings: Settings, limits: Limits) -> Fixture {
        let wechat = self.ctx.wechat.clone();
        self.with_parts(settings, limits, wechat)
    }

    /// The same installation, with WeChat at this place on this machine.
    pub fn with_wechat(self, base: &str) -> Fixture {
        let wechat = Wechat::try_new(base, self.clock.clone()).expect("an address on this machine");
        let (settings, limits) = (self.ctx.settings.clone(), self.ctx.limits.clone());
        self.with_parts(settings, limits, wechat)
    }

    fn with_parts(self, settings: Settings, limits: Limits, wechat: Wechat) -> Fixture {
        let old = &self.ctx;
        let parts = Parts {
            db: old.db.clone(),
            clicks: old.clicks.clone(),
            clock: old.clock.clone(),
            ids: old.ids.clone(),
            master: old.master.clone(),
            codes: old.master.code_keys(),
            metrics: old.metrics.clone(),
            studio: Arc::new(Studio::new(&self.database.pictures, PICTURES_BYTES, settings.demo).expect("a studio")),
            settings,
            limits,
            unions: Unions::default(),
            wechat,
            quick: app::links::Quick::default(),
            click_log: ClickLog::start(old.clicks.clone(), old.clock.clone(), old.ids.clone(), old.metrics.clone()),
        };
        Fixture { ctx: Ctx::new(parts), ..self }
    }

    /// A live program: 60 % direct, 10 % inviter, 70 % for own purchases, open to all, Asia/Shanghai, 10 communities.
    pub async fn program(&self, code: &str) -> Program {
        let ctx = &self.ctx;
        let program = Program {
            id: ctx.ids.next(ctx.ids.draw_bucket()),
            code: code.to_owned(),
            name: format!("Program {code}"),
            audience: "test audience".to_owned(),
            state: ProgramState::Live,
            zone: Zone::named("Asia/Shanghai").expect("a known zone"),
            community_limit: 10,
            public_url: String::new(),
            theme_colour: "#e1251b".to_owned(),
            theme_accent: String::new(),
            logo: String::new(),
            wechat_appid: String::new(),
            official_appid: String::new(),
            catalog_scope: "{}".to_owned(),
            version: 1,
        };
        let rate = |ppm| Rate::try_from_ppm(ppm).expect("a rate");
        let line = PlanLine {
            id: ctx.ids.next(program.id.bucket()),
            scope: Scope::Program,
            shared: Terms::try_new(rate(600_000), rate(100_000)).expect("terms"),
            self_purchase: rate(700_000),
            from: long_ago(),
            until: None,
        };
        let nobody = PersonId::from_raw(0);
        let mut tx = ctx.db.begin().await.expect("a transaction");
        assert!(programs::store::insert(&mut tx, &program, long_ago()).await.expect("a program"), "{code} is taken");
        programs::store::add_admission(&mut tx, program.id, long_ago(), Admission::Open, nobody)
            .await
            .expect("admission");
        programs::store::add_plan_line(&mut tx, program.id, &line, nobody, long_ago()).await.expect("a plan line");
        tx.commit().await.expect("committed");
        program
    }

    /// An active JD account (`demo-key`, `demo-secret`) at this gateway, whose links may lead to the gateway's host.
    pub async fn union_account(&self, gateway_url: &str, programs: &[ProgramId]) -> UnionAccountId {
        let ctx = &self.ctx;
        let id: UnionAccountId = ctx.ids.next(ctx.ids.draw_bucket());
        let host = gateway_url.split("://").last().unwrap_or_default().split('/').next().unwrap_or_default();
        let account = UnionAccount {
            id,
            union_code: "jd".to_owned(),
            name: format!("account {id}"),
            gateway_url: gateway_url.to_owned(),
            app_key: "demo-key".to_owned(),
            link_hosts: vec![host.to_owned()],
            per_second: 1000,
            daily_budget: 1_000_000,
            active: true,
            version: 1,
        };
        let sealed = ctx.master.seal(&seal_context(id), b"demo-secret").expect("sealed");
        let entity = ctx.ids.next(id.bucket());
        let mut tx = ctx.db.begin().await.expect("a transaction");
        programs::store::add_legal_entity(&mut tx, entity, &format!("entity {id}"), "", long_ago())
            .await
            .expect("a legal entity");
        programs::store::add_account(&mut tx, &account, entity, sealed, long_ago()).await.expect("an account");
        for program in programs {
            programs::store::serve_program(&mut tx, id, *program).await.expect("served");
        }
        tx.commit().await.expect("committed");
        id
    }
}
