//! One run's world: two programs, five promoters in two chains, two union accounts, their rules and codes.

use super::dice::Dice;
use accounting::{PlanLine, Scope, Terms};
use app::ctx::Ctx;
use app::programs::{self, Program, ProgramState, UnionAccount, seal_context};
use app::promoters::{self, Promoter, Standing};
use infra::args;
use infra::db::Col::{Int, Text};
use infra::db::Tx;
use kernel::{Bucket, Instant, PersonId, ProgramId, Rate, SELF_COMMUNITY, ShareCode, UnionAccountId, Zone};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::model::{ModelPromoter, ModelScope, ModelTerms};

pub const CATEGORIES: [[i64; 3]; 4] = [[15901, 15908, 15921], [15901, 15908, 0], [1320, 1583, 1591], [0, 0, 0]];

pub struct Code {
    pub text: String,
    /// Whose it is; `None`: nobody's.
    pub promoter: Option<usize>,
    pub self_purchase: bool,
}

pub struct World {
    pub programs: [ProgramId; 2],
    pub accounts: Vec<UnionAccount>,
    /// Which programs an account serves.
    pub serves: [[bool; 2]; 2],
    pub promoters: Vec<Promoter>,
    pub codes: Vec<Code>,
    /// The same for the model: plans by program, promoters in the order of `promoters`.
    pub plans: [Vec<ModelTerms>; 2],
    pub people: Vec<ModelPromoter>,
}

impl World {
    /// Written through the stores in one transaction, buckets by the dice.
    pub async fn build(ctx: &Ctx, dice: &mut Dice) -> World {
        let now = ctx.now();
        let since = now.plus_days(-20);
        let nobody = PersonId::from_raw(0);
        let bucket = |dice: &mut Dice| Bucket::from_low_bits(dice.next());
        let mut tx = ctx.db.begin().await.unwrap();
        let mut programs = Vec::new();
        let mut plans = [Vec::new(), Vec::new()];
        for plan in &mut plans {
            let program = program(ctx.ids.next(bucket(dice)));
            assert!(programs::store::insert(&mut tx, &program, since).await.unwrap());
            programs.push(program.id);
            for scope in [Scope::Program, Scope::Category(15908), Scope::Level(1)] {
                // The last two are there in half of the runs.
                if scope != Scope::Program && dice.chance(50) {
                    continue;
                }
                let line = plan_line(ctx, dice, program.id, scope, since);
                programs::store::add_plan_line(&mut tx, program.id, &line, nobody, since).await.unwrap();
                plan.push(modelled(&line));
            }
        }
        let programs = [programs[0], programs[1]];
        let serves = [[true, true], [false, true]];
        let mut accounts = Vec::new();
        let entity = ctx.ids.next(bucket(dice));
        programs::store::add_legal_entity(&mut tx, entity, &format!("entity {entity}"), "", since).await.unwrap();
        for served in serves {
            let account = account(ctx.ids.next(bucket(dice)));
            let sealed = ctx.master.seal(&seal_context(account.id), b"demo-secret").unwrap();
            assert!(programs::store::add_account(&mut tx, &account, entity, sealed, since).await.unwrap());
            for (program, _) in programs.iter().zip(served).filter(|(_, served)| *served) {
                programs::store::serve_program(&mut tx, account.id, *program).await.unwrap();
            }
            accounts.push(account);
        }
        let promoters = promoters(&mut tx, ctx, dice, &programs, since).await;
        tx.commit().await.unwrap();
        let people = promoters.iter().map(|p| ModelPromoter {
            id: p.id.raw(),
            program: p.program.raw(),
            inviter: p.inviter.map(|i| i.raw()),
            standings: vec![],
        });
        let people = people.collect();
        let codes = codes(ctx, dice, &promoters);
        World { programs, accounts, serves, promoters, codes, plans, people }
    }

    pub fn program_of(&self, promoter: usize) -> usize {
        usize::from(self.promoters[promoter].program == self.programs[1])
    }

    /// Raw ids of everybody who can own a balance here, but for *unassigned*.
    pub fn owners(&self) -> Vec<i64> {
        let programs = self.programs.iter().map(|p| p.raw());
        let accounts = self.accounts.iter().map(|a| a.id.raw());
        programs.chain(accounts).chain(self.people.iter().map(|p| p.id)).collect()
    }

