//! What other machines say: the time at a gateway, and how long the certificate of our own address is good.

use infra::Clock;
use kernel::Instant;
use reqwest::header::DATE;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

const WITHIN: Duration = Duration::from_secs(5);
/// Certificates that are good for longer are told as this long.
const DAYS_MAX: i64 = 800;
const DAY: Duration = Duration::from_secs(86_400);

/// By how many seconds a gateway's clock is ahead of ours, to the second; `None` where it does not say.
pub async fn date(gateway: &str) -> Result<Option<i64>, &'static str> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || reqwest::Client::builder().timeout(WITHIN).redirect(reqwest::redirect::Policy::none()).no_proxy();
    // A machine without root certificates can still ask a sandbox.
    let http = builder().build().or_else(|_| builder().tls_certs_only(Vec::new()).build());
    let http = http.map_err(|_| "the http client cannot be built")?;
    let before = Clock::system().now();
    let response = http.get(gateway).send().await.map_err(|e| match e {
        e if e.is_timeout() => "no answer in time",
        e if e.is_connect() => "no connection",
        _ => "the connection broke",
    })?;
    let after = Clock::system().now();
    let said = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    let there = said.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|at| at.timestamp().as_second());
    let there = there.map(|seconds| Instant::from_micros(seconds * 1_000_000));
    // It says whole seconds: anything within the second of our call is the same time.
    Ok(there.map(|there| match there.seconds() {
        s if s < before.seconds() - 1 => s - before.seconds(),
        s if s > after.seconds() => s - after.seconds(),
        _ => 0,
    }))
}

/// For how many whole days from now this machine would trust the certificate at an https address.
pub async fn certificate_days(url: &Url) -> Result<i64, String> {
    let host = url.host_str().ok_or("it names no host")?.trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let asked = tokio::task::spawn_blocking(move || days_left(&host, port));
    tokio::time::timeout(WITHIN * 3, asked).await.map_err(|_| "no answer in time")?.map_err(|e| e.to_string())?
}

/// Blocks.
fn days_left(host: &str, port: u16) -> Result<i64, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let name = ServerName::try_from(host.to_owned()).map_err(|e| e.to_string())?;
    let chain = shown(host, port, &name, provider.clone()).map_err(|e| format!("it does not show one ({e})"))?;
    let (own, others) = chain.split_first().ok_or("it shows none")?;
    let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|e| e.to_string())?;
    let now = UnixTime::now();
    // Whoever checks decides by the time it is told: so the day from which it refuses is found by asking.
    let trusted = |days: i64| {
        let at = Duration::from_secs(now.as_secs()) + DAY * u32::try_from(days).unwrap_or(0);
        verifier.verify_server_cert(own, others, &name, &[], UnixTime::since_unix_epoch(at))
    };
    trusted(0).map_err(|e| e.to_string())?;
    let (mut good, mut bad) = (0, DAYS_MAX + 1);
    while bad - good > 1 {
        let middle = (good + bad) / 2;
        if trusted(middle).is_ok() {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(good)
}

/// The chain that a server shows.
fn shown(
    host: &str,
    port: u16,
    name: &ServerName<'static>,
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> io::Result<Vec<CertificateDer<'static>>> {
    let seen = Arc::new(Seen { provider: provider.clone(), chain: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(seen.clone())
        .with_no_client_auth();
    let mut session = ClientConnection::new(Arc::new(config), name.clone()).map_err(io::Error::other)?;
    let address = (host, port).to_socket_addrs()?.next().ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
    let mut stream = TcpStream::connect_timeout(&address, WITHIN)?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    while session.is_handshaking() {
        session.complete_io(&mut stream)?;
    }
    Ok(std::mem::take(&mut *seen.chain.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Lets every chain pass and keeps it: nothing is sent on this connection, the chain is judged afterwards.
#[derive(Debug)]
struct Seen {
    provider: Arc<rustls::crypto::CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(own).chain(others).map(|one| one.clone().into_owned()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
