//! `daogou programs`: what the owner at the machine may do without the console.

use super::{Common, with};
use crate::failure::Failure;
use crate::show::table;
use app::Ctx;
use app::programs::presets::PRESETS;
use app::programs::{self, Program, ProgramFields, ProgramState};
use app::staff;
use clap::{Args, Subcommand};
use kernel::PersonId;
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// All programs
    List,
    /// Programs as they are shipped
    Presets,
    /// A new draft
    Create(Create),
    /// Make a draft live
    Open {
        /// Code or id
        program: String,
    },
}

#[derive(Args)]
pub struct Create {
    /// Code of a preset to begin with (see `daogou programs presets`)
    #[arg(long)]
    preset: Option<String>,
    /// Code of the program: a-z, 0-9, - [default: the preset's]
    #[arg(long)]
    code: Option<String>,
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    audience: Option<String>,
    /// Communities that a person may keep
    #[arg(long)]
    community_limit: Option<i64>,
    /// Make it live at once
    #[arg(long)]
    open: bool,
}

/// A program by code, former code or id.
pub async fn named(ctx: &Ctx, name: &str) -> Result<Program, Failure> {
    let found = programs::store::find_named(&mut ctx.db.read().await?, name).await?;
    found.ok_or_else(|| Failure::usage(format!("there is no program {name}; see `daogou programs list`")))
}

/// In whose name the command line acts: the first owner's. Whoever holds the master key may do everything anyhow.
pub async fn owner(ctx: &Ctx) -> Result<PersonId, Failure> {
    let owners = staff::store::owners_of_all(&mut ctx.db.begin().await?).await?;
    owners.first().copied().ok_or_else(|| Failure::usage("there is no owner yet; run `daogou init`"))
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    let tell = common.tell();
    if matches!(what, What::Presets) {
        for p in &PRESETS {
            tell.json(&json!({ "preset": p.code, "name": p.name, "admission": p.admission.word() }));
        }
        let rows = PRESETS.iter().map(|p| vec![p.code.into(), p.name.into(), p.admission.word().into(), p.audience.into()]);
        tell.line(table(&["preset", "name", "admission", "audience"], &[], rows.collect()));
        return Ok(());
    }
    with(common, async |ctx, tell| match what {
        What::List | What::Presets => {
            let all = programs::store::all(&mut ctx.db.read().await?).await?;
            let mut rows = Vec::new();
            for p in &all {
                tell.json(&json!({ "program": p.id, "code": p.code, "name": p.name, "state": p.state.word() }));
                rows.push(vec![p.code.clone(), p.name.clone(), p.state.word().to_owned(), p.id.to_string()]);
            }
            tell.line(table(&["code", "name", "state", "program"], &[], rows));
            Ok(())
        }
        What::Create(create) => {
            let by = owner(ctx).await?;
            let fields = ProgramFields {
                code: create.code,
                name: create.name,
                audience: create.audience,
                community_limit: create.community_limit,
                ..ProgramFields::default()
            };
            let mut made = programs::draft(ctx, create.preset.as_deref(), &fields, by).await?;
            if create.open {
                made = programs::turn(ctx, made, ProgramState::Draft, ProgramState::Live, "", by).await?;
            }
            tell.line(format!("{} {} is {}", made.code, made.name, made.state.word()));
            tell.json(&json!({ "program": made.id, "code": made.code, "state": made.state.word() }));
            Ok(())
        }
        What::Open { program } => {
            let by = owner(ctx).await?;
            let program = named(ctx, &program).await?;
            let made = programs::turn(ctx, program, ProgramState::Draft, ProgramState::Live, "", by).await?;
            tell.line(format!("{} is live", made.code));
            tell.json(&json!({ "program": made.id, "state": made.state.word() }));
            Ok(())
        }
    })
    .await
}