    /// A rule for orders from now on. What was in force before stays so for older orders.
    pub async fn change_plan(&mut self, ctx: &Ctx, dice: &mut Dice) -> String {
        let at = dice.below(2);
        let scope = dice.pick(&[0, 1, 2]);
        let scope = [Scope::Program, Scope::Category(dice.pick(&[15921, 15908, 1320])), Scope::Level(1)][scope].clone();
        let line = plan_line(ctx, dice, self.programs[at], scope, ctx.now());
        let mut tx = ctx.db.begin().await.unwrap();
        let nobody = PersonId::from_raw(0);
        programs::store::add_plan_line(&mut tx, self.programs[at], &line, nobody, ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        self.plans[at].push(modelled(&line));
        format!("plan of program {at}: {:?}", modelled(&line))
    }

    pub async fn change_standing(&mut self, ctx: &Ctx, dice: &mut Dice) -> String {
        let who = dice.below(self.promoters.len());
        let standing = Standing { suspended: dice.chance(60), level: dice.between(0, 1) };
        let mut tx = ctx.db.begin().await.unwrap();
        let (id, nobody) = (self.promoters[who].id, PersonId::from_raw(0));
        promoters::store::set_standing(&mut tx, &ctx.ids, ctx.now(), id, standing, "simulated", nobody).await.unwrap();
        tx.commit().await.unwrap();
        self.people[who].standings.push((ctx.now().micros(), standing.level, standing.suspended));
        format!("promoter {who}: {standing:?}")
    }
}

/// Five people at once; joining one by one is the business of other tests.
async fn promoters(
    tx: &mut Tx,
    ctx: &Ctx,
    dice: &mut Dice,
    programs: &[ProgramId; 2],
    joined_at: Instant,
) -> Vec<Promoter> {
    static NUMBERS: AtomicU32 = AtomicU32::new(1);
    let mut promoters: Vec<Promoter> = Vec::new();
    // Program and inviter of each: a chain of three, a chain of two.
    for (program, inviter) in [(0, None), (0, Some(0)), (0, Some(1)), (1, None), (1, Some(3))] {
        let bucket = Bucket::from_low_bits(dice.next());
        promoters.push(Promoter {
            id: ctx.ids.next(bucket),
            program: programs[program],
            person: ctx.ids.next(bucket),
            number: NUMBERS.fetch_add(1, Ordering::SeqCst),
            display_name: "somebody".to_owned(),
            inviter: inviter.map(|at: usize| promoters[at].id),
            joined_at,
        });
    }
    let row = |p: &Promoter| {
        let (name, code) = (&p.display_name, None::<String>);
        args![p.id.bucket(), p.id, p.program, p.person, p.number, name, p.inviter, code, p.joined_at, 2i64, 1i64]
    };
    tx.bulk(
        "INSERT INTO promoter (bucket, id, program_id, person_id, number, display_name, inviter_id, invite_code, \
         joined_at_us, next_community, version)",
        &[Int, Int, Int, Int, Int, Text, Int, Text, Int, Int, Int],
        promoters.iter().map(row).collect(),
        "",
    )
    .await
    .unwrap();
    promoters
}

fn program(id: ProgramId) -> Program {
    Program {
        id,
        code: format!("p{}", id.raw()),
        name: "simulated".to_owned(),
        audience: "simulated".to_owned(),
        state: ProgramState::Live,
        zone: Zone::china(),
        community_limit: 10,
        public_url: String::new(),
        theme_colour: "#e1251b".to_owned(),
        theme_accent: String::new(),
        logo: String::new(),
        wechat_appid: String::new(),
        official_appid: String::new(),
        catalog_scope: "{}".to_owned(),
        version: 1,
    }
}

fn account(id: UnionAccountId) -> UnionAccount {
    UnionAccount {
        id,
        union_code: "jd".to_owned(),
        name: format!("account {id}"),
        gateway_url: "http://127.0.0.1:1/".to_owned(),
        app_key: "demo-key".to_owned(),
        link_hosts: vec!["127.0.0.1:1".to_owned()],
        per_second: 1000,
        daily_budget: 1_000_000,
        active: true,
        version: 1,
    }
}

fn plan_line(ctx: &Ctx, dice: &mut Dice, program: ProgramId, scope: Scope, from: Instant) -> PlanLine {
    let rate = |ppm| Rate::try_from_ppm(ppm).unwrap();
    let direct = dice.pick(&[600_000, 333_333, 0, 1_000_000, 712_345]);
    let inviter = dice.pick(&[100_000, 0, 77_777, 1]).min(1_000_000 - direct);
    PlanLine {
        id: ctx.ids.next(program.bucket()),
        scope,
        shared: Terms::try_new(rate(direct), rate(inviter)).unwrap(),
        self_purchase: rate(dice.pick(&[700_000, 0, 999_999])),
        from,
        until: None,
    }
}

fn modelled(line: &PlanLine) -> ModelTerms {
    ModelTerms {
        scope: match line.scope {
            Scope::Category(id) => ModelScope::Category(id),
            Scope::Level(level) => ModelScope::Level(level),
            Scope::Program | Scope::Campaign(_) => ModelScope::Program,
        },
        direct_ppm: line.shared.direct().ppm(),
        inviter_ppm: line.shared.inviter().ppm(),
        self_ppm: line.self_purchase.ppm(),
        from_us: line.from.micros(),
        until_us: line.until.map(Instant::micros),
    }
}

/// A shared code and one for own purchases of everybody; none, a forged one, one of a promoter who does not exist.
fn codes(ctx: &Ctx, dice: &mut Dice, promoters: &[Promoter]) -> Vec<Code> {
    let text = |bucket, promoter, community| {
        let code = ShareCode { bucket, promoter, community, product: 64 };
        code.text(&ctx.codes).unwrap()
    };
    let mut codes = Vec::new();
    for (at, promoter) in promoters.iter().enumerate() {
        for (community, self_purchase) in [(0, false), (SELF_COMMUNITY, true)] {
            let text = text(promoter.id.bucket(), promoter.number, community);
            codes.push(Code { text, promoter: Some(at), self_purchase });
        }
    }
    let unknown = text(Bucket::from_low_bits(dice.next()), 4_000_000, 0);
    for text in [String::new(), "not-a-code-of-ours".to_owned(), unknown] {
        codes.push(Code { text, promoter: None, self_purchase: false });
    }
    codes
}
