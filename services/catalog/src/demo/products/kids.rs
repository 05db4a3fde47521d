//! Shoes for children.

use super::super::colourways::*;
use super::super::models as m;
use super::{CHILDREN, HOPPELIN, Row, Sizes, shoe};

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "HOP-SKIP",
        handle: "skip-velcro-sneaker",
        brand: HOPPELIN,
        title: ["Skip Two-Strap Sneaker", "Klettsneaker Skip"],
        category: "kids-sneakers",
        model: m::SKIP,
        colours: &[LAGOON, SUNFLOWER, ROSE],
        sizes: CHILDREN,
        price: 55,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Rubber", "Hook and loop", "Everyday", 180, 18).facts(),
        text: [
            "'I can do it myself' is the whole idea. Two straps, a wide opening and a bumper at the toe for those who brake \
             with their feet.",
            "»Kann ich allein« ist die ganze Idee. Zwei Klettriemen, ein weiter Einstieg und ein Stoßschutz für alle, die \
             mit den Füßen bremsen.",
        ],
    },
    Row {
        code: "HOP-COMET",
        handle: "comet-kids-runner",
        brand: HOPPELIN,
        title: ["Comet Runner", "Flitzer Comet"],
        category: "kids-sneakers",
        model: m::COMET,
        colours: &[EMBER, SKY],
        sizes: CHILDREN,
        price: 60,
        was: 0,
        collections: &["vegan", "new-in"],
        facts: shoe("Mesh", "EVA foam", "Hook and loop", "Everyday", 150, 20).vegan().facts(),
        text: [
            "Officially the fastest shoe in the playground; ask anyone who owns a pair. Comet is light, bends where small \
             feet bend and comes out of the washing machine ready for more.",
            "Offiziell der schnellste Schuh auf dem Pausenhof; fragen Sie alle, die ein Paar haben. Comet ist leicht, knickt, \
             wo kleine Füße knicken, und kommt startklar aus der Waschmaschine.",
        ],
    },
    Row {
        code: "HOP-POGO",
        handle: "pogo-canvas-shoe",
        brand: HOPPELIN,
        title: ["Pogo Canvas Shoe", "Leinenschuh Pogo"],
        category: "kids-sneakers",
        model: m::POGO,
        colours: &[CORAL, PETROL],
        sizes: CHILDREN,
        price: 35,
        was: 45,
        collections: &["vegan"],
        facts: shoe("Canvas", "Natural rubber", "Elastic", "Everyday", 160, 18).vegan().facts(),
        text: [
            "Looks like laces, works like a slipper: the elastic cords give and spring back, and nobody has to kneel in \
             the school corridor. Pogo has room at the toes and dots, because dots.",
            "Sieht nach Schnürsenkel aus und ist doch ein Schlupfschuh: Die Gummikordeln geben nach und federn zurück, und \
             niemand muss im Schulflur knien. Pogo hat Platz für die Zehen und Punkte, weil Punkte.",
        ],
    },
    Row {
        code: "HOP-LITTLEPAR",
        handle: "little-parallel-high-top",
        brand: HOPPELIN,
        title: ["Little Parallel High-Top", "High-Top Kleine Parallele"],
        category: "kids-sneakers",
        model: m::LITTLE_PARALLEL,
        colours: &[INK, BRICK],
        sizes: CHILDREN,
        price: 55,
        was: 0,
        collections: &[],
        facts: shoe("Canvas", "Natural rubber", "Hook and loop", "Everyday", 210, 18).vegan().facts(),
        text: [
            "The grown-ups' high-top, three sizes of patience smaller. Straps instead of laces, the same canvas, the same \
             cap, and a collar that keeps ankles where they belong on the climbing frame.",
            "Der High-Top der Großen, nur ohne deren Geduld. Klett statt Schnürsenkel, dasselbe Leinen, dieselbe Kappe und \
             ein Schaft, der die Knöchel auf dem Klettergerüst dort hält, wo sie hingehören.",
        ],
    },
    Row {
        code: "HOP-PUDDLE",
        handle: "puddle-rubber-boot",
        brand: HOPPELIN,
        title: ["Puddle Rubber Boot", "Gummistiefel Pfütze"],
        category: "kids-boots",
        model: m::PUDDLE,
        colours: &[SUNFLOWER, LAGOON, BERRY.on(WHITE_SOLE)],
        sizes: CHILDREN,
        price: 35,
        was: 0,
        collections: &["rain-proof", "vegan", "bestsellers"],
        facts: shoe("Rubber", "Natural rubber", "Slip-on", "Rain", 380, 18).waterproof().vegan().facts(),
        text: [
            "Deep enough for most puddles. Puddle pulls on with two thumbs, cannot be put on the wrong way round for long, \
             and shines at the back when a headlight finds it.",
            "Tief genug für die meisten Pfützen. Der Stiefel lässt sich mit zwei Daumen anziehen, sitzt nie lange am falschen \
             Fuß und leuchtet hinten, wenn ihn ein Scheinwerfer findet.",
        ],
    },
    Row {
        code: "HOP-YETI",
        handle: "yeti-winter-boot",
        brand: HOPPELIN,
        title: ["Yeti Winter Boot", "Winterstiefel Yeti"],
        category: "kids-boots",
        model: m::YETI,
        colours: &[PETROL, BERRY],
        sizes: CHILDREN,
        price: 65,
        was: 85,
        collections: &["rain-proof"],
        facts: shoe("Recycled textile", "Lug rubber", "Laces", "Snow", 410, 24).waterproof().facts(),
        text: [
            "Nobody has proved that the Yeti has cold feet. Quilted, fleecy to the tip and watertight above the ankle, \
             with a sole that leaves very good footprints.",
            "Dass der Yeti kalte Füße hat, ist nicht bewiesen. Gesteppt, bis in die Spitze flauschig und bis über den \
             Knöchel dicht, mit einer Sohle, die sehr gute Spuren macht.",
        ],
    },
    Row {
        code: "HOP-ACORN",
        handle: "acorn-hiking-boot",
        brand: HOPPELIN,
        title: ["Acorn Hiking Boot", "Wanderschuh Eichel"],
        category: "kids-boots",
        model: m::ACORN,
        colours: &[BARK, MOSS.on(BLACK_SOLE)],
        sizes: CHILDREN,
        price: 80,
        was: 0,
        collections: &["rain-proof", "new-in"],
        facts: shoe("Nubuck", "Lug rubber", "Quick lace", "Hiking", 340, 22).waterproof().facts(),
        text: [
            "For legs that count every step and then run the last kilometre. Acorn grips, keeps dry and closes with one \
             pull; the growing room is marked on the insole, so you can see when it is time.",
            "Für Beine, die jeden Schritt zählen und den letzten Kilometer rennen. Der Schuh greift, hält trocken und \
             schließt mit einem Zug; auf der Einlegesohle sieht man, wann es Zeit für die nächste Größe ist.",
        ],
    },
    Row {
        code: "HOP-SHRIMP",
        handle: "shrimp-kids-sandal",
        brand: HOPPELIN,
        title: ["Shrimp Sandal", "Sandale Krabbe"],
        category: "kids-sandals",
        model: m::SHRIMP,
        colours: &[CORAL, LAGOON],
        sizes: CHILDREN,
        price: 40,
        was: 0,
        collections: &["vegan"],
        facts: shoe("Recycled textile", "Rubber", "Hook and loop", "Summer", 190, 20).vegan().facts(),
        text: [
            "Rock pools, sandpits, garden hoses. Shrimp's three straps follow a growing foot through a whole summer, and \
             everything on it may get wet, including the child.",
            "Felsbecken, Sandkasten, Gartenschlauch. Die drei Riemen folgen dem wachsenden Fuß einen ganzen Sommer lang, und \
             alles daran darf nass werden, auch das Kind.",
        ],
    },
    Row {
        code: "HOP-SNUG",
        handle: "snug-kids-slipper",
        brand: HOPPELIN,
        title: ["Snug Felt Slipper", "Hausschuh Kuschel"],
        category: "kids-slippers",
        model: m::SNUG,
        colours: &[BERRY, SAGE, SLATE],
        sizes: Sizes::Pairs(&["25-26", "27-28", "29-30", "31-32"]),
        price: 35,
        was: 0,
        collections: &[],
        facts: shoe("Wool felt", "Natural rubber", "Slip-on", "Home", 140, 12).facts(),
        text: [
            "For nursery, landing and building site of blocks. Soft wool above, a rubber sole that does not slide on the \
             turn below, and a rim of fleece that is stroked more than you would think.",
            "Für Kita, Treppenabsatz und Bauklotzbaustelle. Oben weiche Wolle, unten eine Sohle, die in der Kurve nicht \
             rutscht, und ein Rand aus Lammflor, der öfter gestreichelt wird, als man denkt.",
        ],
    },
];
