//! How long a newcomer waits: from a clone to an open shop, and from an edit to the compiler's word on it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::Instant;

use super::Row;
use crate::load::stats::seconds;
use crate::load::{Connection, get};
use crate::shop::{free_port, micros, workspace};

pub(super) async fn measure(scratch: &Path) -> Result<Vec<Row>> {
    let edit = edit_to_check()?;
    let clone = clone_to_shop(scratch).await?;
    Ok(vec![
        Row::new("clone to open shop", seconds(clone)).target("< 360 s", clone < 360_000_000).note(
            "`git clone`, `cargo run --release`, the home page answered; crates downloaded before, nothing built",
        ),
        Row::new("edit to check of services/cart", seconds(edit))
            .target("≈ 2 s", edit < 3_000_000)
            .note("lib.rs touched, `cargo check -p cart`"),
    ])
}

/// Rewrites a file of a service with what is in it, and checks.
fn edit_to_check() -> Result<u64> {
    let check = || {
        let mut cargo = Command::new("cargo");
        cargo.args(["check", "--quiet", "-p", "cart"]).current_dir(workspace());
        if !cargo.status()?.success() {
            bail!("cargo check -p cart fails");
        }
        Ok(())
    };
    check()?;
    let file = workspace().join("services/cart/src/lib.rs");
    std::fs::write(&file, std::fs::read(&file)?)?;
    let began = Instant::now();
    check()?;
    Ok(micros(began.elapsed()))
}

async fn clone_to_shop(scratch: &Path) -> Result<u64> {
    let home = tempfile::tempdir_in(scratch)?;
    let tree = home.path().join("argosy");
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], free_port(&kernel::SystemRng::new())?));
    eprintln!("cloning and building from nothing; this takes minutes …");
    let began = Instant::now();
    let cloned = Command::new("git").args(["clone", "--quiet"]).arg(workspace()).arg(&tree).status()?;
    if !cloned.success() {
        bail!("the tree cannot be cloned");
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--release", "--quiet", "--target-dir"]).arg(tree.join("target"));
    cargo.args(["--", "--listen", &address.to_string()]).current_dir(&tree);
    let mut child = cargo.spawn().context("cargo could not be started")?;
    let opened = loop {
        if let Ok(mut connection) = Connection::open(address).await
            && connection.send(&get(address, "/")).await.is_ok_and(|answer| answer.status == 200)
        {
            break Ok(micros(began.elapsed()));
        }
        if let Some(status) = child.try_wait()? {
            break Err(anyhow::anyhow!("cargo run ended with {status}"));
        }
        if began.elapsed() > Duration::from_secs(1800) {
            break Err(anyhow::anyhow!("no shop within half an hour"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    // cargo becomes the shop's process on Unix, so this ends the shop.
    let _ = child.kill();
    let _ = child.wait();
    opened
}
