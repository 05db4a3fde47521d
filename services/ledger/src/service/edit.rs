//! Edits of orders. The new address is sealed here, with the key of the person whom it belongs to.

use async_trait::async_trait;
use contracts::Result;
use contracts::address::Address;
use contracts::ledger::{Actor, Answer, EditLedger, Idempotency, PricedEdit};
use contracts::saga::SagaLedger as _;
use kernel::{Failure, OrderId, RefundId, StoreId};

use super::LedgerService;
use crate::decide::{Command, EditCommand};
use crate::order::Order;

#[async_trait]
impl EditLedger for LedgerService {
    async fn edit(
        &self,
        store: StoreId,
        id: OrderId,
        edit: PricedEdit,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let order = self.reader.order(store, id).await?.ok_or_else(|| Failure::not_found("order"))?;
        let sealed_contact = match edit.shipping_address {
            Some(address) => self.readdressed(store, &order, address).await?,
            None => None,
        };
        let edit = EditCommand {
            lines: edit.lines,
            added: edit.added,
            sealed_contact,
            expected_total: edit.expected_total,
            reason: edit.reason,
        };
        let refund = RefundId::new(self.clock.now(), self.rng.as_ref());
        self.answer(store, Command::Edit { order: id, refund, edit: Box::new(edit) }, idempotency, actor).await
    }

    async fn answered(&self, store: StoreId, idempotency: &Idempotency) -> Result<Option<Answer>> {
        Ok(self.replay(store, idempotency).await?.map(|(_, response)| Answer { response, replayed: true }))
    }
}

impl LedgerService {
    /// The contact of an order with another address, sealed; none when it is the same address.
    async fn readdressed(&self, store: StoreId, order: &Order, address: Address) -> Result<Option<Vec<u8>>> {
        let erased = || Failure::conflict("address_erased", "The address of this order was erased with its person.");
        let (row, person) = self.reader.contact(store, order.head.number).await?.ok_or_else(erased)?;
        let wrapped = person.wrapped_key.clone().ok_or_else(erased)?;
        let key = self.vault.unwrap_person(person.id.as_bytes(), &wrapped).map_err(|_| erased())?;
        let mut contact = self.contact_of(order, Some((row, person))).ok_or_else(erased)?;
        let known = &contact.shipping_address;
        if (&known.country, &known.region) != (&address.country, &address.region) {
            let detail =
                "Tax and delivery were priced for another country or region. Cancel the order and place another.";
            return Err(Failure::conflict("destination_changed", detail));
        }
        if *known == address {
            return Ok(None);
        }
        contact.shipping_address = address;
        let plain = serde_json::to_vec(&contact).map_err(Failure::internal)?;
        Ok(Some(key.seal(order.head.id.as_bytes(), &plain, self.rng.as_ref())))
    }
}
