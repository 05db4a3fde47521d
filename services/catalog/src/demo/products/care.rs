//! Care products, laces and what else a shoe needs.

use super::super::colourways::*;
use super::super::models as m;
use super::{BORSTAD, Facts, Row, Sizes};

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "BOR-BALM",
        handle: "beeswax-leather-balm",
        brand: BORSTAD,
        title: ["Beeswax Leather Balm", "Lederbalsam mit Bienenwachs"],
        category: "care-products",
        model: m::TIN,
        colours: &[NEUTRAL, TIN_BLACK, TIN_BROWN],
        sizes: Sizes::One,
        price: 14,
        was: 0,
        collections: &["bestsellers"],
        facts: Facts::Care { volume_ml: 100, suitable: &["Leather"] },
        text: [
            "Beeswax, lanolin and a drop of orange oil, stirred in small batches. Two fingertips of it feed a pair of boots \
             and leave a low, honest shine.",
            "Bienenwachs, Lanolin und ein Tropfen Orangenöl, in kleinen Mengen gerührt. Zwei Fingerspitzen davon nähren ein \
             Paar Stiefel und hinterlassen einen leisen, ehrlichen Glanz.",
        ],
    },
    Row {
        code: "BOR-SHIELD",
        handle: "rain-shield-spray",
        brand: BORSTAD,
        title: ["Rain Shield Spray", "Imprägnierspray Regenschirm"],
        category: "care-products",
        model: m::SPRAY,
        colours: &[BOTTLE_GREEN],
        sizes: Sizes::One,
        price: 16,
        was: 0,
        collections: &["rain-proof"],
        facts: Facts::Care { volume_ml: 250, suitable: &["Leather", "Suede", "Textile"] },
        text: [
            "Free of fluorocarbons, driven by air instead of gas, and good for three pairs. Spray from a forearm away, wait \
             an hour, watch the drops roll off.",
            "Ohne Fluorcarbone, mit Luft statt Treibgas, und genug für drei Paar. Aus einer Unterarmlänge sprühen, eine \
             Stunde warten, den Tropfen beim Abperlen zusehen.",
        ],
    },
    Row {
        code: "BOR-FOAM",
        handle: "sneaker-cleaner",
        brand: BORSTAD,
        title: ["Sneaker Cleaner", "Sneaker-Reiniger"],
        category: "care-products",
        model: m::BOTTLE,
        colours: &[BOTTLE_CLAY],
        sizes: Sizes::One,
        price: 13,
        was: 16,
        collections: &["vegan"],
        facts: Facts::Care { volume_ml: 150, suitable: &["Leather", "Textile", "Rubber"] },
        text: [
            "Soap from coconut and sugar beet, with a sponge on top. Takes grass off canvas and the pavement off white \
             rubber, and rinses away as readily as it lathered.",
            "Seife aus Kokos und Zuckerrübe, obendrauf ein Schwamm. Holt Gras aus Leinen und den Gehweg von weißem Gummi und \
             lässt sich so leicht abspülen, wie sie geschäumt hat.",
        ],
    },
    Row {
        code: "BOR-SUEDE",
        handle: "suede-refresher",
        brand: BORSTAD,
        title: ["Suede Refresher", "Velours-Auffrischer"],
        category: "care-products",
        model: m::SPRAY,
        colours: &[Colourway { name: ["Clay", "Ton"], code: "CLY", ..BOTTLE_CLAY }],
        sizes: Sizes::One,
        price: 15,
        was: 0,
        collections: &["new-in"],
        facts: Facts::Care { volume_ml: 200, suitable: &["Suede", "Nubuck"] },
        text: [
            "Suede goes grey before it goes old. A light mist brings the colour back up, a brush lifts the nap, and the \
             shoes are good for another season.",
            "Velours wird grau, bevor es alt wird. Ein feiner Nebel holt die Farbe zurück, die Bürste richtet den Flor auf, \
             und die Schuhe sind gut für noch eine Saison.",
        ],
    },
    Row {
        code: "BOR-HORSEHAIR",
        handle: "horsehair-polishing-brush",
        brand: BORSTAD,
        title: ["Horsehair Polishing Brush", "Glanzbürste Rosshaar"],
        category: "care-tools",
        model: m::BRUSH,
        colours: &[BEECH],
        sizes: Sizes::One,
        price: 19,
        was: 0,
        collections: &["bestsellers"],
        facts: Facts::Accessory { material: "Beech and horsehair", weight_g: 165 },
        text: [
            "Eight thousand hairs in oiled beech. The waist of the handle is cut for a thumb and three fingers, and the \
             shine comes from the wrist.",
            "Achttausend Haare in geöltem Buchenholz. Der Griff ist für einen Daumen und drei Finger tailliert, und der \
             Glanz kommt aus dem Handgelenk.",
        ],
    },
    Row {
        code: "BOR-CREPE",
        handle: "suede-brush",
        brand: BORSTAD,
        title: ["Suede Brush", "Veloursbürste"],
        category: "care-tools",
        model: m::BRUSH,
        colours: &[PALE_BEECH],
        sizes: Sizes::One,
        price: 15,
        was: 0,
        collections: &["vegan"],
        facts: Facts::Accessory { material: "Beech and plant fibre", weight_g: 140 },
        text: [
            "Stiff fibres of the tampico agave lift what has been trodden flat. Brush against the nap first and with it \
             afterwards, like a cat that has agreed to it.",
            "Steife Fasern der Tampico-Agave richten auf, was plattgetreten ist. Erst gegen den Strich bürsten, dann mit ihm, \
             wie bei einer Katze, die einverstanden ist.",
        ],
    },
    Row {
        code: "BOR-TREE",
        handle: "cedar-shoe-tree",
        brand: BORSTAD,
        title: ["Cedar Shoe Trees", "Schuhspanner Zeder"],
        category: "care-tools",
        model: m::TREE,
        colours: &[CEDAR],
        sizes: Sizes::Pairs(&["37-38", "39-40", "41-42", "43-44", "45-46"]),
        price: 29,
        was: 0,
        collections: &[],
        facts: Facts::Accessory { material: "Cedar and brass", weight_g: 420 },
        text: [
            "A pair of shoes lasts twice as long if it rests on wood every other day. Untreated cedar draws the damp out, \
             and the spring keeps the creases from staying.",
            "Ein Paar Schuhe hält doppelt so lange, wenn es jeden zweiten Tag auf Holz ruht. Unbehandelte Zeder zieht die \
             Feuchtigkeit heraus, und die Feder sorgt dafür, dass Falten nicht bleiben.",
        ],
    },
    Row {
        code: "BOR-INSOLE",
        handle: "wool-insoles",
        brand: BORSTAD,
        title: ["Wool Insoles", "Einlegesohlen aus Wolle"],
        category: "care-tools",
        model: m::INSOLES,
        colours: &[WOOL],
        sizes: Sizes::Pairs(&["36-37", "38-39", "40-41", "42-43", "44-45"]),
        price: 12,
        was: 0,
        collections: &[],
        facts: Facts::Accessory { material: "Wool felt and leather", weight_g: 60 },
        text: [
            "The cheapest way to a warmer boot. Six millimetres of felted wool on a heel of leather; wash by hand, dry \
             flat, forget about winter.",
            "Der günstigste Weg zu einem wärmeren Stiefel. Sechs Millimeter gefilzte Wolle mit einer Ferse aus Leder; von \
             Hand waschen, flach trocknen, den Winter vergessen.",
        ],
    },
    Row {
        code: "BOR-FLAT120",
        handle: "flat-cotton-laces-120",
        brand: BORSTAD,
        title: ["Flat Cotton Laces 120 cm", "Flachsenkel Baumwolle 120 cm"],
        category: "laces",
        model: m::FLAT_LACES,
        colours: &[LACE_WHITE, LACE_BLACK, LACE_RED],
        sizes: Sizes::One,
        price: 6,
        was: 0,
        collections: &["vegan"],
        facts: Facts::Lace { length_cm: 120, profile: "Flat" },
        text: [
            "A new pair of laces is the smallest new pair of shoes there is. Woven flat from combed cotton, for six to \
             eight eyelets.",
            "Neue Schnürsenkel sind das kleinste neue Paar Schuhe, das es gibt. Flach gewebt aus gekämmter Baumwolle, für \
             sechs bis acht Ösenpaare.",
        ],
    },
    Row {
        code: "BOR-WAX75",
        handle: "waxed-dress-laces-75",
        brand: BORSTAD,
        title: ["Waxed Dress Laces 75 cm", "Gewachste Rundsenkel 75 cm"],
        category: "laces",
        model: m::ROUND_LACES,
        colours: &[LACE_BROWN, LACE_BLACK],
        sizes: Sizes::One,
        price: 6,
        was: 0,
        collections: &[],
        facts: Facts::Lace { length_cm: 75, profile: "Round" },
        text: [
            "Thin, round, and waxed so that a knot stays a knot through the second speech. For four to five eyelets.",
            "Dünn, rund und gewachst, damit der Knoten auch die zweite Rede übersteht. Für vier bis fünf Ösenpaare.",
        ],
    },
    Row {
        code: "BOR-TRAIL150",
        handle: "outdoor-laces-150",
        brand: BORSTAD,
        title: ["Outdoor Laces 150 cm", "Outdoorsenkel 150 cm"],
        category: "laces",
        model: m::ROUND_LACES,
        colours: &[LACE_RED, LACE_MUSTARD, LACE_BROWN],
        sizes: Sizes::One,
        price: 8,
        was: 10,
        collections: &["rain-proof"],
        facts: Facts::Lace { length_cm: 150, profile: "Round" },
        text: [
            "A braided sleeve over a core that does not stretch, tested on the windy side of the hill. For boots with seven \
             to nine pairs of eyelets or hooks.",
            "Ein geflochtener Mantel um einen Kern, der sich nicht dehnt, erprobt auf der windigen Seite des Hügels. Für \
             Stiefel mit sieben bis neun Paar Ösen oder Haken.",
        ],
    },
    Row {
        code: "BOR-ELASTIC60",
        handle: "elastic-kids-laces-60",
        brand: BORSTAD,
        title: ["Elastic Kids' Laces 60 cm", "Gummisenkel für Kinder 60 cm"],
        category: "laces",
        model: m::FLAT_LACES,
        colours: &[LACE_MUSTARD, LACE_WHITE],
        sizes: Sizes::One,
        price: 5,
        was: 0,
        collections: &["new-in"],
        facts: Facts::Lace { length_cm: 60, profile: "Elastic" },
        text: [
            "Tie them once and never again. The elastic gives when the foot goes in and holds when it runs off.",
            "Einmal binden und nie wieder. Der Gummi gibt nach, wenn der Fuß hineinwill, und hält, wenn er davonläuft.",
        ],
    },
];
