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

/// Empty, or the address at which a program's links lead to us; without a slash at the end.
pub fn public_url(text: &str, demo: bool) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    if text.is_empty() {
        return Ok(String::new());
    }
    let url = Url::parse(text).map_err(|_| "must be an address as in https://go.example".to_owned())?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let safe = url.scheme() == "https" || (demo && url.scheme() == "http" && is_loopback(&url));
    if plain && safe && url.has_host() {
        Ok(text.to_owned())
    } else {
        Err("must be an https address without a path".to_owned())
    }
}

/// Where a union is reached: https to a public address; in the demo also http to this machine.
pub fn gateway(text: &str, demo: bool) -> Result<String, String> {
    let url =
        Url::parse(text.trim()).map_err(|_| "must be an address as in https://api.jd.com/routerjson".to_owned())?;
    if demo && url.scheme() == "http" && is_loopback(&url) {
        return Ok(url.to_string());
    }
    if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
        return Err("must be an https address".to_owned());
    }
    match url.host() {
        Some(Host::Domain(name)) if name != "localhost" && name.contains('.') => Ok(url.to_string()),
        Some(Host::Ipv4(ip)) if !is_private(IpAddr::V4(ip)) => Ok(url.to_string()),
        Some(Host::Ipv6(ip)) if !is_private(IpAddr::V6(ip)) => Ok(url.to_string()),
        _ => Err("must not lead into a private network".to_owned()),
    }
}

/// A host, with a port where it is not the usual one; a link's target must be one of them.
pub fn link_host(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    let url = Url::parse(&format!("https://{text}/")).map_err(|_| "must be a host as in u.jd.com".to_owned())?;
    let plain = !text.contains(['/', '@', '?', '#', ' ']) && url.has_host();
    if plain { Ok(text) } else { Err("must be a host as in u.jd.com".to_owned()) }
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
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || ip.is_multicast()
                // Shared address space of carriers.
                || (a == 100 && (64..128).contains(&b)) || a == 0 || a >= 240
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_multicast()
                || ip.to_ipv4_mapped().is_some()
        }
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
        for good in ["https://api.jd.com/routerjson", "https://8.8.8.8/x"] {
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
            "nowhere",
        ] {
            assert!(gateway(bad, false).is_err(), "{bad}");
        }
        assert!(gateway("http://127.0.0.1:9100/routerjson", true).is_ok());
        assert!(gateway("http://127.0.0.1:9100/routerjson", false).is_err());
        assert!(gateway("http://10.0.0.1/routerjson", true).is_err());
    }

    #[test]
    fn links_lead_to_hosts_only() {
        assert_eq!(link_host("U.JD.com").as_deref(), Ok("u.jd.com"));
        assert_eq!(link_host("127.0.0.1:9100").as_deref(), Ok("127.0.0.1:9100"));
        for bad in ["", "u.jd.com/x", "a@b", "https://u.jd.com", "a b"] {
            assert!(link_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn public_addresses_have_no_path() {
        assert_eq!(public_url("https://go.example/", false).as_deref(), Ok("https://go.example"));
        assert_eq!(public_url("", false).as_deref(), Ok(""));
        for bad in ["http://go.example", "https://go.example/x", "javascript:alert(1)", "https://a@b.example"] {
            assert!(public_url(bad, false).is_err(), "{bad}");
        }
    }
}
