//! Where the demo shop's products stand: product types with their attributes, categories, collections.

use contracts::catalog::{AttributeDefinition, AttributeKind, Category, Collection, ProductType};

use super::both;

const UPPERS: &[[&str; 2]] = &[
    ["Canvas", "Leinen"],
    ["Knit", "Strick"],
    ["Leather", "Leder"],
    ["Mesh", "Mesh"],
    ["Nubuck", "Nubuk"],
    ["Recycled textile", "recyceltes Textil"],
    ["Rubber", "Gummi"],
    ["Suede", "Veloursleder"],
    ["Wool felt", "Wollfilz"],
];
const SOLES: &[[&str; 2]] = &[
    ["Cork", "Kork"],
    ["Crepe", "Krepp"],
    ["EVA foam", "EVA-Schaum"],
    ["Jute", "Jute"],
    ["Leather", "Leder"],
    ["Lug rubber", "Profilgummi"],
    ["Natural rubber", "Naturkautschuk"],
    ["Rubber", "Gummi"],
];
const CLOSURES: &[[&str; 2]] = &[
    ["Buckle", "Schnalle"],
    ["Elastic", "Gummizug"],
    ["Hook and loop", "Klettverschluss"],
    ["Laces", "Schnürung"],
    ["Quick lace", "Schnellschnürung"],
    ["Slip-on", "Schlupf"],
    ["Zip", "Reißverschluss"],
];
const USES: &[[&str; 2]] = &[
    ["City", "Stadt"],
    ["Evening", "Abend"],
    ["Everyday", "Alltag"],
    ["Hiking", "Wandern"],
    ["Home", "Zuhause"],
    ["Rain", "Regen"],
    ["Road running", "Straßenlauf"],
    ["Snow", "Schnee"],
    ["Summer", "Sommer"],
    ["Trail", "Gelände"],
];
const MATERIALS: &[[&str; 2]] =
    &[["Leather", "Leder"], ["Nubuck", "Nubuk"], ["Rubber", "Gummi"], ["Suede", "Velours"], ["Textile", "Textil"]];
const PROFILES: &[[&str; 2]] = &[["Elastic", "elastisch"], ["Flat", "flach"], ["Round", "rund"]];
const BLENDS: &[[&str; 2]] = &[
    ["Beech and horsehair", "Buche und Rosshaar"],
    ["Beech and plant fibre", "Buche und Pflanzenfaser"],
    ["Cedar and brass", "Zeder und Messing"],
    ["Wool felt and leather", "Wollfilz und Leder"],
];

/// The German word for the value of an attribute.
pub(super) fn german(value: &str) -> &str {
    [UPPERS, SOLES, CLOSURES, USES, MATERIALS, PROFILES, BLENDS]
        .into_iter()
        .flatten()
        .find(|[en, _]| *en == value)
        .map_or(value, |[_, de]| de)
}

fn values(of: &[[&str; 2]]) -> Vec<String> {
    of.iter().map(|[en, _]| (*en).to_owned()).collect()
}

fn attribute(name: &str, label: [&str; 2], kind: AttributeKind, filterable: bool) -> AttributeDefinition {
    AttributeDefinition { name: name.to_owned(), label: both(label), kind, required: true, filterable }
}

fn number(unit: &str) -> AttributeKind {
    AttributeKind::Integer { unit: Some(unit.to_owned()) }
}

