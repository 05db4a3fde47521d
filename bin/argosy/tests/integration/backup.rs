//! A backup taken while the shop sells, restored, compared, and sold on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::exchange::PAST;
use crate::support::{Shop, argosy, text};

const ADDRESS: &str = r#"{"name":"Ann Field","line1":"Weg 1","city":"Ulm","postal_code":"89073","country":"DE"}"#;

/// A SKU of the demo shop that can be bought.
fn a_sku(shop: &Shop) -> String {
    let read = |path: &str| serde_json::from_str::<Value>(&shop.get(path, "").2).unwrap();
    let list = read("/api/v1/products?limit=1");
    let product = read(&format!("/api/v1/products/{}", list["items"][0]["handle"].as_str().unwrap()));
    let variants = product["variants"].as_array().unwrap();
    variants.iter().find(|variant| variant["available"] == true).unwrap()["sku"].as_str().unwrap().to_owned()
}

/// Buys one unit; the id and the secret of the confirmed order.
fn buy(shop: &Shop, sku: &str, key: &str) -> Option<(String, String)> {
    let (_, _, cart) = shop.post("/api/v1/carts", "", &format!(r#"{{"lines":[{{"sku":"{sku}","quantity":1}}]}}"#));
    let order = format!(
        r#"{{"cart_id":{},"cart_version":{},"email":"ann@example.org","shipping_address":{ADDRESS},
            "shipping_option":"standard","payment":{{"provider":"test","token":"tok_approve"}}}}"#,
        cart["id"], cart["version"]
    );
    let headers = format!("Cart-Secret: {}\r\nIdempotency-Key: {key}\r\n", cart["secret"].as_str().unwrap());
    let (status, _, placed) = shop.post("/api/v1/orders", &headers, &order);
    let told = |name: &str| placed[name].as_str().map(str::to_owned);
    if status == 201 { Some((told("id")?, told("secret")?)) } else { None }
}

fn seen(shop: &Shop, (id, secret): &(String, String)) -> Value {
    let (status, head, body) = shop.get(&format!("/api/v1/orders/{id}"), &format!("Order-Secret: {secret}\r\n"));
    assert_eq!(status, 200, "{head}\n{body}");
    serde_json::from_str(&body).unwrap()
}

