use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{AdjustStock, Idempotency};
use futures::future::join_all;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use kernel::Failure;

use super::Shelf;
use crate::import::{StockRow, UndoReport};

/// Units on their way back at once: they share the ledger's commits.
const MOVES_AT_ONCE: usize = 64;

/// Take back a bulk change
///
/// Products become as they were before, and those that the change made are deleted; a product that was edited since is
/// left as it is and named in the answer. Units that it counted are moved back by the difference, so that what was sold
/// since stays sold. Orders are not touched.
#[utoipa::path(
    post,
    path = "/admin/changes/{id}/undo",
    tag = "catalog",
    params(("id" = i64, Path, description = "`change` of the import.")),
    responses(
        (status = 200, description = "What was taken back and what was left.", body = UndoReport),
        (status = 404, description = "There is no such change, or it is too old.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It was taken back before.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn change_undo(State(shelf): State<Shelf>, caller: Caller, Path(id): Path<String>) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let id: i64 = id.parse().map_err(|_| Failure::not_found("change"))?;
    let request_id = Some(caller.request_id.clone());
    let (mut report, stock) = shelf.catalog.undo(caller.store, request_id, id).await?;
    let actor = caller.actor();
    let adjust = async |row: &StockRow| {
        let (sku, location, delta) = (row.sku.clone(), row.location.clone(), row.before - row.after);
        let request = AdjustStock { sku, location, delta, reason: format!("undo of change {id}") };
        // The same undo twice is one undo, whoever asks.
        let idempotency = Idempotency {
            scope: b"undo of a bulk change".to_vec(),
            key: format!("{id}/{}/{}", row.sku, row.location),
            fingerprint: [0; 32],
        };
        shelf.stock.adjust(caller.store, request, idempotency, actor.clone()).await
    };
    // A place that was counted for the first time, and found empty, has nothing to move.
    let moves: Vec<StockRow> = stock.into_iter().filter(|row| row.before != row.after).collect();
    for chunk in moves.chunks(MOVES_AT_ONCE) {
        for (row, moved) in chunk.iter().zip(join_all(chunk.iter().map(adjust)).await) {
            match moved {
                Ok(answer) if answer.response.status < 300 => report.stock += 1,
                Ok(_) => report.stock_kept.push(format!("{}: its units are sold or held by now", row.sku)),
                Err(failure) => report.stock_kept.push(format!("{}: {}", row.sku, failure.detail)),
            }
        }
    }
    Ok(http_kit::private(Json(report)))
}
