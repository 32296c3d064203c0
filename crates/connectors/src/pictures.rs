//! Pictures of goods, from wherever a union says that they are.
//!
//! The address comes from outside, so it must not lead inside ([`Reach`]): only http and https. Redirects are followed by hand, each checked anew.
//! Bounds: [`BYTES_MAX`], [`WITHIN`] for everything together, [`REDIRECTS_MAX`].

pub use crate::reach::Reach;
use crate::reach::{Checked, leads_inside};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

pub const BYTES_MAX: usize = 3 << 20;
pub const WITHIN: Duration = Duration::from_secs(5);
pub const REDIRECTS_MAX: usize = 3;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("the address of the picture is not one that we ask: {0}")]
    Refused(String),
    #[error("the picture was not delivered: {0}")]
    Failed(String),
    #[error("the picture has more than {BYTES_MAX} bytes")]
    TooLarge,
    #[error("the picture was not there within {} seconds", WITHIN.as_secs())]
    Late,
}

/// A picture as delivered; nobody has looked into it yet.
#[derive(Clone, Debug)]
pub struct Picture {
    pub bytes: Vec<u8>,
    /// `image/…`, in lower case, without parameters.
    pub kind: String,
}

pub struct Pictures {
    http: Client,
    reach: Reach,
}

impl Pictures {
    pub fn new(reach: Reach) -> Result<Pictures, PictureError> {
        // Somebody else in the process may have installed a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(WITHIN)
                // A proxy would look names up for us, where we cannot check them.
                .no_proxy()
                .dns_resolver(Arc::new(Checked(reach)))
                .pool_idle_timeout(Duration::from_secs(30))
        };
        // A machine without root certificates can still run the sandbox.
        let http = builder().build().or_else(|_| builder().tls_certs_only(Vec::new()).build());
        Ok(Pictures { http: http.map_err(|e| PictureError::Failed(e.to_string()))?, reach })
    }

    pub async fn fetch(&self, address: &str) -> Result<Picture, PictureError> {
        tokio::time::timeout(WITHIN, self.follow(address)).await.unwrap_or(Err(PictureError::Late))
    }

    async fn follow(&self, address: &str) -> Result<Picture, PictureError> {
        // Unions also write addresses without a scheme.
        let whole = if address.starts_with("//") { format!("https:{address}") } else { address.to_owned() };
        let mut url = Url::parse(&whole).map_err(|e| PictureError::Refused(e.to_string()))?;
        for _ in 0..=REDIRECTS_MAX {
            self.check(&url)?;
            let response = self.http.get(url.clone()).send().await.map_err(|e| failed(&e))?;
            if !response.status().is_redirection() {
                return read(response).await;
            }
            let next = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let next = next.ok_or_else(|| PictureError::Failed("a redirect to nowhere".to_owned()))?;
            url = url.join(next).map_err(|e| PictureError::Refused(e.to_string()))?;
        }
        Err(PictureError::Failed(format!("more than {REDIRECTS_MAX} redirects")))
    }

    /// What can be said of an address before its name is looked up. Numbers are never looked up, so they are judged here.
    fn check(&self, url: &Url) -> Result<(), PictureError> {
        let no = |why: &str| Err(PictureError::Refused(why.to_owned()));
        if !matches!(url.scheme(), "http" | "https") {
            return no("neither http nor https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return no("it names a user");
        }
        if url.port().is_some() && self.reach == Reach::Public {
            return no("it names a port");
        }
        self.reach.check(url).map_err(|why| PictureError::Refused(why.to_owned()))
    }
}

