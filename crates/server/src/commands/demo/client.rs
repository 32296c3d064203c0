//! A small HTTP client of the demo: everything goes through the real server, as a browser's requests would.

use crate::failure::Failure;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use reqwest::{Method, Response, redirect};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

/// Somebody signed in.
#[derive(Clone, Debug, Default)]
pub struct Session {
    cookie: String,
    csrf: String,
}

#[derive(Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

impl Client {
    pub fn new(server: SocketAddr) -> Result<Client, Failure> {
        // A second installation of the same provider is refused, and that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()
            .map_err(Failure::failed)?;
        Ok(Client { base: format!("http://{server}"), http })
    }

    /// A call of the API; the answer, and the session where one was opened.
    pub async fn call(
        &self,
        session: Option<&Session>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(Value, Session), Failure> {
        let url = format!("{}/api/v1{path}", self.base);
        let mut request = self.http.request(method.clone(), &url);
        if let Some(session) = session {
            request = request.header(COOKIE, &session.cookie).header("x-csrf-token", &session.csrf);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(Failure::failed)?;
        let status = response.status();
        let cookie = cookie_of(&response);
        let text = response.text().await.map_err(Failure::failed)?;
        if !status.is_success() {
            return Err(Failure::failed(format!("{method} {path}: {status} {text}")));
        }
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let csrf = body["csrf"].as_str().unwrap_or_default().to_owned();
        Ok((body, Session { cookie, csrf }))
    }

    pub async fn post(&self, session: &Session, path: &str, body: Value) -> Result<Value, Failure> {
        self.call(Some(session), Method::POST, path, Some(body)).await.map(|(body, _)| body)
    }

    pub async fn get(&self, session: &Session, path: &str) -> Result<Value, Failure> {
        self.call(Some(session), Method::GET, path, None).await.map(|(body, _)| body)
    }

    /// Opens a share link as some program would; where it leads to, if anywhere.
    pub async fn open(&self, url: &str, method: Method, agent: &str) -> Result<Option<String>, Failure> {
        let request = self.http.request(method, url).header(USER_AGENT, agent);
        let response = request.send().await.map_err(Failure::failed)?;
        Ok(response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).map(str::to_owned))
    }

    /// Goes to the shop and presses *buy*: the page's own form is sent.
    pub async fn buy(&self, shop_url: &str, quantity: i64) -> Result<(), Failure> {
        let mut url = shop_url.to_owned();
        for _ in 0..3 {
            let response = self.http.get(&url).send().await.map_err(Failure::failed)?;
            if let Some(next) = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()) {
                url = absolute(&url, next)?;
                continue;
            }
            let page = response.text().await.map_err(Failure::failed)?;
            let (action, mut fields) = form_of(&page)?;
            for (name, value) in &mut fields {
                if name == "quantity" {
                    *value = quantity.to_string();
                }
            }
            let sent = self.http.post(absolute(&url, &action)?).form(&fields).send().await.map_err(Failure::failed)?;
            let status = sent.status();
            if status.is_client_error() || status.is_server_error() {
                return Err(Failure::failed(format!("the shop refused the purchase: {status}")));
            }
            return Ok(());
        }
        Err(Failure::failed("the shop redirects in a circle"))
    }
}

fn cookie_of(response: &Response) -> String {
    let cookies = response.headers().get_all(SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies.filter_map(|c| c.split(';').next()).collect::<Vec<_>>().join("; ")
}

fn absolute(base: &str, reference: &str) -> Result<String, Failure> {
    let base = url::Url::parse(base).map_err(Failure::failed)?;
    base.join(reference).map(String::from).map_err(Failure::failed)
}

/// Address and fields of the first form of a page of the sandbox's own making.
fn form_of(page: &str) -> Result<(String, Vec<(String, String)>), Failure> {
    let start = page.find("<form").ok_or_else(|| Failure::failed("the shop's page has no form"))?;
    let form = page[start..].split("</form>").next().unwrap_or_default();
    let action = attribute(form, "action").ok_or_else(|| Failure::failed("the shop's form leads nowhere"))?;
    let inputs = form.split("<input").skip(1);
    let fields = inputs.filter_map(|input| {
        let tag = input.split('>').next()?;
        // An unticked box is not sent.
        if attribute(tag, "type").as_deref() == Some("checkbox") && !tag.contains("checked") {
            return None;
        }
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_else(|| "on".to_owned())))
    });
    Ok((action, fields.collect()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = tag[at..].split('"').next()?;
    Some(value.replace("&amp;", "&").replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_its_page_says() {
        let page = r#"<p><form method="post" action="/shop/buy?a=1&amp;b=2"><input type="hidden" name="code" value="x">
            <input type="number" name="quantity" value="1"><input type="checkbox" name="coupon" checked>
            <input type="checkbox" name="gift"><button>立即购买</button></form>"#;
        let (action, fields) = form_of(page).unwrap();
        assert_eq!(action, "/shop/buy?a=1&b=2");
        let names: Vec<_> = fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(names, ["code=x", "quantity=1", "coupon=on"]);
        assert!(form_of("<p>").is_err());
    }
}