fn succeeded(output: &Output) -> Value {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Has past orders imported; what an export of them is afterwards.
fn with_past_orders(shop: &Shop) -> String {
    let file = shop.data.path().join("old.csv");
    std::fs::write(&file, PAST).unwrap();
    shop.run(&["import", path(&file)]);
    std::fs::remove_file(&file).unwrap();
    let written = past_orders(shop.data.path());
    assert!(written.contains("1 Quay"), "{written}");
    written
}

fn past_orders(data: &Path) -> String {
    let output = argosy(data, &["export", "orders", "--format", "csv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Every row of every table of a database, as text, but those that a restore changes on purpose.
fn tables(path: &Path) -> BTreeMap<String, Vec<String>> {
    let conn = rusqlite::Connection::open(path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        conn.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let changed = ["customer_sessions", "staff_sessions", "tokens"];
    let mut all = BTreeMap::new();
    for table in texts("select name from sqlite_schema where type = 'table' and name not like 'sqlite_stat%'") {
        if changed.contains(&table.as_str()) {
            continue;
        }
        let columns = texts(&format!("select 'quote(\"' || name || '\")' from pragma_table_info('{table}')"));
        let mut rows = texts(&format!("select {} from \"{table}\"", columns.join(" || ',' || ")));
        rows.sort();
        all.insert(table, rows);
    }
    all
}

fn databases(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".db") && name != "keys.db").collect();
    names.sort();
    names
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_shop_restored_from_a_backup_under_load_has_every_acknowledged_order_and_sells_on() {
    let shop = Arc::new(Shop::start("--demo"));
    let sku = a_sku(&shop);
    let key = succeeded(&shop.run(&["api-key", "create", "--name", "t", "--scope", "admin", "--json"]));
    let bearer = format!("Authorization: Bearer {}\r\n", key["key"].as_str().unwrap());
    let refill = |shop: &Shop| {
        let body = json!({ "location": "main", "on_hand": 5000 }).to_string();
        let (status, head, body) = shop.send(
            "PUT",
            &format!("/api/v1/admin/stock/{sku}"),
            &format!("Content-Type: application/json\r\n{bearer}"),
            &body,
        );
        assert_eq!(status, 200, "{head}\n{body}");
    };
    refill(&shop);

    let (stop, placed) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let buyers: Vec<_> = (0..3)
        .map(|buyer| {
            let (shop, sku, stop, placed) = (shop.clone(), sku.clone(), stop.clone(), placed.clone());
            #[allow(clippy::disallowed_methods, reason = "the shoppers of a test")]
            std::thread::spawn(move || {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    placed.lock().unwrap().extend(buy(&shop, &sku, &format!("{buyer}-{n}")));
                }
            })
        })
        .collect();
    while placed.lock().unwrap().len() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let acknowledged: Vec<(String, String)> = placed.lock().unwrap().clone();
    let work = tempfile::tempdir().unwrap();
    let (backup, keys, other) = (work.path().join("backup"), work.path().join("keys.db"), work.path().join("other"));
    let taken = succeeded(&shop.run(&["backup", path(&backup), "--keys-to", path(&keys), "--json"]));
    stop.store(true, Ordering::Relaxed);
    buyers.into_iter().for_each(|buyer| buyer.join().unwrap());
    assert!(placed.lock().unwrap().len() > acknowledged.len(), "it sold on while the backup was taken");
    assert!(taken["databases"].as_array().unwrap().len() >= 6, "{taken}");
    let before: Vec<Value> = acknowledged.iter().map(|order| seen(&shop, order)).collect();

    // Without keys it is refused, with the keys it is whole; and never over something.
    let refused = argosy(&other, &["restore", path(&backup)]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("--keys"), "{}", text(&refused.stderr));
    let found = succeeded(&argosy(&other, &["restore", path(&backup), "--keys", path(&keys), "--json"]));
    assert!(found["invariants"].as_array().unwrap().iter().all(|r| r["violations"] == json!([])), "{found}");
    assert!(found["orders"].as_u64().unwrap() >= acknowledged.len() as u64, "{found}");
    assert!(!argosy(&other, &["restore", path(&backup), "--keys", path(&keys)]).status.success());

    // Nobody is ahead of the ledger.
    let number = |database: &str, sql: &str| -> i64 {
        rusqlite::Connection::open(other.join(database)).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let last = number("ledger.db", "select last_position from meta");
    assert_eq!(found["last_position"], last);
    assert!(number("notification.db", "select coalesce(max(position), 0) from cursors") <= last);

    let moved = tempfile::tempdir_in(work.path()).unwrap();
    std::fs::remove_dir(moved.path()).unwrap();
    std::fs::rename(&other, moved.path()).unwrap();
    let again = Shop::start_in(moved, "--demo");
    for (order, before) in acknowledged.iter().zip(&before) {
        let after = seen(&again, order);
        for field in ["number", "lines", "totals", "placed_at", "contact"] {
            assert_eq!(after[field], before[field], "{field} of {order:?}");
        }
    }
    let order = buy(&again, &sku, "after").expect("the restored shop sells");
    assert_eq!(seen(&again, &order)["status"], "confirmed");
    // An order that was placed again under its old key is the same order.
    let checked = again.run(&["doctor"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
    assert!(again.run(&["search", "rebuild"]).status.success());
    assert_eq!(again.get("/api/v1/search?q=sneaker", "").0, 200);
}

#[test]
fn a_backup_of_a_shop_at_rest_restores_to_the_same_tables_and_damage_is_found() {
    let shop = Shop::start("--demo");
    let sku = a_sku(&shop);
    for n in 0..3 {
        buy(&shop, &sku, &format!("order-{n}")).unwrap();
    }
    let past = with_past_orders(&shop);
    let (clean, data) = shop.stop();
    assert!(clean);
    let work = tempfile::tempdir().unwrap();
    let (backup, restored) = (work.path().join("backup"), work.path().join("restored"));
    succeeded(&argosy(data.path(), &["backup", path(&backup), "--with-keys", "--json"]));
    let verified =
        Command::new(env!("CARGO_BIN_EXE_argosy")).args(["backup", "verify", path(&backup)]).output().unwrap();
    assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
    succeeded(&argosy(&restored, &["restore", path(&backup), "--json"]));
    assert_eq!(databases(&restored), databases(data.path()));
    for name in databases(data.path()) {
        assert_eq!(tables(&restored.join(&name)), tables(&data.path().join(&name)), "{name}");
    }
    let bytes = |dir: &Path, file: &str| std::fs::read(dir.join(file)).unwrap();
    for file in ["keys/master", "test-provider.journal"] {
        assert_eq!(bytes(&restored, file), bytes(data.path(), file), "{file}");
    }
    let pictures = |dir: &Path| -> Vec<PathBuf> {
        let mut names: Vec<_> =
            std::fs::read_dir(dir.join("media/originals")).unwrap().map(|e| e.unwrap().file_name().into()).collect();
        names.sort();
        names
    };
    assert_eq!(pictures(&restored), pictures(data.path()));
    assert_eq!(past_orders(&restored), past, "with their names, which the keys open");

    // One byte in the middle of the ledger.
    let mut ledger = std::fs::read(backup.join("ledger.db")).unwrap();
    let middle = ledger.len() / 2;
    ledger[middle] ^= 1;
    std::fs::write(backup.join("ledger.db"), ledger).unwrap();
    let refused = argosy(&work.path().join("third"), &["restore", path(&backup)]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("ledger.db is not as it was written"), "{}", text(&refused.stderr));
    assert!(!work.path().join("third").exists());
}

#[test]
fn without_keys_the_books_are_restored_and_nobody_is_known() {
    let shop = Shop::start("--demo");
    let sku = a_sku(&shop);
    let order = buy(&shop, &sku, "one").unwrap();
    let number = seen(&shop, &order)["number"].clone();
    with_past_orders(&shop);
    let work = tempfile::tempdir().unwrap();
    let (backup, restored) = (work.path().join("backup"), tempfile::tempdir().unwrap());
    let told = shop.run(&["backup", path(&backup)]);
    assert!(text(&told.stdout).contains("NOT in the backup"), "{}", text(&told.stdout));
    drop(shop);
    let found = succeeded(&argosy(restored.path(), &["restore", path(&backup), "--without-keys", "--json"]));
    assert!(found["erased"].as_u64().unwrap() >= 1, "{found}");
    let past = past_orders(restored.path());
    assert!(past.contains("1002") && !past.contains("Quay") && !past.contains("@mail.test"), "{past}");
    let again = Shop::start_in(restored, "--demo");
    let key = succeeded(&again.run(&["api-key", "create", "--name", "t", "--scope", "admin", "--json"]));
    let bearer = format!("Authorization: Bearer {}\r\n", key["key"].as_str().unwrap());
    let (status, _, body) = again.get(&format!("/api/v1/admin/orders/{}", order.0), &bearer);
    let seen: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &seen["number"], &seen["contact"]), (200, &number, &Value::Null), "{seen}");
    buy(&again, &sku, "two").expect("the restored shop sells");
    assert!(again.run(&["doctor"]).status.success());
}
