//! What a program or a union account may say of itself. Pure.

use crate::staff;
use std::net::IpAddr;
use url::{Host, Url};

/// A new program splits by default 60 % direct, 10 % inviter (product.md §4); for a promoter's own purchase, where no
/// inviter is paid, the direct part takes both.
pub const DIRECT_PPM: i64 = 600_000;
pub const INVITER_PPM: i64 = 100_000;
pub const SELF_PPM: i64 = 700_000;
pub const COMMUNITY_LIMIT: i64 = 10;
pub const TIME_ZONE: &str = "Asia/Shanghai";

/// `a-z`, `0-9` and `-`, 2 to 32 characters, beginning with a letter.
pub fn code(text: &str) -> Result<String, String> {
    let text = text.trim();
    let shape = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !shape || !(2..=32).contains(&text.len()) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("must be 2 to 32 characters of a-z, 0-9 and -, beginning with a letter".to_owned());
    }
    // An id would be read as one; `presets` and `all` are words of paths.
    if text == staff::ALL || text == "presets" {
        return Err("is a word with another meaning; choose another".to_owned());
    }
    Ok(text.to_owned())
}

/// `#rrggbb`.
pub fn colour(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()));
    hex.map(|hex| format!("#{}", hex.to_ascii_lowercase())).ok_or_else(|| "must be as #e1251b".to_owned())
}

/// Bytes of a logo's data URL.
const LOGO_MAX: usize = 48 * 1024;

/// Empty, or a picture as a data URL. No SVG: it may hold more than a picture.
pub fn logo(text: &str) -> Result<String, String> {
    let kinds = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,"];
    let data = kinds.iter().find_map(|kind| text.strip_prefix(kind));
    let shaped = data
        .is_some_and(|data| !data.is_empty() && data.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)));
    if text.is_empty() || (shaped && text.len() <= LOGO_MAX) {
        Ok(text.to_owned())
    } else {
        Err("must be a PNG, JPEG or WebP picture as a data URL of at most 48 KB".to_owned())
    }
}

/// Empty, or as WeChat gives them.
pub fn wechat_appid(text: &str) -> Result<String, String> {
    let shaped =
        text.strip_prefix("wx").is_some_and(|rest| rest.len() == 16 && rest.chars().all(|c| c.is_ascii_alphanumeric()));
    if text.is_empty() || shaped { Ok(text.to_owned()) } else { Err("must be wx and 16 characters".to_owned()) }
}

/// Characters of an address or host at the most.
const ADDRESS_MAX: usize = 300;

/// Empty, or the address at which a program's links lead to us; without a slash at the end.
pub fn public_url(text: &str, demo: bool) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let url = address(text).ok_or("must be an address as in https://go.example")?;
    let safe = url.scheme() == "https" || (demo && url.scheme() == "http" && is_loopback(&url));
    if safe && is_bare(&url) {
        // As parsed, not as typed: the parser forgives tabs and line ends that a link must not carry.
        Ok(url.origin().ascii_serialization())
    } else {
        Err("must be an https address without a path".to_owned())
    }
}

/// Where a union is reached: https to a public address; in the demo also http to this machine. What a name resolves to
/// is not asked here.
pub fn gateway(text: &str, demo: bool) -> Result<String, String> {
    let url = address(text.trim()).ok_or("must be an address as in https://api.jd.com/routerjson")?;
    if demo && url.scheme() == "http" && is_loopback(&url) {
        return Ok(url.to_string());
    }
    if url.scheme() != "https" {
        return Err("must be an https address".to_owned());
    }
    match url.host() {
        Some(Host::Domain(name)) if !is_private_name(name) => Ok(url.to_string()),
        Some(Host::Ipv4(ip)) if !is_private(IpAddr::V4(ip)) => Ok(url.to_string()),
        Some(Host::Ipv6(ip)) if !is_private(IpAddr::V6(ip)) => Ok(url.to_string()),
        _ => Err("must not lead into a private network".to_owned()),
    }
}

