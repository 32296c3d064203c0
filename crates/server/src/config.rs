//! `daogou.toml` and `DAOGOU_*`. The commented example is `daogou.example.toml`; a test keeps both the same.

use crate::failure::Failure;
use app::operations::alarms::Channels;
use connectors::messages::{ChannelConfigError, Mail, Reach, Robot};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use infra::secrets::MasterKey;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Written by `daogou init`.
pub const EXAMPLE: &str = include_str!("../../../daogou.example.toml");
pub const FILE: &str = "daogou.toml";
const PREFIX: &str = "DAOGOU_";
/// Variables of ours that are no configuration keys.
const NOT_KEYS: [&str; 4] = ["master_key", "config", "test_pg", "password"];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub public_url: String,
    pub master_key_file: PathBuf,
    pub database: DatabaseConfig,
    pub http: HttpConfig,
    pub log: LogConfig,
    pub worker: WorkerConfig,
    pub wechat: WechatConfig,
    pub pictures: PicturesConfig,
    pub alarms: AlarmsConfig,
    pub unions: UnionsConfig,
    /// The folder of the file: where relative paths start.
    #[serde(skip)]
    pub folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    pub url: String,
    pub clicks_url: String,
    pub connections: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    pub listen: SocketAddr,
    pub metrics_listen: String,
    pub trusted_proxies: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    pub inside_serve: bool,
    pub parallel: u32,
    pub lease_seconds: u32,
    pub orders_every: u32,
    pub goods_every: u32,
    pub clicks_kept_days: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatConfig {
    pub api_url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PicturesConfig {
    pub folder: PathBuf,
    pub cache_mb: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnionsConfig {
    pub patience_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmsConfig {
    pub disk_mb: u32,
    pub no_orders_hours: u32,
    pub repeat_hours: u32,
    pub wecom_webhook: Secret,
    pub mail_server: Secret,
    pub mail_from: String,
    pub mail_to: String,
}

/// Shown by nobody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// `None` where nothing is configured.
    fn given(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|text| !text.is_empty())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret()" } else { "Secret(..)" })
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            public_url: "http://127.0.0.1:8080".to_owned(),
            master_key_file: "master.key".into(),
            database: DatabaseConfig {
                url: "sqlite:data/daogou.db".to_owned(),
                clicks_url: String::new(),
                connections: 8,
            },
            http: HttpConfig {
                listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
                metrics_listen: "127.0.0.1:9090".to_owned(),
                trusted_proxies: Vec::new(),
            },
            log: LogConfig { filter: "info".to_owned(), format: LogFormat::Text },
            worker: WorkerConfig {
                inside_serve: true,
                parallel: 2,
                lease_seconds: 300,
                orders_every: 60,
                goods_every: 1800,
                clicks_kept_days: 90,
            },
            wechat: WechatConfig::default(),
            pictures: PicturesConfig { folder: "data/pictures".into(), cache_mb: 256 },
            alarms: AlarmsConfig {
                disk_mb: 1024,
                no_orders_hours: 24,
                repeat_hours: 24,
                wecom_webhook: Secret::default(),
                mail_server: Secret::default(),
                mail_from: String::new(),
                mail_to: String::new(),
            },
            unions: UnionsConfig { patience_seconds: 10 },
            folder: PathBuf::from("."),
        }
    }
}

impl Config {
    /// The file (which must exist if it was named) under the environment, checked.
    pub fn load(named: Option<&Path>) -> Result<Config, Failure> {
        let path = named.map_or_else(|| PathBuf::from(FILE), Path::to_path_buf);
        if !path.is_file() {
            return Err(Failure::usage(format!(
                "there is no configuration {}; `daogou init` writes one, `--config FILE` names another",
                path.display()
            )));
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|e| Failure::usage(format!("{} cannot be read: {e}", path.display())))?;
        let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        Config::read(&text, &path.display().to_string(), folder)
    }

