//! Staff: the first owner, colleagues, and what each may do.

use contracts::identity::{Scope, Staff as _};
use serde_json::{Value, json};

use crate::support::{PASSWORD, STORE, Shop};

#[tokio::test]
async fn the_first_link_makes_the_owner_once() {
    let shop = Shop::open();
    let first = shop.people.setup_token(STORE).await.unwrap().unwrap();
    let token = shop.people.setup_token(STORE).await.unwrap().unwrap();
    let setup = |token: &str, password: &str| json!({"token": token, "email": "o@shop.test", "name": "Olga", "password": password});
    assert!(
        !shop.people.setup_is_open(STORE, &first).await.unwrap()
            && shop.people.setup_is_open(STORE, &token).await.unwrap()
    );
    assert_eq!(shop.guest().post("/admin/setup", setup(first.expose(), PASSWORD)).await.code(), (422, "invalid_token"));
    assert_eq!(shop.guest().post("/admin/setup", setup(token.expose(), "short")).await.code(), (422, "invalid_input"));
    let made = shop.guest().post("/admin/setup", setup(token.expose(), PASSWORD)).await;
    assert_eq!((made.status, &made.body["staff"]["role"]), (201, &json!("owner")));
    assert!(made.cookie.unwrap().starts_with("__Host-argosy-staff=argosy_st_"));
    assert_eq!(shop.guest().post("/admin/setup", setup(token.expose(), PASSWORD)).await.code(), (422, "invalid_token"));
    assert!(shop.people.setup_token(STORE).await.unwrap().is_none(), "there is an owner");
    let owner = shop.guest().logged_in("/admin/sessions", "O@shop.test", PASSWORD).await;
    assert_eq!(owner.get("/admin/me").await.body["scopes"], json!(["admin"]));
}

#[tokio::test]
async fn a_setup_link_lasts_a_day() {
    let shop = Shop::open();
    let token = shop.people.setup_token(STORE).await.unwrap().unwrap();
    shop.clock.advance_s(86_400);
    let setup = json!({"token": token.expose(), "email": "o@shop.test", "name": "Olga", "password": PASSWORD});
    assert_eq!(shop.guest().post("/admin/setup", setup).await.code(), (422, "invalid_token"));
}

#[tokio::test]
async fn a_colleague_is_invited_comes_and_goes() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let (support, id) = shop.colleague(&owner, "support").await;
    let me = support.get("/admin/me").await.body;
    assert_eq!((&me["role"], &me["scopes"]), (&json!("support"), &json!(["orders", "customers", "read_only"])));
    assert_eq!(support.get("/admin/customers").await.status, 200);
    assert_eq!(
        support.post("/admin/staff", json!({"email": "x@shop.test", "name": "X", "role": "support"})).await.status,
        403
    );
    // Another role holds at once.
    let path = format!("/admin/staff/{id}");
    assert_eq!(owner.send("PATCH", &path, Some(json!({"role": "fulfilment"}))).await.status, 200);
    assert_eq!(support.get("/admin/customers").await.code(), (403, "missing_scope"));
    // Disabling ends the session, and no login works; enabling brings back the login, not the session.
    assert_eq!(owner.send("PATCH", &path, Some(json!({"disabled": true}))).await.body["status"], "disabled");
    assert_eq!(support.get("/admin/me").await.status, 401);
    let log_in = async || {
        shop.guest().post("/admin/sessions", json!({"email": "support@shop.test", "password": PASSWORD})).await
    };
    assert_eq!(log_in().await.code(), (401, "invalid_credentials"));
    assert_eq!(owner.send("PATCH", &path, Some(json!({"disabled": false}))).await.body["status"], "active");
    assert_eq!((support.get("/admin/me").await.status, log_in().await.status), (401, 201));
    assert_eq!(owner.send("DELETE", &path, None).await.status, 204);
    assert_eq!((log_in().await.status, owner.get(&path).await.status), (401, 404));
    assert!(!shop.keeps("support@shop.test") && !shop.keeps("Olga"));
}

