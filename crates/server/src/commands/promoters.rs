//! `daogou promoters`: list, add, invite.

use super::{Common, programs, with};
use crate::failure::Failure;
use crate::show::table;
use app::Ctx;
use app::audit::{self, Deed};
use app::persons::{self, rules};
use app::programs::Program;
use app::promoters::joining::{self, Joiner, Ticket};
use app::promoters::model::Invite;
use app::promoters::store::{self, Filter};
use app::promoters::Promoter;
use clap::{Args, Subcommand};
use infra::password;
use kernel::{PAGE_MAX, PromoterId};
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// The newest promoters of a program
    List {
        /// Code or id of the program
        #[arg(long)]
        program: String,
        /// Part of the display name
        #[arg(long)]
        name: Option<String>,
    },
    /// Let somebody join by the program's own rules; makes the person, with a password printed once
    Add(Add),
    /// A new invite code
    Invite(NewCode),
}

#[derive(Args)]
pub struct Add {
    /// Code or id of the program
    #[arg(long)]
    program: String,
    /// Sign-in name; a person who has it already joins as they are
    #[arg(long)]
    name: String,
    /// What others see [default: the sign-in name]
    #[arg(long)]
    display_name: Option<String>,
    #[arg(long, value_name = "CODE")]
    invite_code: Option<String>,
    #[arg(long, value_name = "NUMBER")]
    roster_number: Option<String>,
}

#[derive(Args)]
pub struct NewCode {
    /// Code or id of the program
    #[arg(long)]
    program: String,
    /// Whose code it is [default: the platform's own, which carries no inviter]
    #[arg(long)]
    promoter: Option<PromoterId>,
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
    quota: i64,
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=365))]
    days: i64,
}

/// A promoter of a program.
pub async fn known(ctx: &Ctx, program: &Program, id: PromoterId) -> Result<Promoter, Failure> {
    let found = store::find(&mut ctx.db.read().await?, program.id, id).await?;
    found.ok_or_else(|| Failure::usage(format!("there is no promoter {id} in {}", program.code)))
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    with(common, async |ctx, tell| match what {
        What::List { program, name } => {
            let program = programs::named(ctx, &program).await?;
            let filter = Filter { text: name, ..Filter::default() };
            let found = store::list(&mut ctx.db.read().await?, program.id, ctx.now(), &filter, None, PAGE_MAX).await?;
            let mut rows = Vec::new();
            for (p, standing) in &found {
                let state = if standing.suspended { "suspended" } else { "active" };
                tell.json(&json!({ "promoter": p.id, "display_name": p.display_name, "state": state,
                                   "inviter": p.inviter, "joined_at": p.joined_at.rfc3339() }));
                let inviter = p.inviter.map(|id| id.to_string()).unwrap_or_default();
                rows.push(vec![p.id.to_string(), p.display_name.clone(), state.to_owned(), inviter, p.joined_at.rfc3339()]);
            }
            tell.line(table(&["promoter", "name", "state", "inviter", "joined"], &[], rows));
            Ok(())
        }
        What::Add(add) => {
            let program = programs::named(ctx, &add.program).await?;
            let name = rules::sign_in_name(&add.name).map_err(|e| Failure::usage(format!("--name {e}")))?;
            let shown = add.display_name.unwrap_or_else(|| name.clone());
            let known = persons::store::find_by_name(&mut ctx.db.read().await?, &name).await?;
            let (joiner, made) = match known {
                Some(person) => (Joiner::Known(person.id), None),
                None => {
                    let password = rules::one_time_password(persons::session::random_bytes());
                    let password_hash = password::hash(&password).await.map_err(Failure::failed)?;
                    (Joiner::New { name: name.clone(), password_hash }, Some(password))
                }
            };
            let ticket = Ticket { invite_code: add.invite_code, roster_number: add.roster_number };
            let mut tx = ctx.db.begin().await?;
            let joined = joining::join(ctx, &mut tx, &program, joiner, &shown, &ticket).await?;
            tx.commit().await?;
            tell.line(format!("{}  {name}  {}", joined.id, made.as_deref().unwrap_or("(password as before)")));
            tell.json(&json!({ "promoter": joined.id, "name": name, "password": made }));
            Ok(())
        }
        What::Invite(new) => {
            let by = programs::owner(ctx).await?;
            let program = programs::named(ctx, &new.program).await?;
            if let Some(id) = new.promoter {
                known(ctx, &program, id).await?;
            }
            let now = ctx.now();
            let invite = Invite {
                code: String::new(),
                inviter: new.promoter,
                quota: new.quota,
                used: 0,
                expires_at: now.plus_days(new.days),
                created_at: now,
            };
            let mut tx = ctx.db.begin().await?;
            let made = joining::draw_code(&mut tx, &program, invite, by).await?;
            let detail = json!({ "inviter": made.inviter, "quota": new.quota, "days": new.days, "by": "command line" });
            let deed = Deed { by, program: Some(program.id), action: "invite_code.add", subject: made.code.clone(), detail };
            audit::note(&mut tx, &ctx.ids, now, deed).await?;
            tx.commit().await?;
            tell.line(&made.code);
            tell.json(&json!({ "code": made.code, "quota": made.quota, "expires_at": made.expires_at.rfc3339() }));
            Ok(())
        }
    })
    .await
}
