//! The database that lies: slow, failing before a commit, silent after one, or dying with the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use ledger::engine::memory::MemoryEngine;
use ledger::engine::{Engine, EngineError};
use ledger::state::{Changes, Keys, Meta, State};

use super::world::World;

pub struct LyingEngine {
    pub world: Arc<World>,
    pub tables: MemoryEngine,
    pub alive: Arc<AtomicBool>,
}

impl LyingEngine {
    /// A killed process never hears from its database again.
    async fn while_alive(&self) {
        if !self.alive.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn latency(&self) {
        let ms = if self.world.rng.below(20) == 0 { self.world.rng.below(400) } else { self.world.rng.below(4) };
        tokio::time::sleep(Duration::from_millis(ms)).await;
        self.while_alive().await;
    }
}

#[async_trait]
impl Engine for LyingEngine {
    async fn begin(&mut self) -> Result<Meta, EngineError> {
        self.latency().await;
        if self.world.strikes(self.world.goods.database_faults / 4, "begin fails") {
            return Err(EngineError::Failed("simulated".to_owned()));
        }
        self.tables.begin().await
    }

    async fn load(&mut self, keys: &Keys, state: &mut State) -> Result<(), EngineError> {
        self.while_alive().await;
        if self.world.strikes(self.world.goods.database_faults / 8, "load fails") {
            return Err(EngineError::Failed("simulated".to_owned()));
        }
        self.tables.load(keys, state).await
    }

    async fn commit(&mut self, changes: &Changes) -> Result<(), EngineError> {
        self.latency().await;
        let rate = self.world.goods.database_faults;
        if self.world.strikes(rate / 2, "commit fails") {
            return Err(EngineError::Failed("simulated".to_owned()));
        }
        if self.world.strikes(rate / 4, "connection lost before the commit") {
            return Err(EngineError::Unknown("simulated".to_owned()));
        }
        super::check::on_commit(&self.world, changes);
        let stored = self.tables.commit(changes).await;
        match &stored {
            Ok(()) => {
                self.tables.with(|tables| super::check::after_commit(&self.world, changes, tables));
                for event in &changes.events {
                    self.world.told_at.lock().insert(event.id, tokio::time::Instant::now());
                    self.world.note(&format!("commit {} {} of {}", event.position, event.kind, event.aggregate));
                }
            }
            Err(error) => self.world.violation(format!("the database refuses a batch: {error}")),
        }
        if self.world.strikes(rate / 4, "connection lost after the commit") {
            return Err(EngineError::Unknown("simulated".to_owned()));
        }
        stored
    }

    async fn rollback(&mut self) {
        self.while_alive().await;
    }
}
