//! The fields of a promotion's form.

use contracts::selling::{Effect, Promotion, Selection, Stacking, TermsDocument};
use kernel::Money;
use maud::{Markup, html};

use super::super::{Choices, amount_inputs, handle_input, ticks};
use super::{EFFECTS, SAY, effect_name, promotion};
use crate::parts::{Field, Form, percent_number};
use crate::rows;

pub(in crate::pages::terms::forms) fn inputs(
    form: &Form<'_>,
    action: &str,
    choices: &Choices,
    document: Option<&TermsDocument>,
) -> Markup {
    let now = document.and_then(promotion);
    let groups = now.map_or(&[][..], |now| &now.groups);
    html! {
        (effect(form, action, choices, now))
        fieldset #called {
            legend { "What it is called" }
            div.fields {
                @for locale in &choices.locales {
                    @let name = now.and_then(|now| now.name.0.get(locale)).map_or("", String::as_str);
                    (form.input(&Field::new(&format!("name-{locale}"), &format!("Name ({locale})")).value(name).hint("Shoppers read it beside the discount.")))
                }
                (handle_input(form, document))
            }
        }
        (selection(form, choices, "goods", "Which goods", "All goods, when none are named. What any of the lists names is meant.", now.map(|now| &now.goods)))
        (ticks(form, "groups", "For which customer groups", "Everybody, when none is ticked.", &choices.groups, groups))
        (minimum(form, choices, now))
        (times(form, choices, now))
        (limits(form, now))
        (together(form, now))
        p.actions {
            button.secondary type="submit" name=(rows::BUTTON) value=(SAY) formnovalidate formaction=(format!("{action}#words")) {
                "Say it in words, without saving"
            }
        }
    }
}

fn effect(form: &Form<'_>, action: &str, choices: &Choices, now: Option<&Promotion>) -> Markup {
    let asked = Some(choices.effect.as_str()).filter(|asked| !asked.is_empty());
    let current = now.map(|now| effect_name(&now.effect)).or(asked).unwrap_or(EFFECTS[0].0);
    let kinds = EFFECTS.map(|(name, title, _)| (name.to_owned(), title.to_owned()));
    let chosen = form.value("effect-kind", current);
    // What another kind of effect says is none of this one's.
    let now = now.map(|now| &now.effect).filter(|effect| effect_name(effect) == chosen);
    html! {
        fieldset.rows #effect {
            legend { "What it does" }
            div.fields.chosen {
                (form.select(&Field::new("effect-kind", "Kind").value(current), &kinds))
                button.secondary type="submit" name=(rows::BUTTON) value="show kind" formnovalidate formaction=(format!("{action}#effect")) { "Show the fields of this kind" }
            }
            @match chosen {
                "fixed" | "fixed_per_unit" => (amounts(form, choices, now, chosen == "fixed")),
                "buy_x_get_y" => (buy_some(form, choices, now)),
                "tiers" => (tiers(form, action, choices, now)),
                "free_shipping" => (delivery(form, choices, now)),
                _ => {
                    @let rate = match now { Some(Effect::Percentage { rate }) => percent_number(*rate), _ => String::new() };
                    div.fields { (form.input(&Field::new("effect-rate", "Percent off").kind("percent").value(&rate).hint("Such as 10."))) }
                }
            }
        }
    }
}

fn amounts(form: &Form<'_>, choices: &Choices, now: Option<&Effect>, of_order: bool) -> Markup {
    let amounts: &[Money] = match now {
        Some(Effect::Fixed { amounts } | Effect::FixedPerUnit { amounts }) => amounts,
        _ => &[],
    };
    let label = if of_order { "Off each order," } else { "Off each unit," };
    html! {
        div.fields { (amount_inputs(form, &choices.currencies, "effect-amounts", label, amounts)) }
        p.hint { "Shoppers who pay in a currency without an amount do not get it." }
    }
}

