//! The guide docs/guides/first-hour.md, done line by line: its commands in a shell, its steps in browsers, one for each person.
//!
//! `GUIDE_PICTURES=1 cargo test -p argosy --test integration first_hour` also takes the pictures that the guide shows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::browser::Browser;
use crate::support::guide::{self, Act};
use crate::support::{plain, text};

/// Where the guide says that the shop is.
const ADDRESS: &str = "http://127.0.0.1:8080";

fn guides() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides")
}

#[tokio::test]
async fn every_line_of_the_guide_can_be_done() {
    let markdown = std::fs::read_to_string(guides().join("first-hour.md")).unwrap();
    let steps = guide::read(&markdown).unwrap_or_else(|why| panic!("first-hour.md, {why}"));
    let mut hour = Hour::new();
    for step in steps {
        println!("first-hour.md:{}", step.line);
        for act in step.acts {
            println!("  {act:?}");
            hour.take(act).await;
        }
    }
}

#[test]
fn a_guide_that_asks_for_what_is_not_done_is_refused() {
    for (wrong, why) in [
        ("1. Shake **the box**.", "nobody knows"),
        ("1. Wait for `ten minutes`.", "nobody knows"),
        ("1. Hope for the best.", "nothing to do"),
        ("1. Press **Save", "not closed"),
        ("2. Press **Save**.", "this is step 1"),
        ("Now press **Save**.", "outside of the numbered steps"),
        ("## 2. Begin", "this is section 1"),
        ("```text\nFine.\n```", "right before it"),
        ("```rust\nfn main() {}\n```", "use sh, text"),
    ] {
        let refused = guide::read(wrong).unwrap_err();
        assert!(refused.contains(why), "{wrong}: {refused}");
    }
    let read = guide::read(
        "## 1. A\n1. Press **A**,\n   fill in **B** `c`. You see “d”.\n```sh\necho 1\n```\n```text\n1\n```",
    )
    .unwrap();
    let fill = Act::Fill { label: "B".to_owned(), value: "c".to_owned() };
    assert_eq!(read[0].acts, [Act::Press("A".to_owned()), fill, Act::See("d".to_owned())]);
    assert_eq!(read[1].acts, [Act::Commands { lines: vec!["echo 1".to_owned()], shows: vec!["1".to_owned()] }]);
}

/// The shop while it runs.
struct Server {
    child: Child,
    /// Without a slash at the end.
    address: String,
    said: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A merchant's folder, the shop in it, and the people.
struct Hour {
    folder: tempfile::TempDir,
    server: Option<Server>,
    starts: usize,
    browsers: BTreeMap<String, Browser>,
    who: String,
    /// Whether the page was opened and nothing done on it: what follows from something else may come a moment later.
    opened: bool,
    mail: String,
}

impl Hour {
    fn new() -> Self {
        Hour {
            folder: tempfile::tempdir().unwrap(),
            server: None,
            starts: 0,
            browsers: BTreeMap::new(),
            who: String::new(),
            opened: false,
            mail: String::new(),
        }
    }

    async fn take(&mut self, act: Act) {
        match act {
            Act::Open(_) | Act::OpenPrinted(_) | Act::OpenMailed => self.opened = true,
            Act::Press(_) | Act::Fill { .. } | Act::Choose(_) => self.opened = false,
            _ => {}
        }
        match act {
            Act::Browser(name) => {
                if !self.browsers.contains_key(&name) {
                    self.browsers.insert(name.clone(), Browser::open(true).await);
                }
                self.who = name;
            }
            Act::File { name, text } => std::fs::write(self.folder.path().join(name), text).unwrap(),
            Act::Save(path) => {
                let name = Path::new(&path).file_name().unwrap();
                std::fs::copy(guides().join(&path), self.folder.path().join(name)).unwrap();
            }
            Act::Commands { lines, shows } => {
                let said: String = lines.iter().map(|line| self.run(line)).collect();
                printed(&said, &shows);
            }
            Act::Stop => self.stop(),
            Act::Open(url) => {
                let path = url.strip_prefix(ADDRESS).expect("the guide's shop is at one address");
                let url = format!("{}{path}", self.server().address);
                self.browser().goto(&url).await;
            }
            Act::OpenPrinted(word) => {
                let said = std::fs::read_to_string(&self.server().said).unwrap();
                let line = said.lines().find_map(|line| line.trim().strip_prefix(word.as_str()));
                self.browser().goto(line.expect("the shop printed it").trim()).await;
            }
            Act::OpenMailed => {
                let link = self.mail.split_whitespace().find(|word| word.starts_with("http"));
                self.browser().goto(link.expect("the mail has a link")).await;
            }
            Act::Mail { to, says } => self.mail = self.mail(&to, &says).await,
            Act::Press(words) => self.browser().press_shown(&words).await,
            Act::Fill { label, value } => self.browser().fill_labelled(&label, &value).await,
            Act::Choose(label) => self.browser().choose(&label).await,
            Act::See(words) => self.browser().see_plain(&words, self.opened).await,
            Act::Absent(words) => self.browser().offers_no(&words).await,
            Act::Picture(path) => self.picture(&path).await,
        }
    }