async fn read(mut response: Response) -> Result<Picture, PictureError> {
    if !response.status().is_success() {
        return Err(PictureError::Failed(format!("status {}", response.status().as_u16())));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !kind.starts_with("image/") {
        return Err(PictureError::Failed(format!("it is {kind:?} and no picture")));
    }
    if response.content_length().is_some_and(|length| length > BYTES_MAX as u64) {
        return Err(PictureError::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| failed(&e))? {
        if bytes.len() + piece.len() > BYTES_MAX {
            return Err(PictureError::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Picture { bytes, kind })
}

fn failed(error: &reqwest::Error) -> PictureError {
    if leads_inside(error) {
        return PictureError::Refused("its name leads inside".to_owned());
    }
    if error.is_timeout() {
        return PictureError::Late;
    }
    PictureError::Failed(if error.is_connect() { "no connection" } else { "the connection broke" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::get;

    async fn served(router: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }

    fn png(bytes: Vec<u8>) -> ([(reqwest::header::HeaderName, &'static str); 1], Vec<u8>) {
        ([(CONTENT_TYPE, "Image/PNG; charset=binary")], bytes)
    }

    fn to(address: &'static str) -> axum::routing::MethodRouter {
        get(move || async move { Redirect::temporary(address) })
    }

    fn router() -> Router {
        Router::new()
            .route("/a.png", get(|| async { png(vec![7; 100]) }))
            .route("/large", get(|| async { png(vec![7; BYTES_MAX + 1]) }))
            .route("/page", get(|| async { "<html>" }))
            .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
            .route("/one", to("/a.png"))
            .route("/loop", to("/loop"))
            .route("/to-private", to("http://10.0.0.1/a.png"))
            .route("/to-metadata", to("http://169.254.169.254/latest"))
            .route("/to-file", to("file:///etc/passwd"))
            .route("/to-mapped", to("http://[::ffff:10.0.0.1]/a.png"))
    }

    fn refused(error: &PictureError) -> bool {
        matches!(error, PictureError::Refused(_))
    }

    #[tokio::test]
    async fn nothing_inside_is_asked_for() {
        let base = served(router()).await;
        let public = Pictures::new(Reach::Public).unwrap();
        let port = base.rsplit_once(':').unwrap().1.to_owned();
        for address in [
            format!("{base}/a.png"),
            format!("http://localhost:{port}/a.png"),
            "http://localhost/a.png".to_owned(),
            "http://127.0.0.1/a.png".to_owned(),
            "http://127.1/a.png".to_owned(),
            "http://2130706433/a.png".to_owned(),
            "http://0x7f.0.0.1/a.png".to_owned(),
            "http://[::1]/a.png".to_owned(),
            "http://[::ffff:127.0.0.1]/a.png".to_owned(),
            "http://10.1.2.3/a.png".to_owned(),
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "//192.168.0.1/a.png".to_owned(),
            "https://user:word@example.org/a.png".to_owned(),
            "https://example.org:8443/a.png".to_owned(),
            "ftp://example.org/a.png".to_owned(),
            "file:///etc/passwd".to_owned(),
            "data:image/png;base64,AAAA".to_owned(),
            "/a.png".to_owned(),
            String::new(),
        ] {
            let error = public.fetch(&address).await.unwrap_err();
            assert!(refused(&error), "{address}: {error}");
        }
    }

    #[tokio::test]
    async fn the_demo_reaches_its_sandbox_and_redirects_lead_no_further_inside() {
        let base = served(router()).await;
        let demo = Pictures::new(Reach::AndLoopback).unwrap();
        let picture = demo.fetch(&format!("{base}/one")).await.unwrap();
        assert_eq!((picture.bytes.len(), picture.kind.as_str()), (100, "image/png"));
        for path in ["/to-private", "/to-metadata", "/to-file", "/to-mapped"] {
            let error = demo.fetch(&format!("{base}{path}")).await.unwrap_err();
            assert!(refused(&error), "{path}: {error}");
        }
        assert!(demo.fetch(&format!("{base}/loop")).await.unwrap_err().to_string().contains("redirects"));
        assert!(demo.fetch(&format!("{base}/page")).await.unwrap_err().to_string().contains("no picture"));
        assert!(demo.fetch(&format!("{base}/none")).await.unwrap_err().to_string().contains("404"));
        assert_eq!(demo.fetch(&format!("{base}/large")).await.unwrap_err(), PictureError::TooLarge);
    }

    #[tokio::test]
    async fn endless_and_slow_answers_are_given_up() {
        use axum::body::{Body, Bytes};
        let endless = || async {
            let pieces = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![1; 64 << 10])));
            ([(CONTENT_TYPE, "image/jpeg")], Body::from_stream(pieces))
        };
        let base = served(router().route("/endless", get(endless))).await;
        let demo = Pictures::new(Reach::AndLoopback).unwrap();
        assert_eq!(demo.fetch(&format!("{base}/endless")).await.unwrap_err(), PictureError::TooLarge);
        let started = std::time::Instant::now();
        assert_eq!(demo.fetch(&format!("{base}/slow")).await.unwrap_err(), PictureError::Late);
        assert!(started.elapsed() < WITHIN + Duration::from_secs(3));
    }
}
