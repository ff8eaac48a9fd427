//! The website of the guide: each link leads somewhere, and each page fits on a phone.
//!
//! Skipped with a message where there is no `mdbook` or no `chromedriver`.

mod browser;

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::browser::{Browser, Driver, TestResult};

/// The address of the documentation, which `cargo doc` has made, too.
const DOCS: &str = "https://docs.rs/actor-runtime/latest/";

#[tokio::test]
async fn links_lead_somewhere_and_pages_fit_on_a_phone() -> TestResult {
    if Command::new("mdbook").arg("--version").output().is_err() {
        eprintln!("skipped: there is no mdbook, which `cargo install mdbook` brings");
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let build = Command::new(root.join("book/build")).output()?;
    assert!(
        build.status.success(),
        "{}",
        String::from_utf8_lossy(&build.stderr)
    );

    let pages = pages(&target.join("book/html"))?;
    assert!(pages.len() > 20, "only {} pages", pages.len());
    let faults = faults(&pages, &target.join("doc"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let Some(driver) = Driver::start()? else {
        eprintln!("skipped: there is no chromedriver, which is in Debian's chromium-driver");
        return Ok(());
    };
    let screen = json!({ "width": 390, "height": 844, "pixelRatio": 2.0 });
    let phone = json!({ "mobileEmulation": { "deviceMetrics": screen } });
    let browser = Browser::open(&driver, phone).await?;
    let looked = timeout(Duration::from_secs(240), look_at(&browser, &pages)).await;
    browser.close().await?;
    looked?
}

/// The pages of the book by their files, each with its text.
type Pages = BTreeMap<PathBuf, String>;

fn pages(folder: &Path) -> TestResult<Pages> {
    let mut pages = Pages::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        // The first has no links, and the last is for printers.
        let is_page = !["404.html", "toc.html", "print.html"].contains(&name);
        if is_page && path.extension().is_some_and(|it| it == "html") {
            let text = fs::read_to_string(&path)?;
            pages.insert(path, text);
        }
    }
    Ok(pages)
}

/// Returns the links that lead nowhere.
fn faults(pages: &Pages, docs: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let anchors: BTreeMap<&Path, HashSet<&str>> = pages
        .iter()
        .map(|(path, text)| (path.as_path(), values(text, "id").collect()))
        .collect();
    for (page, text) in pages {
        for link in values(text, "href").chain(values(text, "src")) {
            let (address, anchor) = link.split_once('#').unwrap_or((link, ""));
            let leads_somewhere = if let Some(file) = address.strip_prefix(DOCS) {
                let text = fs::read_to_string(docs.join(file)).unwrap_or_default();
                !text.is_empty() && has_anchor(&values(&text, "id").collect(), anchor)
            } else if address.starts_with("https://") {
                // Nothing is fetched. Links to the repository are checked with the other pages.
                true
            } else if address.is_empty() {
                has_anchor(&anchors[page.as_path()], anchor)
            } else {
                let file = page.with_file_name(address);
                match anchors.get(file.as_path()) {
                    Some(anchors) => has_anchor(anchors, anchor),
                    None => file.is_file(),
                }
            };
            if !leads_somewhere {
                faults.push(format!("{}: {link}", page.display()));
            }
        }
    }
    faults
}

fn has_anchor(anchors: &HashSet<&str>, anchor: &str) -> bool {
    anchor.is_empty() || anchors.contains(anchor)
}

/// Returns the values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {attribute}=\"");
    let rest = html.split(&start).skip(1).collect::<Vec<_>>();
    rest.into_iter().filter_map(|rest| rest.split('"').next())
}

async fn look_at(browser: &Browser, pages: &Pages) -> TestResult {
    for page in pages.keys() {
        let address = format!("file://{}", page.display());
        browser.command("url", json!({ "url": address })).await?;
        browser.until("document.readyState === 'complete'").await?;
        // The page itself does not scroll sideways. Tables and code may.
        let widths = "[document.documentElement, document.querySelector('.content')]
            .map(it => it.scrollWidth - it.clientWidth).join()";
        assert_eq!(browser.value(widths).await?, "0,0", "{address}");
    }

    // The search finds the page that is about a word.
    let toggle = "document.querySelector('#mdbook-search-toggle').click()";
    browser.value(toggle).await?;
    let search = "document.querySelector('#mdbook-searchbar')";
    browser
        .until(&format!("{search}.offsetParent !== null"))
        .await?;
    let typed = format!("{search}.value = 'deadlock', {search}.dispatchEvent(new Event('keyup'))");
    browser.value(&typed).await?;
    let results =
        "[...document.querySelectorAll('#mdbook-searchresults a')].map(it => it.href).join(' ')";
    browser
        .until(&format!("({results}).includes('deadlocks.html')"))
        .await?;

    let log: Value = browser
        .command("se/log", json!({ "type": "browser" }))
        .await?;
    assert_eq!(log, json!([]), "on the console");
    Ok(())
}
