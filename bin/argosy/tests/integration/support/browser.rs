//! Chromium without a window, driven as a person would: by what is on the page.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

/// How long a page may take. Generous, because a debug build on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// No window, no quiet traffic to anywhere, no state from earlier runs.
const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1280,900",
];

/// chromedriver on a port of its own. Takes its Chromium along when it is dropped.
struct Driver {
    child: Child,
    address: SocketAddr,
    session: Option<String>,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver cannot be started ({error}). `cargo xtask test` installs it and runs this test.")
            });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port: u16 = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_suffix('.')?.rsplit_once("started successfully on port ")?.1.parse().ok())
            .unwrap_or_else(|| panic!("chromedriver did not say its port. `cargo xtask test` installs what it needs."));
        // Whatever else it says is read away, so that it never waits for a reader.
        std::thread::Builder::new().name("chromedriver-output".to_owned()).spawn(move || lines.count()).unwrap();
        Driver { child, address: SocketAddr::from(([127, 0, 0, 1], port)), session: None }
    }

    fn ask(&self, request: &str) -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A session that ends properly takes its Chromium along; what does not listen is killed with all it has started.
        if let Some(session) = self.session.take() {
            let _ = self.ask(&format!("DELETE /session/{session}"));
        }
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

/// A browser with a fresh profile.
pub struct Browser {
    client: Client,
    // In this order: the profile goes when nobody uses it any more.
    _driver: Driver,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn open(with_scripts: bool) -> Self {
        let mut driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({ "args": arguments });
        if !with_scripts {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let mut wanted = serde_json::Map::new();
        wanted.insert("goog:chromeOptions".to_owned(), options);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://{}", driver.address))
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}. `cargo xtask test` installs it."));
        driver.session = client.session_id().await.unwrap();
        Browser { client, _driver: driver, _profile: profile }
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// The path that the address bar shows.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// What the first element for `css` shows, once there is one.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// What is typed into the field that `css` names.
    pub async fn typed(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    pub async fn is_checked(&self, css: &str) -> bool {
        self.find(css).await.is_selected().await.unwrap()
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("click {css}: {error}"));
    }

    /// Follows the link or presses the button that says `words`.
    pub async fn press(&self, words: &str) {
        let path = format!("//*[self::a or self::button][normalize-space()='{words}']");
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await;
        let found = found.unwrap_or_else(|error| panic!("nothing to press says {words:?}: {error}"));
        found.click().await.unwrap_or_else(|error| panic!("press {words:?}: {error}"));
    }

    pub async fn fill(&self, css: &str, value: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    /// Chooses in a list.
    pub async fn select(&self, css: &str, value: &str) {
        self.find(css).await.select_by_value(value).await.unwrap_or_else(|error| panic!("{value} in {css}: {error}"));
    }

    /// Waits until `css` shows `words`.
    pub async fn see(&self, css: &str, words: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut shown = String::new();
        loop {
            // Between two pages there may be no element, or one that is already gone.
            if let Ok(element) = self.client.find(Locator::Css(css)).await {
                shown = element.text().await.unwrap_or_default();
            }
            if shown.contains(words) {
                return;
            }
            if tokio::time::Instant::now() >= deadline {
                let url = self.client.current_url().await.map(String::from).unwrap_or_default();
                panic!("{words:?} is not to be seen in {css} of {url}, but:\n{shown}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Follows the link, presses the button or opens the part of the page that says `words` and is to be seen. A button
    /// goes before what it stands in. A paper is fetched, and the page stays.
    pub async fn press_shown(&self, words: &str) {
        let path = |element| format!("//{element}[normalize-space()=\"{words}\"]");
        let paths = [path("button"), path("a"), path("summary")];
        let found = self.shown(words, &paths).await;
        let address = found.prop("href").await.unwrap_or_default().unwrap_or_default();
        if address.ends_with(".pdf") {
            let begins = self.fetch(&address).await;
            assert!(begins.contains("\r\n\r\n%PDF-"), "{words}: {begins}");
            return;
        }
        found.click().await.unwrap_or_else(|error| panic!("press {words:?}: {error}"));
    }

    /// Types or chooses in the field with this label.
    pub async fn fill_labelled(&self, label: &str, value: &str) {
        let path = format!("//*[@id = //label[normalize-space()=\"{label}\"]/@for]");
        let field = self.shown(label, &[path]).await;
        if field.tag_name().await.unwrap() == "select" {
            field.select_by_label(value).await.unwrap_or_else(|error| panic!("{value} in {label}: {error}"));
        } else {
            field.clear().await.unwrap();
            field.send_keys(value).await.unwrap();
        }
    }

    /// Chooses what has this label, or a label that begins with it in bold.
    pub async fn choose(&self, label: &str) {
        let path = format!("//label[normalize-space()=\"{label}\" or .//strong[normalize-space()=\"{label}\"]]");
        let found = self.shown(label, &[path]).await;
        found.click().await.unwrap_or_else(|error| panic!("choose {label:?}: {error}"));
    }

    /// Waits until the page shows `words`, whatever spaces are between them; with `anew`, by loading it again and again.
    pub async fn see_plain(&self, words: &str, anew: bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        for glance in 1_u32.. {
            if anew && glance.is_multiple_of(20) {
                self.reload().await;
            }
            let mut shown = String::new();
            if let Ok(body) = self.client.find(Locator::Css("body")).await {
                shown = super::plain(&body.text().await.unwrap_or_default());
            }
            if shown.contains(words) {
                return;
            }
            if tokio::time::Instant::now() >= deadline {
                let url = self.client.current_url().await.map(String::from).unwrap_or_default();
                panic!("{words:?} is not to be seen at {url}, but:\n{shown}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Checks that nothing on the page says `words` and can be pressed.
    pub async fn offers_no(&self, words: &str) {
        let path = format!("//*[self::a or self::button][normalize-space()=\"{words}\"]");
        let found = self.client.find_all(Locator::XPath(&path)).await.unwrap();
        assert!(found.is_empty(), "{words} is offered");
    }

    /// The answer to a request with the browser's cookies. Pages may not load what they do not show.
    async fn fetch(&self, url: &str) -> String {
        let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap();
        let cookies = self.client.get_all_cookies().await.unwrap();
        let cookies: Vec<String> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let cookies = cookies.join("; ");
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What the window shows, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// The first element that is to be seen, of the first path that leads to one.
    async fn shown(&self, what: &str, paths: &[String]) -> Element {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            for path in paths {
                for element in self.client.find_all(Locator::XPath(path)).await.unwrap_or_default() {
                    if element.is_displayed().await.unwrap_or(false) {
                        return element;
                    }
                }
            }
            if tokio::time::Instant::now() >= deadline {
                let url = self.client.current_url().await.map(String::from).unwrap_or_default();
                let body = self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap_or_default();
                panic!("there is no {what:?} at {url}, but:\n{body}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }
}
