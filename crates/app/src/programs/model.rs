use accounting::Scope;
use kernel::{ProgramId, Zone};

/// Who may join a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Anybody; an invite code is optional.
    Open,
    /// With an invite code.
    Invite,
    /// Whose number is on the program's roster.
    Roster,
}

/// What a wrong mode is told.
pub const ADMISSION_WORDS: &str = "must be open, invite or roster";

impl Admission {
    pub const fn word(self) -> &'static str {
        match self {
            Admission::Open => "open",
            Admission::Invite => "invite",
            Admission::Roster => "roster",
        }
    }

    pub fn from_word(word: &str) -> Option<Admission> {
        [Admission::Open, Admission::Invite, Admission::Roster].into_iter().find(|a| a.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramState {
    Draft,
    Live,
    Closed,
}

impl ProgramState {
    pub const fn word(self) -> &'static str {
        match self {
            ProgramState::Draft => "draft",
            ProgramState::Live => "live",
            ProgramState::Closed => "closed",
        }
    }

    pub fn from_word(word: &str) -> Option<ProgramState> {
        [ProgramState::Draft, ProgramState::Live, ProgramState::Closed].into_iter().find(|s| s.word() == word)
    }
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub id: ProgramId,
    pub code: String,
    pub name: String,
    pub audience: String,
    pub state: ProgramState,
    pub zone: Zone,
    /// Communities that a person may keep, counted over all programs.
    pub community_limit: i64,
    /// Empty: the installation's own.
    pub public_url: String,
    pub theme_colour: String,
    /// Second colour; empty: derived from the first.
    pub theme_accent: String,
    /// A picture as a data URL, or empty.
    pub logo: String,
    /// Of its mini program; empty where it has none.
    pub wechat_appid: String,
    /// Of its official account, inside which its pages are opened; empty where it has none.
    pub official_appid: String,
    /// JSON.
    pub catalog_scope: String,
    pub version: i64,
}

/// How the scope of a plan line is stored: word and value.
pub fn scope_words(scope: &Scope) -> (&'static str, String) {
    match scope {
        Scope::Campaign(code) => ("campaign", code.clone()),
        Scope::Category(id) => ("category", id.to_string()),
        Scope::Level(level) => ("level", level.to_string()),
        Scope::Program => ("program", String::new()),
    }
}

/// `None` where word and value do not fit together.
pub fn scope_from(word: &str, value: &str) -> Option<Scope> {
    match word {
        "campaign" if !value.is_empty() => Some(Scope::Campaign(value.to_owned())),
        "category" => value.parse().ok().filter(|id| *id > 0).map(Scope::Category),
        "level" => value.parse().ok().filter(|level| *level >= 0).map(Scope::Level),
        "program" if value.is_empty() => Some(Scope::Program),
        _ => None,
    }
}
