//! The program, started for a test.

pub mod browser;
pub mod guide;
pub mod office;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const ARGOSY: &str = env!("CARGO_BIN_EXE_argosy");

/// A shop that runs, on a directory of its own. Killed when it is dropped.
pub struct Shop {
    pub child: Child,
    pub address: SocketAddr,
    pub data: tempfile::TempDir,
}

impl Shop {
    pub fn start(content: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), content)
    }

    pub fn start_in(data: tempfile::TempDir, content: &str) -> Self {
        Self::start_with(data, content, &[])
    }

    /// As [`Self::start_in`], with settings in the program's environment.
    pub fn start_with(data: tempfile::TempDir, content: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(ARGOSY)
            .envs(settings.iter().copied())
            .args(["serve", "--listen", "127.0.0.1:0", content, "--data"])
            .arg(data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..1200 {
            let lock = std::fs::read_to_string(data.path().join("lock")).unwrap_or_default();
            let holder: serde_json::Value = serde_json::from_str(&lock).unwrap_or_default();
            let ours = holder["pid"] == child.id();
            if let (true, Some(address)) = (ours, holder["address"].as_str()) {
                return Shop { child, address: address.parse().unwrap(), data };
            }
            assert!(child.try_wait().unwrap().is_none(), "the shop ended while it was starting");
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the shop did not open");
    }

    /// Status, head and body of the answer.
    pub fn get(&self, path: &str, headers: &str) -> (u16, String, String) {
        self.send("GET", path, headers, "")
    }

    pub fn post(&self, path: &str, headers: &str, body: &str) -> (u16, String, serde_json::Value) {
        let (status, head, body) =
            self.send("POST", path, &format!("Content-Type: application/json\r\n{headers}"), body);
        let json = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{head}\n{body}"));
        (status, head, json)
    }

    pub fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: {length}");
        write!(stream, "{head}\r\n{headers}\r\n{body}").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        argosy(self.data.path(), arguments)
    }

    /// Asks it to stop. Whether it ended well, and its data.
    pub fn stop(mut self) -> (bool, tempfile::TempDir) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = self.child.wait().unwrap();
        let data = std::mem::replace(&mut self.data, tempfile::tempdir().unwrap());
        (ended.success(), data)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn argosy(data: &Path, arguments: &[&str]) -> Output {
    Command::new(ARGOSY).arg("--data").arg(data).args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// With plain single spaces, as people read: amounts have thin ones and ones that do not break.
pub fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
