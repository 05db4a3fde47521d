//! Series of the parts that count for themselves, read when somebody scrapes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ledger::LedgerService;
use notification::Notification;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// How the ledger's batches are doing: commands per batch show natural batching at work, seconds show the disk.
pub(crate) struct LedgerMeter(pub(crate) Arc<LedgerService>);

impl fmt::Debug for LedgerMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LedgerMeter")
    }
}

impl Collector for LedgerMeter {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = self.0.stats();
        let counters = [
            ("ledger_batches", "Batches committed", &stats.batches),
            ("ledger_batches_failed", "Batches that could not be stored", &stats.failed_batches),
            ("ledger_commands", "Commands decided", &stats.commands),
            ("ledger_flushes", "Times the log was brought onto the disk beside the batches", &stats.flushes),
            ("ledger_commands_rejected", "Commands that were refused", &stats.rejected),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value.load(Ordering::Relaxed));
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let seconds = |value: &AtomicU64| Duration::from_micros(value.load(Ordering::Relaxed)).as_secs_f64();
        let times = [
            ("ledger_commit", "Time spent in commits", &stats.commit_us),
            ("ledger_flush", "Time spent bringing the log onto the disk", &stats.flush_us),
            ("ledger_decide", "Time spent loading and deciding", &stats.decide_us),
        ];
        for (name, help, value) in times {
            let counter = ConstCounter::new(seconds(value));
            counter.encode(encoder.encode_descriptor(name, help, Some(&Unit::Seconds), counter.metric_type())?)?;
        }
        Ok(())
    }
}

/// What waits to leave the shop, and what did not get through.
#[derive(Debug)]
pub(crate) struct NotificationMeter(pub(crate) Notification);

impl Collector for NotificationMeter {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        // A scrape that meets a broken database leaves the series out; the log says why.
        let Ok(backlog) = self.0.backlog() else { return Ok(()) };
        let gauges = [
            ("mails_queued", "Mails that wait to be sent", backlog.mails_queued),
            ("mails_failed", "Mails that were given up", backlog.mails_failed),
            ("webhooks_pending", "Webhooks that wait to be delivered", backlog.deliveries_pending),
            ("webhook_endpoints_failing", "Webhook endpoints that take nothing", backlog.endpoints_failing),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// What runs, for dashboards that compare before and after.
#[derive(Debug)]
pub(crate) struct BuildMeter;

impl Collector for BuildMeter {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let one = ConstGauge::new(1_i64);
        let labels = [("version", env!("CARGO_PKG_VERSION"))];
        let mut family = encoder.encode_descriptor("argosy_build", "The version that runs", None, one.metric_type())?;
        one.encode(family.encode_family(&labels)?)
    }
}
