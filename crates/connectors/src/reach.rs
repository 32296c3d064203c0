//! Addresses that come from outside must not lead inside: only those of the public internet, which are looked up here and
//! connected to as looked up, so that a name cannot mean one thing when it is checked and another when it is used.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Where we may connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// The demo's sandbox on this machine too.
    AndLoopback,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        is_public(address) || (self == Reach::AndLoopback && address.is_loopback())
    }

    /// What can be said of an address before its name is looked up: numbers are never looked up, so they are judged here.
    pub fn check(self, url: &Url) -> Result<(), &'static str> {
        let number = match url.host() {
            None => return Err("it names no host"),
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(number)) => IpAddr::V4(number),
            Some(Host::Ipv6(number)) => IpAddr::V6(number),
        };
        if self.allows(number) { Ok(()) } else { Err("it leads inside") }
    }
}

/// Whether a call failed because its name leads inside.
pub fn leads_inside(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        if found.downcast_ref::<LeadsInside>().is_some() {
            return true;
        }
        cause = found.source();
    }
    false
}

#[derive(Debug, thiserror::Error)]
#[error("its name leads inside")]
struct LeadsInside;

/// Looks names up and leaves out what may not be connected to; the client connects to what it is given here.
pub struct Checked(pub Reach);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            match allowed.is_empty() {
                true => Err(LeadsInside.into()),
                false => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// Whether an address is one of the internet at large.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let inside = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // "This network", carrier-grade NAT, protocol assignments, benchmarks, and what is reserved, broadcast included.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !inside
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // The old world inside the new one: mapped, compatible, translated and tunnelled addresses.
    if let Some(v4) = address.to_ipv4() {
        return is_public_v4(v4);
    }
    let [first, second, third, ..] = address.segments();
    // Global unicast is 2000::/3; in it Teredo, ORCHID and documentation (2001::/23, 2001:db8::/32, 3fff::/20), 6to4.
    let global = (0x2000..0x4000).contains(&first);
    let special = (first == 0x2001 && (second < 0x200 || second == 0xdb8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000)
        || (first == 0x64 && second == 0xff9b && third == 0);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_at_large_is_reached() {
        for public in
            ["1.1.1.1", "114.114.114.114", "100.63.0.1", "172.32.0.1", "198.20.0.1", "2400:3200::1", "2606:4700::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_looked_up() {
        let names = Checked(Reach::Public).resolve("localhost".parse().unwrap()).await;
        assert!(names.err().is_some_and(|e| e.downcast_ref::<LeadsInside>().is_some()));
        let names = Checked(Reach::AndLoopback).resolve("localhost".parse().unwrap()).await.unwrap();
        assert!(names.into_iter().all(|address| address.ip().is_loopback()));
    }
}