fn buy_some(form: &Form<'_>, choices: &Choices, now: Option<&Effect>) -> Markup {
    let (bought, got, rate, gets) = match now {
        Some(Effect::BuyXGetY { buy, get, rate, gets }) => {
            (buy.to_string(), get.to_string(), percent_number(*rate), gets.as_ref())
        }
        _ => ("2".to_owned(), "1".to_owned(), "100".to_owned(), None),
    };
    html! {
        div.fields {
            (form.input(&Field::new("effect-buy", "For so many units bought").kind("count").value(&bought)))
            (form.input(&Field::new("effect-get", "so many more are reduced").kind("count").value(&got).hint("The cheapest ones.")))
            (form.input(&Field::new("effect-rate", "by percent").kind("percent").value(&rate).hint("100 makes them free.")))
        }
        (selection(form, choices, "effect-gets", "What is reduced", "The same goods, when none are named. Otherwise units of the goods below have to be bought, and units of these are reduced.", gets))
    }
}

fn tiers(form: &Form<'_>, action: &str, choices: &Choices, now: Option<&Effect>) -> Markup {
    let steps = match now {
        Some(Effect::Tiers { steps }) => &steps[..],
        _ => &[],
    };
    html! {
        p.hint { "Of the steps that an order reaches, the one with most off counts. A step is reached by units, by an amount, or by both." }
        @for row in 0..form.rows("effect-steps", steps.len()).max(1) {
            @let step = form.now(steps, row);
            @let at = |field: &str| format!("effect-steps-{row}-{field}");
            @let units = step.map(|step| step.from_quantity).filter(|units| *units > 0).map(|units| units.to_string()).unwrap_or_default();
            div.row {
                div.fields.narrow {
                    (form.input(&Field::new(&at("from_quantity"), "From units").kind("count").value(&units)))
                    (amount_inputs(form, &choices.currencies, &at("from_amounts"), "From", step.map_or(&[], |step| &step.from_amounts)))
                    (form.input(&Field::new(&at("rate"), "Percent off").kind("percent").value(&step.map(|step| percent_number(step.rate)).unwrap_or_default())))
                }
                (form.row(action, "effect-steps", row, "step"))
            }
        }
        (form.add_row(action, "effect-steps", "Add a step"))
    }
}

fn delivery(form: &Form<'_>, choices: &Choices, now: Option<&Effect>) -> Markup {
    let (options, countries) = match now {
        Some(Effect::FreeShipping { options, countries }) => (&options[..], countries.join(", ")),
        _ => (&[][..], String::new()),
    };
    html! {
        @if choices.deliveries.is_empty() {
            div.fields {
                (form.input(&Field::new("effect-options", "By which ways to deliver").value(&options.join(", ")).hint("Short names such as standard. Empty: by any.")))
            }
        } @else {
            (ticks(form, "effect-options", "By which ways to deliver", "By any, when none is ticked.", &choices.deliveries, options))
        }
        div.fields {
            (form.input(&Field::new("effect-countries", "To which countries").value(&countries).hint("Two letters each, such as AT, CH. Empty: to all that the shop delivers to.")))
        }
    }
}

/// Which goods, in fields that begin with `prefix`.
fn selection(
    form: &Form<'_>,
    choices: &Choices,
    prefix: &str,
    legend: &str,
    hint: &str,
    now: Option<&Selection>,
) -> Markup {
    let at = |field: &str| format!("{prefix}-{field}");
    let list = |list: fn(&Selection) -> &Vec<String>| now.map_or(&[][..], |now| list(now).as_slice());
    let skus = now.map_or(&[][..], |now| &now.skus).iter().map(|sku| sku.as_str()).collect::<Vec<_>>().join("\n");
    let products = list(|now| &now.products);
    html! {
        fieldset.rows #(prefix) {
            legend { (legend) }
            p.hint { (hint) }
            (ticks(form, &at("collections"), "Collections", "", &choices.collections, list(|now| &now.collections)))
            (ticks(form, &at("categories"), "Categories", "With the categories below them.", &choices.categories, list(|now| &now.categories)))
            (form.area(&Field::new(&at("products"), "Products").value(&products.join("\n")).hint("Their names in addresses, one a line, such as harbour-court-sneaker."), area_rows(products.len())))
            (form.area(&Field::new(&at("skus"), "Variants").value(&skus).hint("Their SKUs, one a line."), area_rows(skus.lines().count())))
            (form.check(&at("not_reduced"), "yes", "Not what is reduced already", now.is_some_and(|now| now.not_reduced)))
        }
    }
}

