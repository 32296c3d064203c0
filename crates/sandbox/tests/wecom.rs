//! The robot's refusals, seen through the real connector.

use connectors::messages::{Reach, Robot};
use infra::Clock;
use kernel::Instant;
use sandbox::wecom::{PER_MINUTE, Wecom};

const KEY: &str = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa";

async fn opened(clock: &Clock) -> (Wecom, String) {
    let wecom = Wecom::new(clock.clone(), [KEY.to_owned()]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/cgi-bin/webhook/send", listener.local_addr().unwrap());
    let router = wecom.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (wecom, base)
}

fn robot(base: &str, key: &str) -> Robot {
    Robot::try_new(&format!("{base}?key={key}"), Reach::AndLoopback).unwrap()
}

#[tokio::test]
async fn a_robot_takes_twenty_texts_a_minute() {
    let clock = Clock::held_at(Instant::parse_rfc3339("2026-11-25T00:00:00Z").unwrap());
    let (wecom, base) = opened(&clock).await;
    let robot = robot(&base, KEY);
    for n in 0..PER_MINUTE {
        robot.send(&format!("第 {n} 条")).await.unwrap();
    }
    let error = robot.send("再来一条").await.unwrap_err();
    assert_eq!((&*error.code, error.lasting), ("45009", false));
    assert_eq!(error.message, "api freq out of limit", "without addresses");
    clock.advance_seconds(60);
    robot.send("再来一条").await.unwrap();
    assert_eq!((wecom.messages().len(), &*wecom.messages()[20].content), (21, "再来一条"));
    robot.send(&"x".repeat(2048)).await.unwrap();
}

#[tokio::test]
async fn what_will_never_be_taken_is_known_as_such() {
    let (wecom, base) = opened(&Clock::system()).await;
    let error = robot(&base, "another-key").send("x").await.unwrap_err();
    assert_eq!((&*error.code, error.lasting), ("93000", true));
    assert!(!error.to_string().contains("another-key"), "{error}");
    assert_eq!(robot(&base, KEY).send("").await.unwrap_err().code, "44004");
    wecom.fail(-1, 1);
    assert!(!robot(&base, KEY).send("x").await.unwrap_err().lasting);
    robot(&base, KEY).send("x").await.unwrap();
    assert_eq!(wecom.messages().len(), 1);
}
