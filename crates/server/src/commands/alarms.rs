//! `daogou alarms test`: a message on every configured channel.

use super::{Common, with};
use crate::failure::Failure;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// Send a message on every configured channel
    Test,
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    let What::Test = what;
    with(common, async |ctx, tell| {
        let channels = &ctx.settings.alarms;
        let names = channels.names();
        if names.is_empty() {
            return Err(Failure::usage(
                "no channel is configured; set alarms.wecom_webhook or alarms.mail_server (see daogou.example.toml)",
            ));
        }
        let text = format!("【导购】告警通道测试：收到这条消息，说明告警能送到。\n{}", ctx.settings.public_url);
        for name in names {
            channels.tell(name, "导购告警通道测试", &text).await.map_err(Failure::failed)?;
            tell.line(format!("{name}: taken"));
            tell.json(&json!({ "channel": name, "taken": true }));
        }
        Ok(())
    })
    .await
}
