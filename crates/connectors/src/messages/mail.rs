//! Mail by the founder's own mailbox: SMTP with TLS, in the clear only to a server on this machine.

use super::{ChannelConfigError, SendError, WITHIN};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use std::fmt;
use std::sync::Arc;
use url::{Host, Url};

const CHANNEL: &str = "the mail server";
const MESSAGE_MAX: usize = 200;

/// Cloneable handle on one mailbox.
#[derive(Clone)]
pub struct Mail(Arc<Inner>);

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    host: String,
    from: Mailbox,
    to: Mailbox,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("host", &self.0.host).field("to", &self.0.to).finish_non_exhaustive()
    }
}

impl Mail {
    /// `server`: `smtps://USER:PASSWORD@HOST` (TLS from the start, port 465) or `smtp://…` (STARTTLS, port 587; in the clear
    /// only to this machine). Makes no call.
    pub fn try_new(server: &str, from: &str, to: &str) -> Result<Mail, ChannelConfigError> {
        let wrong = |why: &str| ChannelConfigError(why.to_owned());
        let url =
            Url::parse(server).map_err(|_| wrong("must be smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("names no host"))?;
        // The scheme is none that the parser knows numbers for: they arrive as names.
        let here = host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            || matches!(url.host(), Some(Host::Ipv4(address)) if address.is_loopback());
        // Somebody else in the process may have installed a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = |e: lettre::transport::smtp::Error| ChannelConfigError(format!("cannot be used: {e}"));
        let (builder, usual) = match url.scheme() {
            "smtps" => (AsyncSmtpTransport::<Tokio1Executor>::relay(host).map_err(tls)?, 465),
            "smtp" if here => (AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host), 25),
            "smtp" => (AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host).map_err(tls)?, 587),
            _ => return Err(wrong("must begin with smtps:// or smtp://")),
        };
        let mut builder = builder.port(url.port().unwrap_or(usual)).timeout(Some(WITHIN));
        if !url.username().is_empty() {
            let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            let password = plain(url.password().unwrap_or_default());
            builder = builder.credentials(Credentials::new(plain(url.username()), password));
        }
        let mailbox = |text: &str| {
            text.parse::<Mailbox>()
                .map_err(|_| ChannelConfigError(format!("needs mail_from and mail_to: `{text}` is no address")))
        };
        let (from, to) = (mailbox(from)?, mailbox(to)?);
        Ok(Mail(Arc::new(Inner { transport: builder.build(), host: host.to_owned(), from, to })))
    }

    pub async fn send(&self, subject: &str, text: &str) -> Result<(), SendError> {
        let refused = |code: &str, message: String, lasting: bool| {
            let message: String = message.chars().filter(|c| !c.is_control()).take(MESSAGE_MAX).collect();
            SendError { channel: CHANNEL, code: code.to_owned(), message, lasting }
        };
        let message = Message::builder()
            .from(self.0.from.clone())
            .to(self.0.to.clone())
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|e| refused("malformed", e.to_string(), true))?;
        match tokio::time::timeout(WITHIN, self.0.transport.send(message)).await {
            Err(_) => Err(refused("timeout", "no answer in time".to_owned(), false)),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let code = error.status().map_or_else(|| "unreachable".to_owned(), |code| code.to_string());
                Err(refused(&code, error.to_string(), error.is_permanent()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    /// A mail server for one letter, which it answers with `last`; what it was told.
    async fn post_office(last: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 here\r\n").await.unwrap();
            let (mut told, mut letter) = (String::new(), false);
            while let Ok(Some(line)) = lines.next_line().await {
                told.push_str(&line);
                told.push('\n');
                let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                    "." if letter => {
                        letter = false;
                        last
                    }
                    _ if letter => continue,
                    "EHLO" => "250-here\r\n250 AUTH PLAIN",
                    "DATA" => {
                        letter = true;
                        "354 go on"
                    }
                    "QUIT" => break,
                    _ => "250 ok",
                };
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
            told
        });
        (port, told)
    }

    #[tokio::test]
    async fn a_letter_arrives_in_chinese() {
        let (port, told) = post_office("250 taken").await;
        let mail =
            Mail::try_new(&format!("smtp://u:p%40ss@127.0.0.1:{port}"), "Daogou <a@d.example>", "b@d.example").unwrap();
        assert!(!format!("{mail:?}").contains("p@ss"));
        mail.send("导购告警", "磁盘空间不足").await.unwrap();
        drop(mail);
        let told = told.await.unwrap();
        assert!(told.contains("MAIL FROM:<a@d.example>") && told.contains("RCPT TO:<b@d.example>"), "{told}");
        assert!(told.contains("AUTH PLAIN") && told.contains("Content-Type: text/plain; charset=utf-8"), "{told}");
        // 磁盘空间不足 in base64.
        assert!(told.contains("56OB55uY56m66Ze05LiN6Laz"), "{told}");
    }

    #[tokio::test]
    async fn refusals_say_whether_they_last() {
        for (answer, lasting) in [("550 no such person", true), ("451 try later", false)] {
            let (port, _told) = post_office(answer).await;
            let mail = Mail::try_new(&format!("smtp://127.0.0.1:{port}"), "a@d.example", "b@d.example").unwrap();
            let error = mail.send("s", "t").await.unwrap_err();
            assert_eq!((&*error.code, error.lasting), (&answer[..3], lasting), "{error}");
        }
        let away = Mail::try_new("smtp://u:secret@127.0.0.1:1", "a@d.example", "b@d.example").unwrap();
        let error = away.send("s", "t").await.unwrap_err();
        assert_eq!((&*error.code, error.lasting), ("unreachable", false));
        assert!(!error.to_string().contains("secret"), "{error}");
        for (server, from) in [("http://h", "a@d.example"), ("smtps://h", "nobody"), ("smtps://", "a@d.example")] {
            assert!(Mail::try_new(server, from, "b@d.example").is_err(), "{server} {from}");
        }
    }
}
