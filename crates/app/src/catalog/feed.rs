use std::fmt;
use std::str::FromStr;

/// JD's documented channels that need no further parameter (`eliteId`). They come and go: an empty one is normal.
const JD_CHANNELS: [&str; 38] = [
    "1", "2", "10", "15", "22", "23", "24", "25", "26", "27", "28", "30", "31", "32", "33", "34", "40", "41", "108",
    "109", "110", "112", "125", "129", "130", "153", "210", "238", "247", "249", "315", "340", "341", "342", "343",
    "345", "346", "426",
];
const CHANNEL_CHARS_MAX: usize = 20;
const SEARCH_CHARS_MAX: usize = 100;

/// Where products come from: a channel of the union or a search. Its text is `channel:22` or `search:抽纸`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Feed {
    Channel(String),
    Search(String),
}

impl Feed {
    /// What is synced where nobody says what.
    pub fn defaults() -> Vec<Feed> {
        JD_CHANNELS.iter().map(|id| Feed::Channel((*id).to_owned())).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `channel:` and an id, or `search:` and words")]
pub struct NotAFeed;

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Feed::Channel(id) => write!(f, "channel:{id}"),
            Feed::Search(words) => write!(f, "search:{words}"),
        }
    }
}

impl FromStr for Feed {
    type Err = NotAFeed;
    fn from_str(text: &str) -> Result<Feed, NotAFeed> {
        let (kind, value) = text.trim().split_once(':').ok_or(NotAFeed)?;
        let value = value.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match kind {
            "channel" if (1..=CHANNEL_CHARS_MAX).contains(&value.len()) && value.chars().all(plain) => {
                Ok(Feed::Channel(value.to_owned()))
            }
            "search" => {
                let fits = (1..=SEARCH_CHARS_MAX).contains(&value.chars().count());
                let printable = !value.chars().any(char::is_control);
                (fits && printable).then(|| Feed::Search(value.to_owned())).ok_or(NotAFeed)
            }
            _ => Err(NotAFeed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_read_as_they_are_written() {
        for text in ["channel:22", "search:抽纸", "search:a:b c"] {
            assert_eq!(text.parse::<Feed>().unwrap().to_string(), text);
        }
        assert_eq!(" channel: 22 ".parse(), Ok(Feed::Channel("22".to_owned())));
        for bad in ["", "22", "channel:", "channel:2 2", "channel:抽纸", "search: ", "search:a\u{0}", "list:1"] {
            assert_eq!(bad.parse::<Feed>(), Err(NotAFeed), "{bad}");
        }
        assert!(Feed::defaults().iter().all(|feed| feed.to_string().parse().as_ref() == Ok(feed)));
    }
}