    fn browser(&self) -> &Browser {
        self.browsers.get(&self.who).expect("the guide says whose browser it is")
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("the shop runs")
    }

    /// Runs a line as it stands in the guide. What it printed.
    fn run(&mut self, line: &str) -> String {
        let folder = self.folder.path();
        let programs = Path::new(env!("CARGO_BIN_EXE_argosy")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var_os("PATH").unwrap().display());
        let mut command = Command::new("sh");
        // `exec`, so that a signal reaches the program and not the shell.
        command.arg("-c").arg(format!("exec {line}")).current_dir(folder).stdin(Stdio::null()).env("PATH", path);
        // The guide's port may be somebody else's.
        command.env("ARGOSY_LISTEN", "127.0.0.1:0");
        if line == "argosy serve" {
            return self.serve(&mut command);
        }
        let output = command.output().unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    fn serve(&mut self, command: &mut Command) -> String {
        self.starts += 1;
        let said = self.folder.path().join(format!("said-{}", self.starts));
        let child = command.stdout(Stdio::null()).stderr(std::fs::File::create(&said).unwrap()).spawn().unwrap();
        let mut server = Server { child, address: String::new(), said };
        for _ in 0..1200 {
            let words = std::fs::read_to_string(&server.said).unwrap();
            assert!(server.child.try_wait().unwrap().is_none(), "the shop ended while it was starting: {words}");
            let address =
                words.lines().find_map(|line| line.split_once(" is open: ")).map(|(_, address)| address.trim());
            if let (Some(address), true) = (address, words.contains("Stop ")) {
                server.address = address.to_owned();
                let told = words.replace(address, ADDRESS);
                self.server = Some(server);
                return told;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the shop did not open");
    }

    fn stop(&mut self) {
        let mut server = self.server.take().expect("the shop runs");
        assert!(Command::new("kill").args(["-INT", &server.child.id().to_string()]).status().unwrap().success());
        assert!(server.child.wait().unwrap().success(), "it ends well when it is asked to stop");
    }

    /// The text of the latest mail to `to` that says all of `says`, once there is one.
    async fn mail(&self, to: &str, says: &[String]) -> String {
        let folder = self.folder.path().join("argosy-data/mail");
        let mut seen = Vec::new();
        for _ in 0..400 {
            let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
                .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
                .unwrap_or_default();
            // Names begin with the time.
            files.sort();
            seen = files.iter().rev().map(|file| readable(&std::fs::read_to_string(file).unwrap())).collect();
            seen.retain(|mail: &String| mail.contains(&format!("To: {to}")));
            if let Some(mail) = seen.iter().find(|mail| says.iter().all(|words| plain(mail).contains(words.as_str()))) {
                return mail.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail to {to} says {says:?}, but:\n{}", seen.join("\n"));
    }

    async fn picture(&self, path: &str) {
        let place = guides().join(path);
        if std::env::var_os("GUIDE_PICTURES").is_some() {
            std::fs::write(&place, self.browser().picture().await).unwrap();
        }
        let size = std::fs::metadata(&place).unwrap_or_else(|error| panic!("{path}: {error}")).len();
        assert!((1_000..200_000).contains(&size), "{path} has {size} bytes");
    }
}

/// Checks that `said` has what the guide shows, in its order. `…` stands for anything.
fn printed(said: &str, shows: &[String]) {
    let mut rest = said;
    for part in shows.iter().flat_map(|line| line.split('…')).map(str::trim).filter(|part| !part.is_empty()) {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} was not printed, but:\n{said}"));
        rest = &rest[at + part.len()..];
    }
}

/// The head and the text of a mail, decoded.
fn readable(mail: &str) -> String {
    let mail = mail.replace("\r\n", "\n");
    let text = mail.split("Content-Type: text/html").next().unwrap().replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match code {
            Some(code) if byte == b'=' => {
                bytes.push(code);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
