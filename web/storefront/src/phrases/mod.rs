//! Every text of the pages, typed: a phrase that one language lacks does not compile.

mod account;
mod de;
mod en;

use contracts::catalog::ProductSort;
use contracts::checkout::{NoteReason, QuoteNote};
use contracts::ledger::PaymentStatus;
use contracts::search::SearchSort;
use kernel::{Money, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

/// Title and text.
pub(crate) type Message = (&'static str, &'static str);

pub(crate) struct Phrases {
    pub(crate) language: Language,
    pub(crate) account: &'static account::Account,
    // The frame.
    pub(crate) skip_to_content: &'static str,
    pub(crate) main_navigation: &'static str,
    pub(crate) footer_navigation: &'static str,
    pub(crate) country_and_currency: &'static str,
    pub(crate) change: &'static str,
    pub(crate) cart: &'static str,
    /// After the number of units, for screen readers.
    pub(crate) cart_count_suffix: &'static str,
    pub(crate) home: &'static str,
    pub(crate) breadcrumbs: &'static str,
    // Home.
    pub(crate) home_description: &'static str,
    pub(crate) hero_action: &'static str,
    pub(crate) collections: &'static str,
    pub(crate) new_products: &'static str,
    pub(crate) shop_is_empty: &'static str,
    pub(crate) promises: &'static str,
    pub(crate) promise_list: [Message; 3],
    // Lists.
    pub(crate) all_products: &'static str,
    pub(crate) products_heading: &'static str,
    pub(crate) subcategories: &'static str,
    pub(crate) nothing_here: &'static str,
    pub(crate) nothing_here_text: &'static str,
    pub(crate) end_of_list_text: &'static str,
    pub(crate) back_to_start: &'static str,
    pub(crate) next_page: &'static str,
    pub(crate) pages: &'static str,
    pub(crate) sort_by: &'static str,
    pub(crate) apply: &'static str,
    pub(crate) sorts: [&'static str; 4],
    // Search.
    pub(crate) search: &'static str,
    pub(crate) search_hint: &'static str,
    /// Names the list of suggestions to screen readers.
    pub(crate) suggestions: &'static str,
    pub(crate) some_words_only: &'static str,
    pub(crate) nothing_found: &'static str,
    pub(crate) nothing_found_text: &'static str,
    pub(crate) nothing_left_text: &'static str,
    pub(crate) look_around: &'static str,
    pub(crate) filters: &'static str,
    pub(crate) active_filters: &'static str,
    pub(crate) remove_filter: &'static str,
    pub(crate) clear_filters: &'static str,
    pub(crate) show_results: &'static str,
    pub(crate) best_match: &'static str,
    pub(crate) price_from: &'static str,
    pub(crate) price_to: &'static str,
    pub(crate) facet_category: &'static str,
    pub(crate) facet_vendor: &'static str,
    pub(crate) facet_price: &'static str,
    pub(crate) facet_availability: &'static str,
    // Products.
    pub(crate) from: &'static str,
    pub(crate) price_now: &'static str,
    pub(crate) price_before: &'static str,
    pub(crate) reduced: &'static str,
    pub(crate) sold_out: &'static str,
    pub(crate) in_stock: &'static str,
    pub(crate) tax_included: &'static str,
    pub(crate) tax_excluded: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) add_to_cart: &'static str,
    pub(crate) no_such_variant: &'static str,
    pub(crate) variant_sold_out: &'static str,
    pub(crate) cannot_be_added: &'static str,
    pub(crate) cart_full: &'static str,
    pub(crate) pictures: &'static str,
    pub(crate) description: &'static str,
    pub(crate) details: &'static str,
    pub(crate) related: &'static str,
    /// Above prices of one shopper's group.
    pub(crate) own_prices: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    // Cart.
    pub(crate) your_cart: &'static str,
    pub(crate) cart_lines: &'static str,
    pub(crate) cart_is_empty: &'static str,
    pub(crate) added: &'static str,
    pub(crate) updated: &'static str,
    pub(crate) removed: &'static str,
    pub(crate) bad_quantity: &'static str,
    pub(crate) line_gone: &'static str,
    pub(crate) update: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) to_checkout: &'static str,
    pub(crate) continue_shopping: &'static str,
    // Totals.
    pub(crate) goods: &'static str,
    pub(crate) discount: &'static str,
    pub(crate) shipping: &'static str,
    pub(crate) calculated_later: &'static str,
    pub(crate) free: &'static str,
    pub(crate) total: &'static str,
    pub(crate) gift_card: &'static str,
    pub(crate) amount_due: &'static str,
    pub(crate) coupon_code: &'static str,
    pub(crate) coupon_removed: &'static str,
    pub(crate) coupon_invalid: &'static str,
    pub(crate) coupon_used_up: &'static str,
    pub(crate) gift_card_changed: &'static str,
    pub(crate) gift_cards_and_vat: &'static str,
    pub(crate) gift_card_code: &'static str,
    pub(crate) vat_id: &'static str,
    pub(crate) vat_id_hint: &'static str,
    pub(crate) reverse_charge: &'static str,
    // Checkout.
    pub(crate) checkout: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) email: &'static str,
    pub(crate) email_hint: &'static str,
    pub(crate) delivery_address: &'static str,
    pub(crate) billing_address: &'static str,
    pub(crate) other_billing: &'static str,
    pub(crate) full_name: &'static str,
    pub(crate) street: &'static str,
    pub(crate) street_extra: &'static str,
    pub(crate) postal_code: &'static str,
    pub(crate) city: &'static str,
    pub(crate) region: &'static str,
    pub(crate) country: &'static str,
    pub(crate) optional: &'static str,
    pub(crate) shipping_method: &'static str,
    pub(crate) no_shipping: &'static str,
    pub(crate) update_totals: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) test_payment: &'static str,
    pub(crate) more_tokens: &'static str,
    /// In the order of `checkout::form::TOKENS`.
    pub(crate) tokens: [Message; 10],
    pub(crate) your_order: &'static str,
    pub(crate) place_order: &'static str,
    pub(crate) order_hint: &'static str,
    pub(crate) back_to_cart: &'static str,
    pub(crate) check_fields: &'static str,
    pub(crate) choose_shipping: &'static str,
    pub(crate) choose_payment: &'static str,
    pub(crate) field_required: &'static str,
    pub(crate) field_too_long: &'static str,
    pub(crate) field_characters: &'static str,
    pub(crate) field_email: &'static str,
    pub(crate) field_country: &'static str,
    pub(crate) field_not_delivered: &'static str,
    pub(crate) field_wrong: &'static str,
    pub(crate) declined: &'static str,
    pub(crate) declined_funds: &'static str,
    pub(crate) out_of_stock: &'static str,
    pub(crate) cart_changed: &'static str,
    pub(crate) form_changed: &'static str,
    pub(crate) in_progress: &'static str,
    pub(crate) try_again: &'static str,
    // Orders.
    pub(crate) placed_on: &'static str,
    pub(crate) order_confirmed: &'static str,
    pub(crate) order_pending: &'static str,
    pub(crate) order_requires_action: &'static str,
    pub(crate) order_payment_failed: &'static str,
    pub(crate) order_partly_shipped: &'static str,
    pub(crate) order_shipped: &'static str,
    pub(crate) order_delivered: &'static str,
    pub(crate) order_returned: &'static str,
    pub(crate) order_cancelled: &'static str,
    pub(crate) action_needed: &'static str,
    pub(crate) still_pending: &'static str,
    pub(crate) payment_failed_text: &'static str,
    pub(crate) cancelled_text: &'static str,
    pub(crate) continue_payment: &'static str,
    pub(crate) try_other_payment: &'static str,
    pub(crate) progress: &'static str,
    pub(crate) steps: [&'static str; 4],
    pub(crate) step_done: &'static str,
    pub(crate) items: &'static str,
    pub(crate) shipments: &'static str,
    pub(crate) shipped_on: &'static str,
    pub(crate) delivered_on: &'static str,
    pub(crate) carrier: &'static str,
    pub(crate) tracking_number: &'static str,
    pub(crate) returns: &'static str,
    pub(crate) return_requested: &'static str,
    pub(crate) return_received: &'static str,
    pub(crate) refunds: &'static str,
    pub(crate) refunded: &'static str,
    pub(crate) refund_pending: &'static str,
    pub(crate) timeline: &'static str,
    /// Event types and their sentences, where the ledger's own are not in this language.
    pub(crate) events: &'static [(&'static str, &'static str)],
    /// In the order of `PaymentStatus`.
    pub(crate) payment_statuses: [&'static str; 10],
    pub(crate) waiting: &'static str,
    pub(crate) waiting_text: &'static str,
    pub(crate) look_again: &'static str,
    pub(crate) to_order: &'static str,
    pub(crate) to_provider: &'static str,
    pub(crate) to_provider_text: &'static str,
    // Errors.
    pub(crate) to_home: &'static str,
    pub(crate) not_found: Message,
    pub(crate) malformed: Message,
    pub(crate) cross_site: Message,
    pub(crate) too_large: Message,
    pub(crate) wrong_method: Message,
    pub(crate) unavailable: Message,
    pub(crate) internal: Message,
}

/// A sentence per language, in which the same names are filled in.
macro_rules! say {
    ($phrases:expr, $english:literal, $german:literal) => {
        match $phrases.language {
            Language::English => format!($english),
            Language::German => format!($german),
        }
    };
}

impl Phrases {
    /// The texts for `locale`: English for languages that have none.
    pub(crate) fn of(locale: &str) -> &'static Phrases {
        if locale.split('-').next() == Some("de") { &de::PHRASES } else { &en::PHRASES }
    }

    pub(crate) fn products(&self, count: u32) -> String {
        if count == 1 {
            say!(self, "1 product", "1 Artikel")
        } else {
            say!(self, "{count} products", "{count} Artikel")
        }
    }

    pub(crate) fn variants(&self, count: usize) -> String {
        say!(self, "{count} variants", "{count} Varianten")
    }

    pub(crate) fn picture(&self, number: usize) -> String {
        say!(self, "Show picture {number}", "Bild {number} zeigen")
    }

    pub(crate) fn pieces(&self, count: u32) -> String {
        if count == 1 { say!(self, "1 piece", "1 Stück") } else { say!(self, "{count} pieces", "{count} Stück") }
    }

    pub(crate) fn returned_pieces(&self, count: u32) -> String {
        say!(self, "{count} returned", "{count} zurückgeschickt")
    }

    pub(crate) fn listing_description(&self, title: &str, shop: &str) -> String {
        say!(
            self,
            "{title} at {shop}: see what is in stock and order online.",
            "{title} bei {shop}: alle Artikel ansehen und online bestellen."
        )
    }

    pub(crate) fn sort_label(&self, sort: ProductSort) -> &'static str {
        let index = match sort {
            ProductSort::Newest => 0,
            ProductSort::PriceAsc => 1,
            ProductSort::PriceDesc => 2,
            ProductSort::Title => 3,
        };
        self.sorts[index]
    }

    pub(crate) fn search_sort_label(&self, sort: SearchSort) -> &'static str {
        match sort {
            SearchSort::Relevance => self.best_match,
            SearchSort::Newest => self.sort_label(ProductSort::Newest),
            SearchSort::PriceAsc => self.sort_label(ProductSort::PriceAsc),
            SearchSort::PriceDesc => self.sort_label(ProductSort::PriceDesc),
            SearchSort::Title => self.sort_label(ProductSort::Title),
        }
    }

    pub(crate) fn results_for(&self, query: &str) -> String {
        say!(self, "Results for “{query}”", "Ergebnisse für „{query}“")
    }

    pub(crate) fn corrected(&self, query: &str, corrected: &str) -> String {
        say!(
            self,
            "Nothing is called “{query}” here. These are the results for “{corrected}”.",
            "Zu „{query}“ gibt es nichts. Das sind die Ergebnisse für „{corrected}“."
        )
    }

    pub(crate) fn more_values(&self, count: usize) -> String {
        say!(self, "{count} more", "{count} weitere")
    }

    pub(crate) fn and_more(&self, amount: &str) -> String {
        say!(self, "{amount} and more", "ab {amount}")
    }

    pub(crate) fn up_to(&self, amount: &str) -> String {
        say!(self, "up to {amount}", "bis {amount}")
    }

    pub(crate) fn quantity_of(&self, title: &str) -> String {
        say!(self, "Quantity of {title}", "Menge von {title}")
    }

    pub(crate) fn remove_line(&self, title: &str) -> String {
        say!(self, "Remove {title}", "{title} entfernen")
    }

    pub(crate) fn price_changed(&self, title: &str, before: &str, now: &str) -> String {
        say!(
            self,
            "The price of {title} changed from {before} to {now}.",
            "Der Preis von {title} hat sich von {before} auf {now} geändert."
        )
    }

    pub(crate) fn lowest_price(&self, lowest: &str) -> String {
        say!(self, "Lowest price of the last 30 days: {lowest}", "Niedrigster Preis der letzten 30 Tage: {lowest}")
    }

    pub(crate) fn price_was(&self, before: &str) -> String {
        say!(
            self,
            "{before} when you put it into your cart",
            "{before}, als du den Artikel in den Warenkorb gelegt hast"
        )
    }

    pub(crate) fn remove_coupon(&self, code: &str) -> String {
        say!(self, "Remove the code {code}", "Code {code} entfernen")
    }

    pub(crate) fn pick_up_at(&self, place: &str) -> String {
        say!(self, "Pick up: {place}", "Abholung: {place}")
    }

    pub(crate) fn arrives(&self, from: &str, until: &str) -> String {
        if from == until {
            say!(self, "arrives {from}", "kommt am {from}")
        } else {
            say!(self, "arrives {from} to {until}", "kommt {from} bis {until}")
        }
    }

    pub(crate) fn card_pays(&self, ending: &str, amount: &str, balance: &str) -> String {
        say!(
            self,
            "The gift card ending in {ending} pays {amount} of its {balance}.",
            "Die Geschenkkarte mit der Endung {ending} zahlt {amount} von {balance}."
        )
    }

    /// Why a code or a promotion took nothing off.
    pub(crate) fn note(&self, note: &QuoteNote, money: &dyn Fn(Money) -> String) -> String {
        let name = note.code.as_deref().or(note.promotion.as_deref()).unwrap_or("");
        let instead = note.instead.as_deref().unwrap_or("");
        match note.reason {
            NoteReason::UnknownCode => {
                say!(self, "We do not know the code {name}.", "Den Code {name} kennen wir nicht.")
            }
            NoteReason::NotStarted => say!(self, "{name} has not started yet.", "{name} gilt noch nicht."),
            NoteReason::Ended => say!(self, "{name} has ended.", "{name} ist abgelaufen."),
            NoteReason::NotForYou => say!(
                self,
                "{name} is for other customers. Log in if you are one of them.",
                "{name} gilt für andere Kunden. Melde dich an, wenn du dazugehörst."
            ),
            NoteReason::NotForTheseGoods => say!(
                self,
                "{name} is not about any of the products in your cart.",
                "{name} gilt für keinen der Artikel in deinem Warenkorb."
            ),
            NoteReason::NotInCurrency => {
                say!(self, "{name} does not hold in this currency.", "{name} gilt nicht in dieser Währung.")
            }
            NoteReason::NotToCountry => say!(
                self,
                "{name} does not hold for deliveries to this country.",
                "{name} gilt nicht für Lieferungen in dieses Land."
            ),
            NoteReason::BelowMinimum => match note.missing {
                Some(missing) => {
                    let missing = money(missing);
                    say!(self, "{name} applies from {missing} more on.", "Für {name} fehlen noch {missing}.")
                }
                None => {
                    let units = note.missing_quantity.unwrap_or(1);
                    say!(self, "{name} applies from {units} more on.", "Für {name} fehlen noch {units} Stück.")
                }
            },
            NoteReason::NotCombined => say!(
                self,
                "{name} is not combined with {instead}: the better one is used.",
                "{name} ist nicht mit {instead} kombinierbar: Es gilt der bessere Vorteil."
            ),
            NoteReason::NoEffect => {
                say!(self, "{name} takes nothing off this cart.", "{name} bringt bei diesem Warenkorb nichts.")
            }
            NoteReason::UsedUp => {
                say!(self, "{name} was used as often as it can be.", "{name} ist aufgebraucht.")
            }
            NoteReason::UnknownGiftCard => say!(
                self,
                "We do not know a gift card ending in {name} in this currency.",
                "Eine Geschenkkarte mit der Endung {name} in dieser Währung kennen wir nicht."
            ),
            NoteReason::EmptyGiftCard => say!(
                self,
                "Nothing is left on the gift card ending in {name}.",
                "Auf der Geschenkkarte mit der Endung {name} ist nichts mehr."
            ),
            NoteReason::TooManyAttempts => say!(
                self,
                "There were too many attempts. {name} was not looked up; try again in some minutes.",
                "Das waren zu viele Versuche. {name} wurde nicht nachgeschlagen; versuche es in einigen Minuten noch einmal."
            ),
            NoteReason::InvalidVatId => say!(
                self,
                "This does not have the form of a VAT id, such as FR40303265045. VAT is charged.",
                "Das hat nicht die Form einer USt-IdNr. wie FR40303265045. Umsatzsteuer wird berechnet."
            ),
            NoteReason::VatIdOfAnotherCountry => say!(
                self,
                "The VAT id is of another country than the delivery. VAT is charged.",
                "Die USt-IdNr. ist aus einem anderen Land als die Lieferung. Umsatzsteuer wird berechnet."
            ),
        }
    }

    pub(crate) fn line_unavailable(&self, title: &str) -> String {
        say!(
            self,
            "{title} is sold out. Remove it or choose another variant to continue.",
            "{title} ist ausverkauft. Bitte entfernen oder eine andere Variante wählen."
        )
    }

    /// Nothing of it is there; it is sent when it has come. `until`: how long it can be ordered so.
    pub(crate) fn delivered_later(&self, until: Option<Timestamp>) -> String {
        let Some(until) = until else {
            return say!(self, "Not in stock: delivered later", "Nicht auf Lager: wird nachgeliefert");
        };
        let date = until.to_string().chars().take(10).collect::<String>();
        say!(self, "Pre-order until {date}: delivered later", "Vorbestellbar bis {date}: wird nachgeliefert")
    }

    pub(crate) fn including(&self, name: &str, rate: &str) -> String {
        say!(self, "including {rate} {name}", "enthält {rate} {name}")
    }

    pub(crate) fn pay(&self, amount: &str) -> String {
        say!(self, "Order and pay {amount}", "Kostenpflichtig bestellen: {amount}")
    }

    pub(crate) fn days(&self, min: u16, max: u16) -> String {
        if (min, max) == (1, 1) {
            say!(self, "1 working day", "1 Werktag")
        } else if min == max {
            say!(self, "{min} working days", "{min} Werktage")
        } else {
            say!(self, "{min}–{max} working days", "{min}–{max} Werktage")
        }
    }

    pub(crate) fn total_changed(&self, shown: &str) -> String {
        say!(
            self,
            "The total is no longer {shown}. Check the new total below and order again if you agree. Nothing was charged.",
            "Die Summe ist nicht mehr {shown}. Bitte prüfe die neue Summe und bestelle erneut, wenn sie für dich passt. Es wurde nichts abgebucht."
        )
    }

    pub(crate) fn order_number(&self, number: &str) -> String {
        say!(self, "Order {number}", "Bestellung {number}")
    }

    pub(crate) fn shipment(&self, number: usize) -> String {
        say!(self, "Parcel {number}", "Paket {number}")
    }

    pub(crate) fn payment_status(&self, status: PaymentStatus) -> &'static str {
        let index = match status {
            PaymentStatus::NotRequired => 0,
            PaymentStatus::Pending => 1,
            PaymentStatus::Unknown => 2,
            PaymentStatus::RequiresAction => 3,
            PaymentStatus::Declined => 4,
            PaymentStatus::Authorised => 5,
            PaymentStatus::Paid => 6,
            PaymentStatus::PartiallyRefunded => 7,
            PaymentStatus::Refunded => 8,
            PaymentStatus::Voided => 9,
        };
        self.payment_statuses[index]
    }

    /// The sentence for an event of an order, when it is known.
    pub(crate) fn event(&self, kind: &str) -> Option<&'static str> {
        self.events.iter().find(|(known, _)| *known == kind).map(|(_, text)| *text)
    }
}