/// A host, with a port where it is not the usual one; a link's target must be one of them.
pub fn link_host(text: &str) -> Result<String, String> {
    let url = address(&format!("https://{}/", text.trim())).filter(is_bare).ok_or("must be a host as in u.jd.com")?;
    let host = url.host_str().unwrap_or_default();
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// An address with a host and without user name and password.
fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= ADDRESS_MAX)?;
    (url.has_host() && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Nothing after the host.
fn is_bare(url: &Url) -> bool {
    url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}

/// Names that only a local network knows.
fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.') || ["localhost", "local", "internal", "lan", "home", "intranet"].contains(&last)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast()
                // Shared address space of carriers; benchmarks.
                || (a == 100 && (64..128).contains(&b)) || (a == 198 && (b == 18 || b == 19)) || a == 0 || a >= 240
        }
        // Global unicast is 2000::/3; of it, 6to4 (2002::/16) carries an IPv4 address that could be a private one.
        IpAddr::V6(ip) => ip.segments()[0] & 0xe000 != 0x2000 || ip.segments()[0] == 0x2002,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_cannot_be_mistaken_for_something_else() {
        assert_eq!(code(" fenxiang-2 ").as_deref(), Ok("fenxiang-2"));
        for bad in ["", "a", "all", "presets", "Fen", "芬香", "1abc", "a b", &"x".repeat(33)] {
            assert!(code(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn gateways_are_public_and_encrypted_except_in_the_demo() {
        for good in ["https://api.jd.com/routerjson", "https://8.8.8.8/x", "https://[2606:4700::1]/"] {
            assert!(gateway(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://api.jd.com/routerjson",
            "ftp://api.jd.com",
            "https://localhost/x",
            "https://127.0.0.1/x",
            "https://10.1.2.3/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://100.64.0.1/",
            "https://user:pw@api.jd.com/",
            "https://intranet/",
            "https://localhost./",
            "https://gateway.localhost/",
            "https://gateway.internal./",
            "https://2130706433/",
            "https://[::10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[fe80::1]/",
            "https://[2002:a00:1::]/",
            "nowhere",
        ] {
            assert!(gateway(bad, false).is_err(), "{bad}");
        }
        assert!(gateway("http://127.0.0.1:9100/routerjson", true).is_ok());
        assert!(gateway("http://127.0.0.1:9100/routerjson", false).is_err());
        assert!(gateway("http://10.0.0.1/routerjson", true).is_err());
        assert!(gateway("http://user:pw@127.0.0.1:9100/", true).is_err());
        assert!(gateway(&format!("https://api.jd.com/{}", "x".repeat(300)), false).is_err());
    }

    #[test]
    fn links_lead_to_hosts_only() {
        assert_eq!(link_host("U.JD.com").as_deref(), Ok("u.jd.com"));
        assert_eq!(link_host("127.0.0.1:9100").as_deref(), Ok("127.0.0.1:9100"));
        assert_eq!(link_host("u.jd.com:443").as_deref(), Ok("u.jd.com"));
        // One host stays one: they are kept with spaces between them.
        assert_eq!(link_host("u.jd\n.com").as_deref(), Ok("u.jd.com"));
        for bad in ["", "u.jd.com/x", "a@b", "https://u.jd.com", "a b", "u.jd.com?x", "u.jd.com\\x", ":pw@u.jd.com"] {
            assert!(link_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn public_addresses_have_no_path() {
        assert_eq!(public_url("https://go.example/", false).as_deref(), Ok("https://go.example"));
        assert_eq!(public_url("", false).as_deref(), Ok(""));
        assert_eq!(public_url("HTTPS://Go.\texample:8443/", false).as_deref(), Ok("https://go.example:8443"));
        for bad in [
            "http://go.example",
            "https://go.example/x",
            "https://go.example/?x",
            "javascript:alert(1)",
            "https://a@b.example",
            "https://:pw@b.example",
        ] {
            assert!(public_url(bad, false).is_err(), "{bad}");
        }
    }
}
