//! The dashboard of the examples, in a real browser: headless Chromium, which its driver drives by `WebDriver`.
//!
//! Skipped with a message where there is no `chromedriver`.

mod browser;

use std::time::Duration;

use actor_runtime::CancellationToken;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::browser::{Browser, Driver, TestResult};
use crate::dashboard::{Shop, router};

#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/dashboard.rs"]
pub mod dashboard;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_the_actors_live() -> TestResult {
    let Some(driver) = Driver::start()? else {
        eprintln!("skipped: there is no chromedriver, which is in Debian's chromium-driver");
        return Ok(());
    };
    let shutdown = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let page = format!("http://{}/", listener.local_addr()?);
    let service = axum::serve(listener, router(Shop::open(&shutdown)))
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let service = tokio::spawn(async move { service.await });

    let browser = Browser::open(&driver, json!({})).await?;
    let looked = timeout(Duration::from_secs(120), look_at(&browser, &page)).await;
    browser.close().await?;
    looked??;

    shutdown.cancel();
    timeout(Duration::from_secs(30), service).await???;
    Ok(())
}

async fn look_at(browser: &Browser, page: &str) -> TestResult {
    browser.command("url", json!({ "url": page })).await?;
    browser
        .until("document.getElementById('state').textContent === 'live'")
        .await?;

    // Rows appear, in the order in which the actors were spawned.
    let actors = "[...document.querySelectorAll('tbody tr')].map(row => row.dataset.actor).join()";
    browser.until(&format!("{actors} !== ''")).await?;
    assert_eq!(
        browser.value(actors).await?,
        "mailer,printer,stock,pricing,checkout eu,checkout us,importer"
    );

    // A bar fills up when its actor is stuck in a method.
    let printer = "document.querySelector('[data-actor=printer]')";
    let jam = "document.getElementById('jam').click()";
    browser.value(jam).await?;
    browser
        .until(&format!("{printer}.matches('.full.stuck')"))
        .await?;
    let text = browser.value(&format!("{printer}.innerText")).await?;
    let text = text.as_str().unwrap_or_default();
    assert!(text.contains("print") && text.contains("/ 32"), "{text}");
    let filled = "querySelector('.bar i').getBoundingClientRect().width";
    let length = "querySelector('.bar').getBoundingClientRect().width";
    browser
        .until(&format!("{printer}.{filled} > 0.85 * {printer}.{length}"))
        .await?;
    browser.value(jam).await?;
    browser
        .until(&format!("!{printer}.matches('.full, .stuck')"))
        .await?;

    // A restart is counted, and the failure is shown.
    let importer = "document.querySelector('[data-actor=importer]')";
    browser
        .until(&format!(
            "{importer}.querySelector('.restarts').textContent > 0"
        ))
        .await?;
    browser
        .until(&format!("{importer}.textContent.includes('is no number')"))
        .await?;

    // Somebody waits for somebody.
    browser
        .until("document.querySelector('#arrows path') !== null")
        .await?;

    let log = browser.command("se/log", json!({ "type": "browser" }));
    assert_eq!(log.await?, json!([]), "on the console");
    Ok(())
}