pub(super) fn product_types() -> Vec<ProductType> {
    let product_type = |handle: &str, name, attributes| ProductType {
        handle: handle.to_owned(),
        name: both(name),
        attributes,
        version: 0,
    };
    vec![
        product_type(
            "shoe",
            ["Shoe", "Schuh"],
            vec![
                attribute(
                    "upper_material",
                    ["Upper", "Obermaterial"],
                    AttributeKind::Choice { values: values(UPPERS) },
                    true,
                ),
                attribute("sole", ["Sole", "Sohle"], AttributeKind::Choice { values: values(SOLES) }, true),
                attribute(
                    "closure",
                    ["Closure", "Verschluss"],
                    AttributeKind::Choice { values: values(CLOSURES) },
                    true,
                ),
                attribute(
                    "made_for",
                    ["Made for", "Gemacht für"],
                    AttributeKind::Choice { values: values(USES) },
                    true,
                ),
                attribute("waterproof", ["Waterproof", "Wasserdicht"], AttributeKind::Flag, true),
                attribute("vegan", ["Vegan", "Vegan"], AttributeKind::Flag, true),
                attribute("weight_g", ["Weight of one shoe", "Gewicht eines Schuhs"], number("g"), false),
                attribute("heel_mm", ["Heel height", "Absatzhöhe"], number("mm"), false),
            ],
        ),
        product_type(
            "care",
            ["Care product", "Pflegemittel"],
            vec![
                attribute("volume_ml", ["Content", "Inhalt"], number("ml"), false),
                attribute(
                    "suitable_for",
                    ["Suitable for", "Geeignet für"],
                    AttributeKind::Choices { values: values(MATERIALS) },
                    true,
                ),
            ],
        ),
        product_type(
            "lace",
            ["Laces", "Schnürsenkel"],
            vec![
                attribute("length_cm", ["Length", "Länge"], number("cm"), true),
                attribute("profile", ["Profile", "Profil"], AttributeKind::Choice { values: values(PROFILES) }, true),
            ],
        ),
        product_type(
            "accessory",
            ["Accessory", "Zubehör"],
            vec![
                attribute("material", ["Material", "Material"], AttributeKind::Text, false),
                attribute("weight_g", ["Weight", "Gewicht"], number("g"), false),
            ],
        ),
    ]
}

