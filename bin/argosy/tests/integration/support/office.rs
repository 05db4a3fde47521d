//! The back office without a browser: forms are sent as one would.

use serde_json::{Value, json};

use super::{Shop, text};

/// The body of the answer to a request that must be taken.
pub fn post(shop: &Shop, path: &str, headers: &str, body: &Value) -> Value {
    let (status, head, answer) = shop.post(path, headers, &body.to_string());
    assert!((200..300).contains(&status), "{path}: {head}\n{answer}");
    answer
}

/// The owner's browser, without the browser: forms are sent as one would.
pub struct Office<'a> {
    pub shop: &'a Shop,
    /// The header of the owner's session.
    pub cookie: String,
}

impl<'a> Office<'a> {
    pub fn open(shop: &'a Shop) -> Self {
        let link = text(&shop.run(&["owner-link"]).stdout);
        let token = link.trim().rsplit('/').next().unwrap();
        let owner = json!({ "token": token, "email": "grace@example.org", "name": "Grace", "password": "a harbour full of gulls" });
        let made = post(shop, "/api/v1/admin/setup", "", &owner);
        Office { shop, cookie: format!("Cookie: argosy-staff={}\r\n", made["token"].as_str().unwrap()) }
    }

    pub fn see(&self, path: &str) -> String {
        let (status, head, page) = self.shop.get(path, &self.cookie);
        assert_eq!(status, 200, "{path}: {head}");
        page
    }

    /// Status, where it leads to, and the page of the answer.
    pub fn send(&self, path: &str, form: &str) -> (u16, String, String) {
        let headers =
            format!("{}Origin: http://shop\r\nContent-Type: application/x-www-form-urlencoded\r\n", self.cookie);
        let (status, head, page) = self.shop.send("POST", path, &headers, &form.replace(' ', "+"));
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or("").to_owned();
        (status, location, page)
    }

    /// Sends a form that must be taken. Where it leads to.
    pub fn done(&self, path: &str, form: &str) -> String {
        let (status, location, page) = self.send(path, form);
        assert_eq!(status, 303, "{path}: {page}");
        location
    }

    /// The units of a SKU at a location, available and in all.
    pub fn stock(&self, sku: &str, location: &str) -> (i64, i64) {
        let (_, _, levels) = self.shop.get(&format!("/api/v1/admin/stock/{sku}"), &self.cookie);
        let levels: Value = serde_json::from_str(&levels).unwrap();
        let level = levels["levels"].as_array().into_iter().flatten().find(|level| level["location"] == location);
        level.map_or((0, 0), |level| (level["available"].as_i64().unwrap(), level["on_hand"].as_i64().unwrap()))
    }
}
