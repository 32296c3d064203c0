//! Who opened a link, by what it says of itself. Pure.

/// How an opening counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Human,
    /// A chat program looking at what is behind a link before anybody taps it.
    Preview,
    Robot,
    /// A HEAD request: nobody reads it.
    Head,
}

impl Class {
    pub const ALL: [Class; 4] = [Class::Human, Class::Preview, Class::Robot, Class::Head];

    pub const fn word(self) -> &'static str {
        match self {
            Class::Human => "human",
            Class::Preview => "preview",
            Class::Robot => "robot",
            Class::Head => "head",
        }
    }

    pub fn from_word(word: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|c| c.word() == word)
    }
}

/// Programs that fetch a link to show a card. Lower case.
const PREVIEWS: &[&str] = &[
    "facebookexternalhit",
    "facebot",
    "twitterbot",
    "slackbot",
    "slack-imgproxy",
    "telegrambot",
    "whatsapp/",
    "discordbot",
    "linkedinbot",
    "skypeuripreview",
    "dingtalkbot",
    "larkurl",
    "feishubot",
    "bytespider-preview",
    "wechat-link-preview",
    "wxwork-link",
    "embedly",
    "iframely",
    "redditbot",
    "vkshare",
    "line-poker",
    "qzone-preview",
    "unfurl",
];

/// Everything else that is no person. Lower case.
const ROBOTS: &[&str] = &[
    "bot",
    "spider",
    "crawl",
    "slurp",
    "curl/",
    "wget/",
    "python",
    "go-http-client",
    "java/",
    "okhttp",
    "headless",
    "phantomjs",
    "scrapy",
    "axios/",
    "node-fetch",
    "undici",
    "libwww",
    "httpclient",
    "httpie",
    "monitor",
    "uptime",
    "scan",
    "postman",
    "lighthouse",
    "archive",
];

/// Browsers say more of themselves.
const BARE: &[&str] = &["", "mozilla/4.0", "mozilla/5.0"];

/// By method, the `User-Agent` and whether the browser says that it only prefetches. The browser inside WeChat
/// (`MicroMessenger`) is a person's.
pub fn classify(head: bool, agent: Option<&str>, prefetch: bool) -> Class {
    if head {
        return Class::Head;
    }
    // CUBOT makes phones.
    let agent = agent.unwrap_or_default().to_lowercase().replace("cubot", "");
    let agent = agent.trim();
    let says = |list: &[&str]| list.iter().any(|word| agent.contains(word));
    if prefetch || says(PREVIEWS) {
        Class::Preview
    } else if BARE.contains(&agent) || says(ROBOTS) {
        Class::Robot
    } else {
        Class::Human
    }
}

/// A short word for the program that was used; the whole text is not kept.
pub fn family(agent: Option<&str>) -> &'static str {
    let agent = agent.unwrap_or_default().to_ascii_lowercase();
    const FAMILIES: [(&str, &str); 12] = [
        ("micromessenger", "wechat"),
        ("wxwork", "wecom"),
        ("dingtalk", "dingtalk"),
        ("lark", "feishu"),
        ("feishu", "feishu"),
        ("telegram", "telegram"),
        ("qq/", "qq"),
        ("alipay", "alipay"),
        ("firefox", "firefox"),
        ("edg/", "edge"),
        ("chrome", "chrome"),
        ("safari", "safari"),
    ];
    FAMILIES.iter().find(|(word, _)| agent.contains(word)).map_or("other", |(_, family)| family)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WECHAT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.54 NetType/WIFI Language/zh_CN";

    #[test]
    fn people_previews_and_robots_are_told_apart() {
        for (agent, class) in [
            (WECHAT, Class::Human),
            ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36", Class::Human),
            ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15", Class::Human),
            (
                "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
                Class::Human,
            ),
            ("Mozilla/5.0 (Linux; Android 14; 荣耀Magic6) AppleWebKit/537.36 MicroMessenger/8.0.50", Class::Human),
            ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 [Pinterest/iOS]", Class::Human),
            ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 DingTalk/7.6.0", Class::Human),
            ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Lark/7.30 LarkLocale/zh_CN", Class::Human),
            ("facebookexternalhit/1.1", Class::Preview),
            ("Twitterbot/1.0", Class::Preview),
            ("DingTalkBot-LinkService/1.0 (+https://open-doc.dingtalk.com)", Class::Preview),
            ("Mozilla/5.0 (compatible; LarkUrl2.0)", Class::Preview),
            ("Slackbot 1.0", Class::Preview),
            ("TelegramBot (like TwitterBot)", Class::Preview),
            ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Class::Preview),
            ("WhatsApp/2.24.6 A", Class::Preview),
            ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", Class::Robot),
            ("Mozilla/5.0 (compatible; Googlebot/2.1)", Class::Robot),
            ("curl/8.5.0", Class::Robot),
            ("Mozilla/5.0", Class::Robot),
            ("Bytespider", Class::Robot),
            ("GPTBot/1.2", Class::Robot),
            ("python-requests/2.32", Class::Robot),
            ("Mozilla/5.0 HeadlessChrome/131.0", Class::Robot),
            ("", Class::Robot),
            ("   ", Class::Robot),
        ] {
            assert_eq!(classify(false, Some(agent), false), class, "{agent}");
        }
        assert_eq!(classify(false, None, false), Class::Robot);
        assert_eq!(classify(true, Some(WECHAT), false), Class::Head);
        assert_eq!(classify(false, Some(WECHAT), true), Class::Preview);
    }

    #[test]
    fn only_a_short_word_is_kept() {
        assert_eq!((family(Some(WECHAT)), family(Some("x")), family(None)), ("wechat", "other", "other"));
        for class in Class::ALL {
            assert_eq!(Class::from_word(class.word()), Some(class));
        }
    }
}