/// Handle, name, description; the categories below it.
type Branch = (&'static str, [&'static str; 2], [&'static str; 2], &'static [Leaf]);
type Leaf = (&'static str, [&'static str; 2], [&'static str; 2]);

const TREE: &[Branch] = &[
    (
        "women",
        ["Women", "Damen"],
        ["From the first espresso to the last tram.", "Vom ersten Espresso bis zur letzten Straßenbahn."],
        &[
            (
                "women-sneakers",
                ["Sneakers", "Sneaker"],
                [
                    "Soft leather, honest canvas, soles that last.",
                    "Weiches Leder, ehrliches Leinen, Sohlen, die halten.",
                ],
            ),
            (
                "women-running",
                ["Running", "Laufschuhe"],
                ["For the road, the trail and the day in between.", "Für Straße, Gelände und den Tag dazwischen."],
            ),
            (
                "women-boots",
                ["Boots", "Stiefel"],
                [
                    "Ankle-high to knee-high, for rain, snow and opening nights.",
                    "Von knöchel- bis kniehoch, für Regen, Schnee und Premieren.",
                ],
            ),
            (
                "women-flats",
                ["Flats & Loafers", "Ballerinas & Loafer"],
                ["Easy on, easy on the eye.", "Leicht anzuziehen, schön anzusehen."],
            ),
            (
                "women-sandals",
                ["Sandals", "Sandalen"],
                ["Cork, jute and as little else as possible.", "Kork, Jute und sonst so wenig wie möglich."],
            ),
            (
                "women-hiking",
                ["Hiking", "Wandern"],
                ["Grip for the way up, cushion for the way down.", "Halt für den Aufstieg, Dämpfung für den Abstieg."],
            ),
            (
                "women-slippers",
                ["Slippers", "Hausschuhe"],
                ["Felted wool for cold floors.", "Wollfilz für kalte Böden."],
            ),
        ],
    ),
    (
        "men",
        ["Men", "Herren"],
        ["Shoes for work, weather and weekends.", "Schuhe für Arbeit, Wetter und Wochenende."],
        &[
            (
                "men-sneakers",
                ["Sneakers", "Sneaker"],
                [
                    "Plain, well made, easy to wear out and hard to wear down.",
                    "Schlicht, gut gemacht und schwer kleinzukriegen.",
                ],
            ),
            (
                "men-running",
                ["Running", "Laufschuhe"],
                [
                    "Training partners, from the easy loop to race day.",
                    "Trainingspartner, von der lockeren Runde bis zum Wettkampf.",
                ],
            ),
            (
                "men-boots",
                ["Boots", "Stiefel"],
                ["Leather and rubber for the months with an r.", "Leder und Gummi für die Monate mit r."],
            ),
            (
                "men-loafers",
                ["Loafers", "Loafer"],
                ["Hand-sewn, and without a single lace.", "Von Hand genäht und ganz ohne Senkel."],
            ),
            (
                "men-sandals",
                ["Sandals", "Sandalen"],
                ["For the harbour, the gorge and the pool.", "Für Hafen, Schlucht und Schwimmbad."],
            ),
            (
                "men-hiking",
                ["Hiking", "Wandern"],
                ["From the forest track to the ridge.", "Vom Forstweg bis zum Grat."],
            ),
            ("men-slippers", ["Slippers", "Hausschuhe"], ["The end of the day, in felt.", "Der Feierabend, in Filz."]),
        ],
    ),
    (
        "kids",
        ["Kids", "Kinder"],
        ["Made for running before walking.", "Gemacht fürs Rennen vor dem Gehen."],
        &[
            (
                "kids-sneakers",
                ["Sneakers", "Sneaker"],
                ["Straps, stretch and room to grow.", "Klett, Gummizug und Platz zum Wachsen."],
            ),
            ("kids-boots", ["Boots", "Stiefel"], ["Puddles, snowmen, summits.", "Pfützen, Schneemänner, Gipfel."]),
            ("kids-sandals", ["Sandals", "Sandalen"], ["Everything may get wet.", "Alles darf nass werden."]),
            (
                "kids-slippers",
                ["Slippers", "Hausschuhe"],
                ["For nursery and for home.", "Für die Kita und für zu Hause."],
            ),
        ],
    ),
    (
        "care-and-laces",
        ["Care & Laces", "Pflege & Senkel"],
        ["What makes good shoes last.", "Was gute Schuhe lange hält."],
        &[
            ("care-products", ["Care", "Pflege"], ["Feed, clean, protect.", "Nähren, reinigen, schützen."]),
            ("care-tools", ["Brushes & Trees", "Bürsten & Spanner"], ["Wood, hair and wool.", "Holz, Haar und Wolle."]),
            ("laces", ["Laces", "Schnürsenkel"], ["Flat, round and elastic.", "Flach, rund und elastisch."]),
        ],
    ),
];

/// Parents before their children, each with its position among its siblings.
pub(super) fn categories() -> Vec<Category> {
    let mut out = Vec::new();
    for (place, (handle, name, description, below)) in (0_i32..).zip(TREE) {
        let category = |handle: &str, parent: Option<&str>, name, description, position| Category {
            handle: handle.to_owned(),
            name: both(name),
            parent: parent.map(str::to_owned),
            description: both(description),
            position,
            media: None,
            version: 0,
        };
        out.push(category(handle, None, *name, *description, place));
        for (place, (leaf, name, description)) in (0_i32..).zip(*below) {
            out.push(category(leaf, Some(handle), *name, *description, place));
        }
    }
    out
}

const COLLECTIONS: &[Leaf] = &[
    (
        "new-in",
        ["New in", "Neu eingetroffen"],
        ["Fresh from the last, this season.", "Frisch vom Leisten, diese Saison."],
    ),
    ("bestsellers", ["Bestsellers", "Lieblinge"], ["What others keep coming back for.", "Wofür andere wiederkommen."]),
    (
        "vegan",
        ["Vegan", "Vegan"],
        ["Nothing in them came from an animal, glue included.", "Nichts daran stammt vom Tier, auch nicht der Kleber."],
    ),
    (
        "rain-proof",
        ["Rain-proof", "Regenfest"],
        ["Dry feet, whatever the forecast.", "Trockene Füße, egal was der Wetterbericht sagt."],
    ),
    (
        "sale",
        ["Sale", "Reduziert"],
        ["Last season's pairs at kinder prices.", "Paare der letzten Saison zu freundlicheren Preisen."],
    ),
    // What the home page opens with. It stands for no products.
    (
        "frontpage",
        ["Made to be walked in", "Gemacht zum Gehen"],
        [
            "Shoes that feel right on the first day and look better every year after. Find the pair you will reach for \
             each morning.",
            "Schuhe, die am ersten Tag passen und mit jedem Jahr schöner werden. Finde das Paar, zu dem du jeden Morgen \
             greifst.",
        ],
    ),
];

pub(super) fn collections() -> Vec<Collection> {
    (0_i32..)
        .zip(COLLECTIONS)
        .map(|(position, (handle, name, description))| Collection {
            handle: (*handle).to_owned(),
            name: both(*name),
            description: both(*description),
            position,
            media: None,
            version: 0,
        })
        .collect()
}