/// Lines of a list's area: a short one is seen whole.
fn area_rows(entries: usize) -> u32 {
    u32::try_from(entries.clamp(2, 12)).unwrap_or(12)
}

fn minimum(form: &Form<'_>, choices: &Choices, now: Option<&Promotion>) -> Markup {
    let amounts = now.map_or(&[][..], |now| &now.minimum.amounts);
    let units = now.map(|now| now.minimum.quantity).filter(|units| *units > 0);
    let units = units.map(|units| units.to_string()).unwrap_or_default();
    html! {
        fieldset #minimum {
            legend { "From which order on" }
            p.hint { "What must be in the cart of these goods, at their prices before promotions. Once one currency has a least amount, shoppers who pay in another need one too." }
            div.fields {
                (amount_inputs(form, &choices.currencies, "minimum-amounts", "At least", amounts))
                (form.input(&Field::new("minimum-quantity", "At least units").kind("count").value(&units)))
            }
        }
    }
}

fn times(form: &Form<'_>, choices: &Choices, now: Option<&Promotion>) -> Markup {
    let zone = format!("In the shop's time zone, {}.", choices.time_zone);
    let time = |time: fn(&Promotion) -> Option<&str>| now.and_then(time).unwrap_or("");
    html! {
        fieldset #times {
            legend { "When" }
            p.hint { (zone) }
            div.fields {
                (form.input(&Field::new("starts_at", "From").kind("datetime-local").value(time(|now| now.starts_at.as_deref())).hint("Empty: at once.")))
                (form.input(&Field::new("ends_at", "Until").kind("datetime-local").value(time(|now| now.ends_at.as_deref())).hint("Empty: for good.")))
            }
        }
    }
}

fn limits(form: &Form<'_>, now: Option<&Promotion>) -> Markup {
    let codes = now.map_or(&[][..], |now| &now.codes);
    let number = |limit: fn(&Promotion) -> Option<i64>| now.and_then(limit).map(|n| n.to_string()).unwrap_or_default();
    html! {
        fieldset #codes {
            legend { "Codes and limits" }
            (form.area(&Field::new("codes", "Codes").value(&codes.join("\n")).hint("One a line; capitals and small letters are the same. Empty: it applies by itself."), area_rows(codes.len())))
            div.fields {
                (form.input(&Field::new("limit", "Orders in all").kind("count").value(&number(|now| now.limit)).hint("With several codes, so many for each. Empty: any number.")))
                (form.input(&Field::new("limit_per_customer", "Orders of one customer").kind("count").value(&number(|now| now.limit_per_customer)).hint("Empty: any number.")))
            }
        }
    }
}

fn together(form: &Form<'_>, now: Option<&Promotion>) -> Markup {
    let stacking = match now.map(|now| now.stacking) {
        Some(Stacking::Exclusive) => "exclusive",
        _ => "combine",
    };
    let ways = [("combine", "Together with others"), ("exclusive", "Alone, if worth more")];
    let ways = ways.map(|(value, text)| (value.to_owned(), text.to_owned()));
    html! {
        fieldset #stacking {
            legend { "With other promotions" }
            div.fields {
                (form.select(&Field::new("stacking", "It is used").value(stacking), &ways))
                (form.input(&Field::new("priority", "Priority").kind("count").value(&now.map_or(0, |now| now.priority).to_string()).hint("Lower ones apply first; each to what those before have left.")))
            }
            (form.check("enabled", "yes", "Switched on", now.is_none_or(|now| now.enabled)))
        }
    }
}
