//! `daogou`: the whole platform in one program.

mod backup;
mod commands;
mod config;
mod faces;
mod failure;
mod identity;
mod installation;
mod overview;
mod show;
mod web;
mod work;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("daogou: the runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("daogou: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
