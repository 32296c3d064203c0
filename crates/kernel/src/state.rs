/// Where an order line stands, as the union last reported it. Any state may follow any other: unions take things back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineState {
    /// Ordered, not or only partly paid: shown as expected, worth nothing yet.
    Expected,
    /// Paid: worth the union's estimate.
    Pending,
    /// Receipt confirmed: worth the union's actual fee. (Settled is not a state of the line: only closing a month
    /// settles, and it settles an amount.)
    Confirmed,
    /// Split by the union into other lines, which carry the value.
    Superseded,
    /// Cancelled, or refused by a rule of the union.
    Invalid,
    /// A code that we do not know, or a report that could not be read in full: kept, and pays nobody anything new.
    Unknown,
}

impl LineState {
    pub const ALL: [LineState; 6] = [
        LineState::Expected,
        LineState::Pending,
        LineState::Confirmed,
        LineState::Superseded,
        LineState::Invalid,
        LineState::Unknown,
    ];

    /// The word stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            LineState::Expected => "expected",
            LineState::Pending => "pending",
            LineState::Confirmed => "confirmed",
            LineState::Superseded => "superseded",
            LineState::Invalid => "invalid",
            LineState::Unknown => "unknown",
        }
    }

    pub fn from_word(word: &str) -> Option<LineState> {
        LineState::ALL.into_iter().find(|s| s.word() == word)
    }
}
