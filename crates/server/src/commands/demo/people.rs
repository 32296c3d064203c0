//! Who takes part in the demo: an owner, two programs, thirty promoters in two levels, sixty communities. Made through
//! the API, each step only if it has not been made yet.

use super::Stage;
use super::client::{Client, Session};
use crate::commands::init;
use crate::failure::Failure;
use crate::show::Progress;
use infra::secrets;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;

const OWNER: &str = "owner";
/// Invited by the platform, and each of them invites [`TEAM`] more.
const FIRST_LEVEL: usize = 10;
const TEAM: usize = 2;
const COMMUNITIES_EACH: usize = 2;

/// Code, preset, and how many of the first level join it.
const PROGRAMS: [(&str, &str, usize); 2] = [("fenxiang", "fenxiang", 7), ("starter", "starter", 3)];

/// The mini program of the first program, known to the WeChat sandbox only.
pub const MINI_APPID: &str = "wx0000demofenxiang";
pub const MINI_SECRET: &str = "demo-secret-of-the-mini-program";

const NAMES: [&str; 30] = [
    "王芳", "李娜", "张敏", "刘洋", "陈静", "杨丽", "赵磊", "黄伟", "周婷", "吴强", "徐燕", "孙浩", "马琳", "朱军",
    "胡雪", "郭勇", "何洁", "高峰", "林霞", "罗丹", "郑凯", "梁颖", "谢明", "宋佳", "唐宁", "许晨", "韩梅", "冯涛",
    "邓洁", "曹阳",
];
const CITIES: [&str; 12] =
    ["阜阳", "周口", "临沂", "菏泽", "邢台", "南充", "赣州", "衡阳", "商丘", "宿州", "成都", "杭州"];
const KINDS: [&str; 6] = ["好物分享群", "省钱优选群", "宝妈好物群", "小区团购群", "邻里优惠群", "今日爆款群"];

/// Sign-in names and passwords, random per installation, kept in a file that only its owner may read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Signs {
    pub owner: Sign,
    pub promoters: Vec<Sign>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sign {
    pub name: String,
    pub password: String,
}

pub struct People {
    pub signs: Signs,
    pub owner: Session,
    pub promoters: Vec<Member>,
}

/// A promoter with what they need to share.
#[derive(Clone)]
pub struct Member {
    pub session: Session,
    pub program: &'static str,
    pub promoter: String,
    pub communities: Vec<String>,
}

pub async fn ready(stage: &Stage, dir: &Path, shop: SocketAddr) -> Result<People, Failure> {
    let file = dir.join("sign-ins.json");
    let mut signs: Signs = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| Failure::failed(format!("{}: {e}", file.display())))?,
        Err(_) => Signs::default(),
    };
    if let Some(password) = init::first_owner(&stage.ctx, OWNER).await? {
        signs.owner = Sign { name: OWNER.to_owned(), password };
        keep(&file, &signs)?;
    }
    let owner = sign_in(&stage.client, &signs.owner).await?;
    programs(stage, &owner, shop).await?;
    let total = NAMES.len();
    let mut progress = Progress::new(stage.tell, "promoters", u64::try_from(total).unwrap_or(0));
    let mut members: Vec<Member> = Vec::with_capacity(total);
    let mut codes: Vec<String> = Vec::new();
    for (at, shown) in NAMES.iter().enumerate() {
        // The first level comes before all others; then each of them brings two.
        let (level, program) = place(at);
        if signs.promoters.len() == at {
            let password = secrets::hex(&secrets::random::<6>());
            signs.promoters.push(Sign { name: format!("tuishou{:02}", at + 1), password });
            keep(&file, &signs)?;
        }
        let code = match level {
            Level::First => None,
            Level::Under(inviter) => codes.get(inviter).cloned(),
        };
        let member = join(stage, &owner, at, program, code, &signs.promoters[at]).await?;
        if level == Level::First {
            codes.push(invite_code(stage, &member).await?);
        }
        members.push(member);
        progress.to(u64::try_from(at + 1).unwrap_or(0), shown, &json!({ "promoter": signs.promoters[at].name }));
    }
    let communities: usize = members.iter().map(|m| m.communities.len()).sum();
    progress.done(&format!("{} promoters in two levels, {communities} communities", members.len()));
    Ok(People { signs, owner, promoters: members })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    First,
    Under(usize),
}

fn place(at: usize) -> (Level, &'static str) {
    let program_of = |first: usize| {
        let mut left = first;
        for (code, _, size) in PROGRAMS {
            if left < size {
                return code;
            }
            left -= size;
        }
        PROGRAMS[0].0
    };
    if at < FIRST_LEVEL {
        (Level::First, program_of(at))
    } else {
        let inviter = (at - FIRST_LEVEL) / TEAM;
        (Level::Under(inviter), program_of(inviter))
    }
}

