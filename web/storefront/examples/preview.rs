//! The pages with made-up goods, to look at while styling: `cargo run -p storefront --example preview`, then open
//! <http://127.0.0.1:8090>. Orders can be placed; nothing is kept.

#[path = "../tests/support/mod.rs"]
mod support;

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use contracts::ledger::OrderView;

/// A shoe of some colour, good enough to judge a page by.
async fn picture(Path(name): Path<String>) -> impl IntoResponse {
    let (upper, sole) = if name.contains("red") { ("#b8452b", "#f3e7d8") } else { ("#3d4046", "#e9e2d6") };
    let tilt = name.bytes().map(u32::from).sum::<u32>() % 9;
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 1200"><rect width="1200" height="1200" fill="#e6ddcf"/>
        <g transform="rotate(-{tilt} 600 640)"><path d="M210 560c60 40 150 30 190-40l50-80 220 160c90 60 220 60 300 110 50 32 60 90 40 130H230c-30-60-50-200-20-280Z" fill="{upper}"/>
        <path d="M215 800h800c30 0 30 90-20 90H250c-40 0-55-60-35-90Z" fill="{sole}"/>
        <path d="M470 500l90-50M530 545l90-50M590 590l90-50" stroke="{sole}" stroke-width="22" stroke-linecap="round"/></g></svg>"##
    );
    ([(header::CONTENT_TYPE, "image/svg+xml")], svg)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (mut shop, world) = support::shop(30);
    shop.base_url = Some("http://127.0.0.1:8090".to_owned());
    let sample: OrderView = support::goods::order("Fjord Runner");
    println!("an order: http://127.0.0.1:8090/orders/{}?key={}", sample.id, support::ORDER_SECRET);
    world.orders.lock().expect("nothing panics here").insert(sample.id, sample);
    let media = Router::new().route("/media/{name}", get(picture));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8090").await?;
    println!("open http://127.0.0.1:8090");
    axum::serve(listener, media.merge(storefront::routes(shop))).await
}
