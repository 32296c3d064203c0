use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Proxies whose `X-Forwarded-For` is believed. An extension of every request.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(pub Arc<Vec<IpAddr>>);

/// Where a request comes from: the peer, or what a trusted proxy says in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        // Requests without a peer exist only in tests that call the router directly.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let trusted = parts.extensions.get::<TrustedProxies>().cloned().unwrap_or_default();
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
        let chain: Vec<&str> = forwarded.flat_map(|v| v.split(',')).map(str::trim).collect();
        Ok(ClientAddress(behind(peer, &chain, &trusted.0)))
    }
}

/// Walks the chain from the nearest proxy outward, as long as each one is trusted.
fn behind(peer: IpAddr, chain: &[&str], trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer;
    for hop in chain.iter().rev() {
        if !trusted.contains(&client) {
            break;
        }
        let Ok(address) = hop.parse() else { break };
        client = address;
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let ip = |t: &str| t.parse::<IpAddr>().unwrap();
        let proxy = ip("10.0.0.1");
        assert_eq!(behind(ip("9.9.9.9"), &["1.1.1.1"], &[proxy]), ip("9.9.9.9"));
        assert_eq!(behind(proxy, &["6.6.6.6", "1.1.1.1"], &[proxy]), ip("1.1.1.1"));
        assert_eq!(behind(proxy, &["1.1.1.1", "nonsense"], &[proxy]), proxy);
    }
}
