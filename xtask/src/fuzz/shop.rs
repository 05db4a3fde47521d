//! A shop with a few people and an order in it, for tools to knock at.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

/// Killed when it is dropped.
pub(super) struct Shop {
    child: Child,
    data: tempfile::TempDir,
    binary: std::path::PathBuf,
    pub(super) base: String,
}

impl Shop {
    pub(super) fn start(binary: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--demo", "--data"])
            .arg(data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} could not be started", binary.display()))?;
        for _ in 0..1200 {
            let lock = std::fs::read_to_string(data.path().join("lock")).unwrap_or_default();
            let holder: Value = serde_json::from_str(&lock).unwrap_or_default();
            if let Some(address) = holder["address"].as_str() {
                let base = format!("http://{address}");
                return Ok(Shop { child, data, binary: binary.to_owned(), base });
            }
            if let Some(status) = child.try_wait()? {
                bail!("the shop ended while it was starting ({status})");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        bail!("the shop did not open")
    }

    /// The last word that a command of the program prints.
    fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.binary).arg("--data").arg(self.data.path()).args(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.split_whitespace().last().map(str::to_owned).with_context(|| format!("{arguments:?} printed nothing"))
    }

    /// # Errors
    /// When the answer is not one of success.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Value> {
        let address = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let (body, kind) =
            if body.is_null() { (String::new(), "") } else { (body.to_string(), "Content-Type: application/json\r\n") };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        write!(
            stream,
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {kind}{headers}\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        if !head.starts_with("HTTP/1.1 2") {
            bail!("{method} {path}: {head}\n{body}");
        }
        Ok(serde_json::from_str(body).unwrap_or_default())
    }

    /// # Errors
    /// When the shop is gone, or its books do not add up any more.
    pub(super) fn still_well(&self) -> Result<()> {
        let key = self.command(&["api-key", "create", "--name", "doctor", "--scope", "admin"])?;
        let books =
            self.ask("GET", "/admin/invariants", &[("Authorization", &format!("Bearer {key}"))], &Value::Null)?;
        let broken = |check: &&Value| check["violations"].as_array().is_some_and(|found| !found.is_empty());
        match books["items"].as_array().into_iter().flatten().find(broken) {
            None => Ok(()),
            Some(check) => bail!("the books do not add up: {check}"),
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who asks, and what they have. Sessions that end when somebody logs out are there twice.
pub(super) struct People {
    pub(super) staff: String,
    /// What stands for what in the configuration.
    names: Vec<(&'static str, String)>,
}

impl People {
    pub(super) fn arrive(shop: &Shop) -> Result<Self> {
        let post = |path: &str, headers: &[(&str, &str)], body: Value| shop.ask("POST", path, headers, &body);
        let text = |value: &Value| value.as_str().map(str::to_owned).context("an answer without what was asked for");
        let link = shop.command(&["owner-link"])?;
        let token = link.rsplit('/').next().unwrap_or_default();
        let owner = json!({"token": token, "email": "owner@shop.test", "name": "Olga", "password": PASSWORD});
        let staff = text(&post("/admin/setup", &[], owner)?["token"])?;
        let olga = json!({"email": "owner@shop.test", "password": PASSWORD});
        let leaving_staff = text(&post("/admin/sessions", &[], olga)?["token"])?;
        let ann = json!({"email": "ann@mail.test", "password": PASSWORD});
        post("/customers", &[], ann.clone())?;
        let customer = text(&post("/sessions", &[], ann.clone())?["token"])?;
        let leaving_customer = text(&post("/sessions", &[], ann)?["token"])?;

        let products = shop.ask("GET", "/products?limit=1", &[], &Value::Null)?;
        let handle = text(&products["items"][0]["handle"])?;
        let product = shop.ask("GET", &format!("/products/{handle}"), &[], &Value::Null)?;
        let sku = text(&product["variants"][0]["sku"])?;
        let lines = json!({"lines": [{"sku": sku, "quantity": 1}]});
        let address =
            json!({"name": "Ann", "line1": "Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"});
        let bought = post("/carts", &[], lines.clone())?;
        let (id, secret) = (text(&bought["id"])?, text(&bought["secret"])?);
        let opened = [("Cart-Secret", secret.as_str()), ("Idempotency-Key", "first")];
        let quote = post(&format!("/carts/{id}/quote"), &opened[..1], json!({"shipping_address": address}))?;
        let order = json!({
            "cart_id": id, "cart_version": bought["version"], "email": "ann@mail.test", "shipping_address": address,
            "shipping_option": quote["shipping_options"][0]["handle"],
            "payment": {"provider": "test", "token": "tok_approve"},
        });
        let order = post("/orders", &opened, order)?;
        let cart = post("/carts", &[], lines)?;
        let names = vec![
            ("KEY", shop.command(&["api-key", "create", "--name", "fuzz", "--scope", "admin"])?),
            ("STAFF_LEAVING", leaving_staff),
            ("STAFF", staff.clone()),
            ("CUSTOMER_LEAVING", leaving_customer),
            ("CUSTOMER", customer),
            ("CART_SECRET", text(&cart["secret"])?),
            ("CART", text(&cart["id"])?),
            ("LINE", text(&cart["lines"][0]["id"])?),
            ("ORDER_SECRET", text(&order["secret"])?),
            ("ORDER", text(&order["id"])?),
            ("SKU", sku),
            ("HANDLE", handle),
        ];
        Ok(People { staff, names })
    }

    /// `template` with `@NAME@` replaced.
    pub(super) fn filled_in(&self, template: &str) -> String {
        self.names.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value))
    }
}
