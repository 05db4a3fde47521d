//! One JSON object a line. The general formatter costs a browse request a large part of its time; this one writes the
//! fields as they come.

use std::fmt::{self, Debug, Write as _};

use kernel::{Clock, SystemClock};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let meta = event.metadata();
        write!(out, "{{\"timestamp\":\"{}\",\"level\":\"{}\",\"target\":", SystemClock.now(), meta.level())?;
        quoted(&mut out, meta.target())?;
        let mut fields = Fields { out: &mut out, outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
        if let Some(scope) = context.event_scope() {
            // From the outermost span to the innermost, as they were entered.
            let mut text = String::new();
            for span in scope.from_root() {
                let separator = if text.is_empty() { "" } else { " > " };
                let extensions = span.extensions();
                let known = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.fields.as_str());
                write!(text, "{separator}{}{{{known}}}", span.name())?;
            }
            out.write_str(",\"span\":")?;
            quoted(&mut out, &text)?;
        }
        out.write_str("}\n")
    }
}

struct Fields<'a, 'w> {
    out: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl Fields<'_, '_> {
    fn add(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let out = &mut *self.out;
        let put = |out: &mut Writer<'_>| {
            out.write_char(',')?;
            quoted(out, field.name())?;
            out.write_char(':')?;
            write(out)
        };
        if self.outcome.is_ok() {
            self.outcome = put(out);
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, |out| quoted(out, &format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |out| quoted(out, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |out| write!(out, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, |out| write!(out, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, |out| write!(out, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinity and no NaN.
        self.add(field, |out| if value.is_finite() { write!(out, "{value}") } else { out.write_str("null") });
    }
}

fn quoted(out: &mut Writer<'_>, text: &str) -> fmt::Result {
    let plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    if plain {
        out.write_char('"')?;
        out.write_str(text)?;
        return out.write_char('"');
    }
    out.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_an_object_whatever_the_fields() {
        let page = Page::default();
        let lines = page.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || lines.clone())
            .with_ansi(false)
            .event_format(JsonLines);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let _order = tracing::info_span!("order", id = "o\"1").entered();
            let _step = tracing::info_span!("capture").entered();
            tracing::info!(target: "request", status = 201, ratio = f64::NAN, ok = true, text = "a\n\"b\"\\é\u{7}", "done");
        });
        let text = String::from_utf8(page.0.lock().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&line["status"], &line["ok"], &line["ratio"]),
            (&201.into(), &true.into(), &serde_json::Value::Null)
        );
        assert_eq!((&line["text"], &line["message"]), (&"a\n\"b\"\\é\u{7}".into(), &"done".into()));
        assert_eq!((&line["target"], &line["level"]), (&"request".into(), &"INFO".into()));
        let span = line["span"].as_str().unwrap();
        assert!(span.starts_with("order{id=") && span.ends_with("} > capture{}"), "{span}");
        assert!(kernel::Timestamp::parse(line["timestamp"].as_str().unwrap()).is_ok());
    }
}