    fn read(text: &str, name: &str, folder: PathBuf) -> Result<Config, Failure> {
        let env = Env::prefixed(PREFIX).ignore(&NOT_KEYS).split("__");
        let figment = Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(text)).merge(env);
        let mut config: Config = figment.extract().map_err(|errors| {
            let all: Vec<String> = errors.into_iter().map(|e| say(&e, name)).collect();
            Failure::usage(all.join("; "))
        })?;
        config.folder = folder;
        config.check()?;
        Ok(config)
    }

    fn check(&mut self) -> Result<(), Failure> {
        let wrong = |key: &str, why: &str| Err(Failure::usage(format!("configuration key `{key}` {why}")));
        while self.public_url.ends_with('/') {
            self.public_url.pop();
        }
        match url::Url::parse(&self.public_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() => {}
            _ => return wrong("public_url", "must be an address as in https://daogou.example"),
        }
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|k| self.database.url.starts_with(k)) {
            return wrong("database.url", "must be sqlite:PATH or postgres://USER@HOST/NAME");
        }
        let clicks = &self.database.clicks_url;
        if !clicks.is_empty() && !known.iter().any(|k| clicks.starts_with(k)) {
            return wrong("database.clicks_url", "must be empty, sqlite:PATH or postgres://USER@HOST/NAME");
        }
        if !(1..=200).contains(&self.database.connections) {
            return wrong("database.connections", "must be 1 to 200");
        }
        if !(1..=32).contains(&self.worker.parallel) {
            return wrong("worker.parallel", "must be 1 to 32");
        }
        if !(3..=3600).contains(&self.worker.lease_seconds) {
            return wrong("worker.lease_seconds", "must be 3 to 3600");
        }
        if self.worker.orders_every < 5 || self.worker.goods_every < 60 {
            return wrong("worker.orders_every", "must be at least 5 seconds, worker.goods_every at least 60");
        }
        if !(1..=3650).contains(&self.worker.clicks_kept_days) {
            return wrong("worker.clicks_kept_days", "must be 1 to 3650");
        }
        if !(16..=1_000_000).contains(&self.pictures.cache_mb) {
            return wrong("pictures.cache_mb", "must be 16 to 1000000");
        }
        if self.alarms.no_orders_hours > 48 {
            return wrong("alarms.no_orders_hours", "must be 0 (never) to 48");
        }
        if self.alarms.repeat_hours > 720 {
            return wrong("alarms.repeat_hours", "must be 0 (never) to 720");
        }
        if !(1..=120).contains(&self.unions.patience_seconds) {
            return wrong("unions.patience_seconds", "must be 1 to 120");
        }
        self.metrics_listen()?;
        Ok(())
    }

    /// What a process takes: a job for this long, its node number for twice as long, both renewed at a third.
    pub fn lease_seconds(&self) -> i64 {
        i64::from(self.worker.lease_seconds)
    }

    /// How the founder is told. A robot on this machine is one of the demo's.
    pub fn channels(&self, demo: bool) -> Result<Channels, Failure> {
        let wrong = |key: &str, e: ChannelConfigError| Failure::usage(format!("configuration key `alarms.{key}` {e}"));
        let alarms = &self.alarms;
        let reach = if demo { Reach::AndLoopback } else { Reach::Public };
        let robot = alarms.wecom_webhook.given().map(|address| Robot::try_new(address, reach));
        let mail = alarms.mail_server.given().map(|server| Mail::try_new(server, &alarms.mail_from, &alarms.mail_to));
        Ok(Channels {
            robot: robot.transpose().map_err(|e| wrong("wecom_webhook", e))?,
            mail: mail.transpose().map_err(|e| wrong("mail_server", e))?,
            repeat_hours: alarms.repeat_hours,
            no_orders_hours: alarms.no_orders_hours,
        })
    }

    /// `None`: no metrics.
    pub fn metrics_listen(&self) -> Result<Option<SocketAddr>, Failure> {
        if self.http.metrics_listen.is_empty() {
            return Ok(None);
        }
        let parsed = self.http.metrics_listen.parse();
        parsed.map(Some).map_err(|_| Failure::usage("configuration key `http.metrics_listen` must be ADDRESS:PORT"))
    }

    fn resolve(&self, url: &str) -> String {
        match url.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", self.folder.join(path.trim_start_matches("//")).display()),
            None => url.to_owned(),
        }
    }

    pub fn database_url(&self) -> String {
        self.resolve(&self.database.url)
    }

    /// `None`: the same database.
    pub fn clicks_url(&self) -> Option<String> {
        if !self.database.clicks_url.is_empty() {
            return Some(self.resolve(&self.database.clicks_url));
        }
        let url = self.database_url();
        let path = Path::new(url.strip_prefix("sqlite:")?);
        Some(format!("sqlite:{}", path.with_file_name("clicks.db").display()))
    }

    /// Main file and click log; `None` on PostgreSQL.
    pub fn sqlite_files(&self) -> Option<[PathBuf; 2]> {
        let path = |url: &str| url.strip_prefix("sqlite:").map(PathBuf::from);
        Some([path(&self.database_url())?, path(&self.clicks_url()?)?])
    }

    pub fn pictures_folder(&self) -> PathBuf {
        self.folder.join(&self.pictures.folder)
    }

    pub fn master_key_path(&self) -> PathBuf {
        self.folder.join(&self.master_key_file)
    }

    /// From the environment, else from its file, which nobody but its owner may read.
    pub fn master_key(&self) -> Result<MasterKey, Failure> {
        if let Ok(text) = std::env::var("DAOGOU_MASTER_KEY") {
            return MasterKey::from_hex(&text).map_err(|e| Failure::usage(format!("DAOGOU_MASTER_KEY: {e}")));
        }
        let path = self.master_key_path();
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Failure::usage(format!(
                "the master key {} cannot be read ({e}); `daogou init` makes one, DAOGOU_MASTER_KEY may carry it",
                path.display()
            ))
        })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).map(|m| m.permissions().mode()).unwrap_or(0);
            if mode & 0o077 != 0 {
                return Err(Failure::usage(format!(
                    "others may read the master key {}; do: chmod 600 {}",
                    path.display(),
                    path.display()
                )));
            }
        }
        MasterKey::from_hex(&text).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))
    }
}

