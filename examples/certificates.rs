//! Certificates that are renewed in time: an interval finds the ones that expire soon, and an event
//! tells the servers that use them. One server is prompt. The other is so slow that it misses
//! events, is told so, and reads the current state instead.
//!
//! ```text
//! cargo run -p examples --example certificates
//! ```
//!
//! The program covers half a year. Tokio's clock is paused here: it jumps to the next timer
//! whenever all tasks are idle, so that half a year takes an instant.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Context, Notice, Subscription, actor,
};
use tokio::time::{Instant, sleep};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The proof of a server's name. A newer certificate has a higher serial number.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    domain: String,
    serial: u64,
    expires: Instant,
}

/// The announcement of a new certificate.
#[derive(Clone, Debug)]
pub struct CertificateReady(Certificate);

/// The certificates of all domains, by domain.
#[derive(Default)]
pub struct Certificates {
    issuer: Issuer,
    domains: Vec<&'static str>,
    issued: BTreeMap<String, Certificate>,
}

#[actor(event = CertificateReady, event_capacity = 4)]
impl Certificates {
    /// Returns the current certificates, by domain.
    pub fn present(&self) -> BTreeMap<String, Certificate> {
        self.issued.clone()
    }

    /// Renews the certificates that expire within a month. Callers wait in the meantime. A check
    /// that takes more than half a day delays the next one.
    #[every(DAY / 2, now)]
    async fn renew(&mut self, ctx: &mut Context<Self>) {
        for domain in &self.domains {
            let certificate = self.issued.get(*domain);
            if certificate.is_some_and(|present| present.expires > Instant::now() + 30 * DAY) {
                continue;
            }
            match self.issuer.issue(domain).await {
                Ok(certificate) => {
                    self.issued
                        .insert((*domain).to_owned(), certificate.clone());
                    ctx.emit(CertificateReady(certificate));
                }
                // The old certificate is valid for a while yet, so the next check is soon enough to
                // try again.
                Err(error) => println!("{domain}: {error}"),
            }
        }
    }
}

/// A stand-in for a service such as Let's Encrypt. It takes a minute and fails occasionally.
#[derive(Default)]
struct Issuer {
    requests: u64,
}

/// The reason no certificate was issued.
#[derive(Debug)]
struct Overloaded;

impl fmt::Display for Overloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the issuer is overloaded")
    }
}

impl Issuer {
    async fn issue(&mut self, domain: &str) -> Result<Certificate, Overloaded> {
        self.requests += 1;
        sleep(MINUTE).await;
        if self.requests.is_multiple_of(10) {
            return Err(Overloaded);
        }
        Ok(Certificate {
            domain: domain.to_owned(),
            serial: self.requests,
            expires: Instant::now() + 90 * DAY,
        })
    }
}

/// A server that uses the certificates.
#[derive(Default)]
struct Server {
    in_use: BTreeMap<String, Certificate>,
    missed: u64,
}

impl Server {
    /// Follows the events to their end. Installing a certificate takes `pace`.
    async fn follow(
        mut self,
        certificates: CertificatesClient,
        mut ready: Subscription<CertificateReady>,
        pace: Duration,
    ) -> Result<Self, CallError> {
        while let Some(notice) = ready.next().await {
            match notice {
                Notice::Event(CertificateReady(certificate)) => self.swap(certificate),
                Notice::Missed(count) => {
                    self.missed += count;
                    certificates
                        .present()
                        .await?
                        .into_values()
                        .for_each(|certificate| self.swap(certificate));
                }
            }
            sleep(pace).await;
        }
        Ok(self)
    }

    fn swap(&mut self, certificate: Certificate) {
        let present = self.in_use.get(&certificate.domain);
        // The state that was read after missed events may be newer than the next events.
        if present.is_none_or(|present| present.serial < certificate.serial) {
            self.in_use.insert(certificate.domain.clone(), certificate);
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), CallError> {
    let shutdown = CancellationToken::new();
    let (certificates, handle) = Certificates {
        domains: vec![
            "a.example",
            "b.example",
            "c.example",
            "d.example",
            "e.example",
            "f.example",
        ],
        ..Certificates::default()
    }
    .spawn_with_handle(shutdown.clone());

    let servers = [Duration::ZERO, DAY].map(|pace| {
        // Subscribed before the actor's first turn, and therefore before its first event.
        let ready = certificates.subscribe();
        tokio::spawn(Server::default().follow(certificates.clone(), ready, pace))
    });
    sleep(183 * DAY).await;
    shutdown.cancel();

    let exit = handle.await;
    let issued = exit.state.expect("no method was cut off").issued;
    for certificate in issued.values() {
        println!("{} has number {}", certificate.domain, certificate.serial);
        assert!(certificate.expires > Instant::now() + 29 * DAY);
    }
    let [prompt, slow] = servers.map(|server| async { server.await.expect("no server panics") });
    let (prompt, slow) = (prompt.await?, slow.await?);
    println!("missed: {} and {}", prompt.missed, slow.missed);
    assert_eq!(prompt.missed, 0);
    assert!(slow.missed > 0);
    assert_eq!((prompt.in_use, slow.in_use), (issued.clone(), issued));
    Ok(())
}