#[tokio::test]
async fn an_invitation_works_once_and_a_second_one_replaces_it() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let new = |role: &str| json!({"email": "x@shop.test", "name": "X", "role": role});
    assert_eq!(owner.post("/admin/staff", new("support")).await.body["status"], "invited");
    let first = shop.mailed("x@shop.test").await;
    shop.clock.advance_s(1);
    assert_eq!(owner.post("/admin/staff", new("read_only")).await.body["role"], "read_only");
    let token = shop.mailed("x@shop.test").await;
    let accept = |token: &str| json!({"token": token, "password": PASSWORD});
    let path = "/admin/invitations/accept";
    assert_eq!(shop.guest().post(path, accept(&first)).await.code(), (422, "invalid_token"));
    assert_eq!(shop.guest().post(path, accept(&token)).await.status, 201);
    assert_eq!(shop.guest().post(path, accept(&token)).await.code(), (422, "invalid_token"));
    assert_eq!(owner.post("/admin/staff", new("support")).await.code(), (409, "already_staff"));
    assert_eq!(
        owner.post("/admin/staff", json!({"email": "y@shop.test", "name": "Y", "role": "king"})).await.code(),
        (422, "invalid_input")
    );
}

#[tokio::test]
async fn nobody_grants_what_he_lacks() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let owner_id = owner.get("/admin/me").await.body["id"].as_str().unwrap().to_owned();
    let (manager, manager_id) = shop.colleague(&owner, "manager").await;
    let invite = |role: &str| json!({"email": "x@shop.test", "name": "X", "role": role});
    let role = |scopes: Value| Some(json!({"name": "R", "scopes": scopes}));
    for (method, path, body) in [
        ("POST", "/admin/staff".to_owned(), Some(invite("owner"))),
        ("PATCH", format!("/admin/staff/{manager_id}"), Some(json!({"role": "owner"}))),
        ("PATCH", format!("/admin/staff/{owner_id}"), Some(json!({"role": "support"}))),
        ("PATCH", format!("/admin/staff/{owner_id}"), Some(json!({"disabled": true}))),
        ("DELETE", format!("/admin/staff/{owner_id}"), None),
        ("PUT", "/admin/roles/kings".to_owned(), role(json!(["admin"]))),
        ("PUT", "/admin/roles/kings".to_owned(), role(json!(["orders", "admin"]))),
    ] {
        assert_eq!(manager.send(method, &path, body).await.code(), (403, "cannot_grant"), "{method} {path}");
    }
    // A role of the owner's making cannot be taken apart by somebody who has less.
    assert_eq!(owner.send("PUT", "/admin/roles/kings", role(json!(["admin"]))).await.status, 200);
    assert_eq!(manager.send("PUT", "/admin/roles/kings", role(json!(["orders"]))).await.code(), (403, "cannot_grant"));
    assert_eq!(manager.send("DELETE", "/admin/roles/kings", None).await.code(), (403, "cannot_grant"));
    // A key with the scope of staff alone gives nothing but that.
    let key = shop.key(Scope::Staff).await;
    assert_eq!(key.post("/admin/staff", invite("support")).await.code(), (403, "cannot_grant"));
    assert_eq!(key.send("PUT", "/admin/roles/people", role(json!(["staff"]))).await.status, 200);
    // What he has himself, he may give.
    assert_eq!(manager.post("/admin/staff", invite("support")).await.status, 201);
    assert_eq!(manager.send("PUT", "/admin/roles/pickers", role(json!(["stock", "fulfilment"]))).await.status, 200);
}