/// One error in one line, with the key that it is about.
fn say(error: &figment::Error, file: &str) -> String {
    let key = error.path.join(".");
    let place = match &error.metadata {
        Some(found) if found.name.contains("environment") => "the environment",
        _ => file,
    };
    match &error.kind {
        figment::error::Kind::UnknownField(name, known) => {
            let parent: Vec<&str> = error.path.iter().map(String::as_str).filter(|part| part != name).collect();
            let full = parent.into_iter().chain([name.as_str()]).collect::<Vec<_>>().join(".");
            format!("{place}: unknown configuration key `{full}`; known here: {}", known.join(", "))
        }
        kind if key.is_empty() => format!("{place}: {kind}"),
        kind => format!("{place}: configuration key `{key}`: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        Config::read(text, "test.toml", PathBuf::from("/etc/daogou"))
    }

    #[test]
    fn the_example_says_what_is_usual() {
        let example = read(EXAMPLE).unwrap();
        assert_eq!(example, Config { folder: PathBuf::from("/etc/daogou"), ..Config::default() });
        assert_eq!(example.database_url(), "sqlite:/etc/daogou/data/daogou.db");
        assert_eq!(example.clicks_url().as_deref(), Some("sqlite:/etc/daogou/data/clicks.db"));
        // Every key stands in the example, so that people find it.
        let keys: toml_keys::Keys = toml_keys::of(&Config::default());
        for key in keys {
            assert!(EXAMPLE.contains(&format!("{key} = ")), "{key} is not in daogou.example.toml");
        }
    }

    mod toml_keys {
        use super::Config;
        pub type Keys = Vec<String>;
        pub fn of(config: &Config) -> Keys {
            let mut keys = Vec::new();
            walk(&serde_json::to_value(config).unwrap(), &mut keys);
            keys
        }
        fn walk(value: &serde_json::Value, keys: &mut Keys) {
            for (key, value) in value.as_object().into_iter().flatten() {
                match value {
                    serde_json::Value::Object(_) => walk(value, keys),
                    _ => keys.push(key.clone()),
                }
            }
        }
    }

    #[test]
    fn a_wrong_or_unknown_key_is_named() {
        for (text, named) in [
            ("publik_url = 'x'", "`publik_url`"),
            ("[database]\nurll = 'x'", "`database.urll`"),
            ("[http]\nlisten = 'nowhere'", "`http.listen`"),
            ("[worker]\nparallel = 'many'", "`worker.parallel`"),
            ("[worker]\nparallel = 0", "`worker.parallel`"),
            ("[log]\nformat = 'xml'", "`log.format`"),
            ("public_url = 'daogou'", "`public_url`"),
            ("[pictures]\ncache_mb = 1", "`pictures.cache_mb`"),
            ("[worker]\nlease_seconds = 1", "`worker.lease_seconds`"),
            ("[database]\nurl = 'mysql://x'", "`database.url`"),
            ("[http]\nmetrics_listen = 'x'", "`http.metrics_listen`"),
            ("[alarms]\nno_orders_hours = 49", "`alarms.no_orders_hours`"),
            ("[alarms]\nrepeat_hours = 1000", "`alarms.repeat_hours`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(named), "{text}: {error}");
            assert_eq!(error.exit_code(), 2);
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn channels_are_checked_and_their_secrets_not_shown() {
        let config = |text: &str| read(&format!("[alarms]\n{text}")).unwrap();
        assert!(config("").channels(false).unwrap().names().is_empty());
        let robot = config("wecom_webhook = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=the-key'");
        assert_eq!(robot.channels(false).unwrap().names(), ["wecom"]);
        assert!(!format!("{robot:?}").contains("the-key"));
        let here = config("wecom_webhook = 'http://127.0.0.1:9/send?key=the-key'");
        assert!(here.channels(true).is_ok());
        for (wrong, named) in [
            (here, "`alarms.wecom_webhook` must be an https address"),
            (config("wecom_webhook = 'https://10.0.0.1/send?key=the-key'"), "`alarms.wecom_webhook` leads inside"),
            (config("mail_server = 'smtps://u:the-key@h'"), "mail_from and mail_to"),
        ] {
            let error = wrong.channels(false).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("the-key"), "{error}");
        }
        let mail =
            config("mail_server = 'smtps://u:p@mail.example'\nmail_from = 'a@d.example'\nmail_to = 'b@d.example'");
        assert_eq!(mail.channels(false).unwrap().names(), ["mail"]);
    }

    #[test]
    fn postgresql_keeps_clicks_in_the_same_database() {
        let config = read("public_url = 'https://d.example/'\n[database]\nurl = 'postgres://u@h/d'").unwrap();
        assert_eq!((config.public_url.as_str(), config.clicks_url()), ("https://d.example", None));
    }
}