fn keep(file: &Path, signs: &Signs) -> Result<(), Failure> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let text = serde_json::to_string_pretty(signs).map_err(Failure::failed)?;
    options.open(file)?.write_all(text.as_bytes()).map_err(Failure::from)
}

async fn sign_in(client: &Client, sign: &Sign) -> Result<Session, Failure> {
    let body = json!({ "name": sign.name, "password": sign.password });
    client.call(None, Method::POST, "/session", Some(body)).await.map(|(_, session)| session)
}

/// Legal entity, programs and the union account, by their names.
async fn programs(stage: &Stage, owner: &Session, shop: SocketAddr) -> Result<(), Failure> {
    let client = &stage.client;
    let known = client.get(owner, "/programs").await?;
    for (code, preset, _) in PROGRAMS {
        if !items(&known).any(|p| p["code"] == code) {
            let mut body = json!({ "preset": preset, "code": code });
            if code == PROGRAMS[0].0 {
                body["wechat_appid"] = json!(MINI_APPID);
                body["wechat_secret"] = json!(MINI_SECRET);
            }
            client.post(owner, "/programs", body).await?;
        }
        if !items(&known).any(|p| p["code"] == code && p["state"] == "live") {
            client.post(owner, &format!("/programs/{code}/open"), json!({})).await?;
        }
    }
    if items(&client.get(owner, "/union-accounts").await?).next().is_some() {
        return Ok(());
    }
    let entities = client.get(owner, "/legal-entities").await?;
    let known = items(&entities).next().cloned();
    let entity = match known {
        Some(entity) => entity,
        None => client.post(owner, "/legal-entities", json!({ "name": "演示公司", "registration": "" })).await?,
    };
    let account = json!({
        "name": "京东联盟（沙箱）", "union": "jd", "legal_entity": entity["legal_entity"],
        "gateway_url": format!("http://{shop}/routerjson"), "app_key": "demo-key", "app_secret": "demo-secret",
        "link_hosts": [shop.to_string()], "per_second": 1000, "daily_budget": 1_000_000,
        "programs": PROGRAMS.map(|(code, _, _)| code),
    });
    client.post(owner, "/union-accounts", account).await.map(|_| ())
}

pub fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

async fn join(
    stage: &Stage,
    owner: &Session,
    at: usize,
    program: &'static str,
    code: Option<String>,
    sign: &Sign,
) -> Result<Member, Failure> {
    let client = &stage.client;
    let session = match sign_in(client, sign).await {
        Ok(session) => session,
        Err(_) => {
            // Not made yet: joins with the inviter's code, or with one of the owner's.
            let code = match code {
                Some(code) => code,
                None => {
                    let path = format!("/programs/{program}/invite-codes");
                    text(&client.post(owner, &path, json!({ "owner": true })).await?, "code")?
                }
            };
            let body =
                json!({ "name": sign.name, "password": sign.password, "display_name": NAMES[at], "invite_code": code });
            client.call(None, Method::POST, &format!("/programs/{program}/join"), Some(body)).await?.1
        }
    };
    let me = client.get(&session, &format!("/programs/{program}/promoters/me")).await?;
    let listed = client.get(&session, &format!("/programs/{program}/communities")).await?;
    let mut communities: Vec<String> =
        items(&listed).filter_map(|c| c["community"].as_str().map(str::to_owned)).collect();
    for n in communities.len()..COMMUNITIES_EACH {
        let which = at * COMMUNITIES_EACH + n;
        let city = CITIES[which % CITIES.len()];
        let body = json!({
            "name": format!("{city}{}", KINDS[which % KINDS.len()]), "city": city,
            "member_count": 60 + (which * 37) % 380,
        });
        let made = client.post(&session, &format!("/programs/{program}/communities"), body).await?;
        communities.push(text(&made, "community")?);
    }
    Ok(Member { session, program, promoter: text(&me, "promoter")?, communities })
}

async fn invite_code(stage: &Stage, member: &Member) -> Result<String, Failure> {
    let path = format!("/programs/{}/invite-codes", member.program);
    let known = stage.client.get(&member.session, &path).await?;
    if let Some(code) = items(&known).find_map(|c| c["code"].as_str()) {
        return Ok(code.to_owned());
    }
    text(&stage.client.post(&member.session, &path, json!({})).await?, "code")
}

pub fn text(body: &Value, field: &str) -> Result<String, Failure> {
    let found = body[field].as_str().map(str::to_owned);
    found.ok_or_else(|| Failure::failed(format!("the answer has no {field}: {body}")))
}