#[tokio::test]
async fn roles_are_made_used_and_deleted() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let list = owner.get("/admin/roles").await.body["items"].clone();
    let handles: Vec<&str> = list.as_array().unwrap().iter().map(|r| r["handle"].as_str().unwrap()).collect();
    assert_eq!(handles, ["owner", "manager", "support", "fulfilment", "read_only"]);
    let put = |scopes: Value| Some(json!({"name": "Pickers", "scopes": scopes}));
    let made = owner.send("PUT", "/admin/roles/pickers", put(json!(["stock", "stock"]))).await;
    assert_eq!((made.status, &made.body["scopes"], &made.body["built_in"]), (200, &json!(["stock"]), &json!(false)));
    let (picker, id) = shop.colleague(&owner, "pickers").await;
    assert_eq!(picker.get("/admin/me").await.body["scopes"], json!(["stock"]));
    assert_eq!(picker.get("/admin/customers").await.status, 403);
    owner.send("PUT", "/admin/roles/pickers", put(json!(["stock", "customers"]))).await;
    assert_eq!(picker.get("/admin/customers").await.status, 200, "a changed role holds at once");
    assert_eq!(owner.send("DELETE", "/admin/roles/pickers", None).await.code(), (409, "role_in_use"));
    owner.send("DELETE", &format!("/admin/staff/{id}"), None).await;
    assert_eq!(owner.send("DELETE", "/admin/roles/pickers", None).await.status, 204);
    assert_eq!(owner.send("DELETE", "/admin/roles/pickers", None).await.status, 404);
    for (handle, body, status) in [
        ("owner", put(json!(["stock"])), 409),
        ("Pickers", put(json!(["stock"])), 422),
        ("pickers", put(json!([])), 422),
        ("pickers", put(json!(["root"])), 422),
    ] {
        assert_eq!(owner.send("PUT", &format!("/admin/roles/{handle}"), body).await.status, status, "{handle}");
    }
}

#[tokio::test]
async fn there_is_always_an_owner() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let path = format!("/admin/staff/{}", owner.get("/admin/me").await.body["id"].as_str().unwrap());
    for (method, body) in
        [("DELETE", None), ("PATCH", Some(json!({"role": "support"}))), ("PATCH", Some(json!({"disabled": true})))]
    {
        assert_eq!(owner.send(method, &path, body).await.code(), (409, "last_owner"), "{method}");
    }
    let (second, _) = shop.colleague(&owner, "owner").await;
    assert_eq!(second.send("DELETE", &path, None).await.status, 204);
    assert_eq!(owner.get("/admin/me").await.status, 401);
}

#[tokio::test]
async fn staff_set_new_passwords_and_end_sessions() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let other = shop.guest().logged_in("/admin/sessions", "owner@shop.test", PASSWORD).await;
    let change = json!({"current": PASSWORD, "new": "another long password"});
    assert_eq!(owner.send("PUT", "/admin/me/password", Some(change)).await.status, 204);
    assert_eq!((owner.get("/admin/me").await.status, other.get("/admin/me").await.status), (200, 401));
    shop.guest().post("/admin/password-resets", json!({"email": "owner@shop.test"})).await;
    assert_eq!(shop.guest().post("/admin/password-resets", json!({"email": "nobody@shop.test"})).await.status, 202);
    let token = shop.mailed("owner@shop.test").await;
    let redeem = json!({"token": token, "password": "yet another password"});
    // A link for staff is none for customers.
    assert_eq!(shop.guest().post("/password-resets/redeem", redeem.clone()).await.code(), (422, "invalid_token"));
    assert_eq!(shop.guest().post("/admin/password-resets/redeem", redeem).await.status, 204);
    assert_eq!(owner.get("/admin/me").await.status, 401);
    let owner = shop.guest().logged_in("/admin/sessions", "owner@shop.test", "yet another password").await;
    assert_eq!(owner.get("/admin/me/sessions").await.body["items"].as_array().unwrap().len(), 1);
    shop.clock.advance_s(5 * 3600);
    assert_eq!(owner.get("/admin/me").await.status, 401, "staff who walk away are logged out");
}

#[tokio::test]
async fn customers_and_staff_do_not_mix() {
    let shop = Shop::open();
    let owner = shop.owner().await;
    let customer = shop.customer("owner@shop.test").await;
    assert_eq!(customer.get("/admin/me").await.code(), (403, "not_staff"));
    assert_eq!(customer.get("/admin/customers").await.code(), (403, "missing_scope"));
    assert_eq!(owner.get("/customers/me").await.code(), (403, "not_a_customer"));
    let token = |client: &crate::support::Client<'_>| client.bearer.clone().unwrap();
    let both = format!("__Host-argosy-session={}; __Host-argosy-staff={}", token(&customer), token(&owner));
    let browser = shop.guest().with_cookie(&both);
    assert_eq!((browser.get("/customers/me").await.status, browser.get("/admin/me").await.status), (200, 200));
    let customer_only = shop.guest().with_cookie(&format!("__Host-argosy-session={}", token(&customer)));
    assert_eq!(customer_only.get("/admin/me").await.status, 401);
}
