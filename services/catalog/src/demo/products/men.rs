//! Shoes for men.

use super::super::colourways::*;
use super::super::models as m;
use super::{FILZLUND, KESTROW, MEN, MERIDANE, Row, SANDRIFT, Sizes, TARNHOLT, VELISSE, shoe};

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "MER-QUAY",
        handle: "quay-leather-sneaker",
        brand: MERIDANE,
        title: ["Quay Leather Sneaker", "Ledersneaker Quay"],
        category: "men-sneakers",
        model: m::QUAY,
        colours: &[CHALK, NAVY.on(GUM), COAL],
        sizes: MEN,
        price: 115,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Rubber", "Laces", "Everyday", 410, 28).facts(),
        text: [
            "Plain on purpose. Quay has one bar, one stitch line and no slogan, so it goes with the suit on Monday and \
             the paint-splashed trousers on Saturday.",
            "Schlicht mit Absicht. Quay hat einen Streifen, eine Naht und keinen Spruch; er passt am Montag zum Anzug und \
             am Samstag zur Hose mit Farbklecksen.",
        ],
    },
    Row {
        code: "MER-DRIFT",
        handle: "drift-suede-sneaker",
        brand: MERIDANE,
        title: ["Drift Suede Sneaker", "Veloursneaker Drift"],
        category: "men-sneakers",
        model: m::DRIFT,
        colours: &[MOSS, STONE, BRICK.on(GUM)],
        sizes: MEN,
        price: 95,
        was: 120,
        collections: &[],
        facts: shoe("Suede", "Natural rubber", "Laces", "Everyday", 390, 27).facts(),
        text: [
            "Suede that looks better for being touched, on a sole the colour of caramel. A saddle across the middle gives \
             Drift its hold; everything else about it is relaxed.",
            "Veloursleder, das vom Anfassen schöner wird, auf einer Sohle in Karamell. Der Sattel in der Mitte gibt Drift \
             Halt; alles andere an ihm ist entspannt.",
        ],
    },
    Row {
        code: "MER-LONGITUDE",
        handle: "longitude-retro-runner",
        brand: MERIDANE,
        title: ["Longitude Retro Runner", "Retro-Runner Longitude"],
        category: "men-sneakers",
        model: m::LONGITUDE,
        colours: &[INK, MOSS, STONE],
        sizes: MEN,
        price: 105,
        was: 0,
        collections: &["new-in", "vegan"],
        facts: shoe("Recycled textile", "EVA foam", "Laces", "Everyday", 320, 32).vegan().facts(),
        text: [
            "It borrows the lines of a 1970s marathon flat and none of its blisters. Longitude is woven from thirteen \
             recycled bottles a pair and trimmed with a suede that never met a cow.",
            "Er leiht sich die Linien eines Marathonschuhs von 1975, nicht aber dessen Blasen. Longitude ist pro Paar aus \
             dreizehn recycelten Flaschen gewebt und mit Velours besetzt, der nie eine Kuh gesehen hat.",
        ],
    },
    Row {
        code: "MER-PIER",
        handle: "pier-mid-sneaker",
        brand: MERIDANE,
        title: ["Pier Mid Sneaker", "Mid-Sneaker Pier"],
        category: "men-sneakers",
        model: m::PIER,
        colours: &[DUNE, COGNAC.on(GUM)],
        sizes: MEN,
        price: 140,
        was: 0,
        collections: &[],
        facts: shoe("Nubuck", "Crepe", "Laces", "Everyday", 460, 30).facts(),
        text: [
            "Somewhere between a sneaker and a boot, and happy there. A crepe sole tapped from rubber trees walks softly, \
             and the padded collar closes out the draught on the platform.",
            "Irgendwo zwischen Sneaker und Stiefel, und dort zufrieden. Die Kreppsohle aus Naturkautschuk tritt weich auf, \
             und der gepolsterte Schaft hält den Zug auf dem Bahnsteig draußen.",
        ],
    },
    Row {
        code: "KES-TEMPO",
        handle: "tempo-road-runner",
        brand: KESTROW,
        title: ["Tempo Road Runner", "Laufschuh Tempo"],
        category: "men-running",
        model: m::TEMPO,
        colours: &[EMBER, INK, COAL],
        sizes: MEN,
        price: 135,
        was: 0,
        collections: &["bestsellers", "vegan"],
        facts: shoe("Knit", "EVA foam", "Laces", "Road running", 272, 32).vegan().facts(),
        text: [
            "The training partner who is always on time. Tempo sits in the middle of everything, cushion, weight and \
             drop, and that is why it does intervals on Tuesday and the long one on Sunday.",
            "Der Trainingspartner, der immer pünktlich ist. Tempo liegt bei allem in der Mitte, bei Dämpfung, Gewicht und \
             Sprengung, und läuft darum dienstags Intervalle und sonntags lang.",
        ],
    },
    Row {
        code: "KES-RIDGEWAY",
        handle: "ridgeway-trail-runner",
        brand: KESTROW,
        title: ["Ridgeway Trail Runner", "Trailschuh Ridgeway"],
        category: "men-running",
        model: m::RIDGEWAY,
        colours: &[GRAPHITE, LIME.on(BLACK_SOLE)],
        sizes: MEN,
        price: 150,
        was: 0,
        collections: &["rain-proof", "new-in"],
        facts: shoe("Mesh", "Lug rubber", "Laces", "Trail", 318, 31).waterproof().facts(),
        text: [
            "A plate of woven fibre lies between you and the sharp end of the mountain. Ridgeway is stiff where stones \
             push, soft where you land, and clips the heel so that descents stay under control.",
            "Zwischen Ihnen und dem spitzen Ende des Bergs liegt eine Platte aus gewebter Faser. Ridgeway ist steif, wo \
             Steine drücken, weich, wo Sie landen, und fasst die Ferse, damit der Abstieg in Ihrer Hand bleibt.",
        ],
    },
    Row {
        code: "KES-ZEPHYR",
        handle: "zephyr-race-shoe",
        brand: KESTROW,
        title: ["Zephyr Race Shoe", "Wettkampfschuh Zephyr"],
        category: "men-running",
        model: m::ZEPHYR,
        colours: &[LIME, SKY],
        sizes: MEN,
        price: 165,
        was: 210,
        collections: &[],
        facts: shoe("Mesh", "EVA foam", "Laces", "Road running", 204, 36).vegan().facts(),
        text: [
            "Not for every day, but for that day. Zephyr weighs as much as a banana, springs like a diving board, and \
             asks you to be rested, pinned and on the start line ten minutes early.",
            "Nicht für jeden Tag, aber für diesen einen. Zephyr wiegt so viel wie eine Banane, federt wie ein Sprungbrett \
             und bittet Sie, ausgeschlafen und zehn Minuten vor dem Start da zu sein.",
        ],
    },
    Row {
        code: "TAR-FOUNDRY",
        handle: "foundry-work-boot",
        brand: TARNHOLT,
        title: ["Foundry Lace-Up Boot", "Schnürstiefel Foundry"],
        category: "men-boots",
        model: m::FOUNDRY,
        colours: &[BARK, ONYX],
        sizes: MEN,
        price: 205,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Lug rubber", "Laces", "City", 780, 36).facts(),
        text: [
            "Built on the last of a foundryman's boot from 1931, minus the steel. The leather is tanned with bark for six \
             weeks and starts out stubborn; by spring it will have given up arguing.",
            "Gebaut auf dem Leisten eines Gießereistiefels von 1931, nur ohne Stahl. Das Leder wird sechs Wochen mit Rinde \
             gegerbt und ist anfangs stur; bis zum Frühjahr hat es den Widerstand aufgegeben.",
        ],
    },
    Row {
        code: "TAR-DOVER",
        handle: "dover-chelsea-boot",
        brand: TARNHOLT,
        title: ["Dover Chelsea Boot", "Chelsea-Boot Dover"],
        category: "men-boots",
        model: m::DOVER,
        colours: &[CHESTNUT, ONYX, COGNAC],
        sizes: MEN,
        price: 170,
        was: 0,
        collections: &["rain-proof"],
        facts: shoe("Leather", "Rubber", "Elastic", "City", 540, 30).waterproof().facts(),
        text: [
            "Two pieces of leather, two of elastic, one tab: there is nothing on Dover to come undone. Oiled on the \
             outside and sealed at the seams, it treats drizzle as an accessory.",
            "Zwei Stücke Leder, zwei Gummizüge, eine Schlaufe: An Dover kann nichts aufgehen. Außen geölt und an den \
             Nähten abgedichtet, trägt er Nieselregen wie ein Accessoire.",
        ],
    },
    Row {
        code: "TAR-GLASMOOR",
        handle: "glasmoor-winter-boot",
        brand: TARNHOLT,
        title: ["Glasmoor Winter Boot", "Winterstiefel Glasmoor"],
        category: "men-boots",
        model: m::GLASMOOR,
        colours: &[OLIVE, COGNAC],
        sizes: MEN,
        price: 160,
        was: 200,
        collections: &["rain-proof"],
        facts: shoe("Nubuck", "Lug rubber", "Laces", "Snow", 720, 38).waterproof().facts(),
        text: [
            "Shovelling, sledging, standing around at the Christmas market: Glasmoor is lined with fleece to the toes and \
             stands on a rubber that stays soft in the frost, which is the whole secret of grip on ice.",
            "Schippen, Schlitten ziehen, auf dem Weihnachtsmarkt stehen: Glasmoor ist bis in die Spitze mit Lammflor \
             gefüttert und steht auf Gummi, das im Frost weich bleibt. Mehr Geheimnis ist nicht dabei.",
        ],
    },
    Row {
        code: "TAR-MOORLAND",
        handle: "moorland-wellington",
        brand: TARNHOLT,
        title: ["Moorland Wellington", "Gummistiefel Moorland"],
        category: "men-boots",
        model: m::MOORLAND,
        colours: &[FOREST, NAVY],
        sizes: MEN,
        price: 95,
        was: 0,
        collections: &["rain-proof", "vegan"],
        facts: shoe("Rubber", "Natural rubber", "Slip-on", "Rain", 960, 28).waterproof().vegan().facts(),
        text: [
            "Tall enough for the beck, flexible enough for the stile. Moorland is built by hand from twenty-two pieces of \
             natural rubber, and the tread cleans itself as you walk.",
            "Hoch genug für den Bach, beweglich genug für den Zaun. Moorland wird von Hand aus zweiundzwanzig Teilen \
             Naturkautschuk gebaut, und das Profil reinigt sich beim Gehen.",
        ],
    },
    Row {
        code: "TAR-WADI",
        handle: "wadi-desert-boot",
        brand: TARNHOLT,
        title: ["Wadi Desert Boot", "Desert-Boot Wadi"],
        category: "men-boots",
        model: m::WADI,
        colours: &[DUNE.on(GUM), SLATE.on(GUM), CHESTNUT.on(GUM)],
        sizes: MEN,
        price: 125,
        was: 0,
        collections: &["new-in"],
        facts: shoe("Suede", "Crepe", "Laces", "City", 430, 26).facts(),
        text: [
            "Four eyelets and a cloud of crepe. Wadi is cut high enough for a sock to show and low enough to drive in, \
             and its suede hides a week of dust behind one stroke of the brush.",
            "Vier Ösen und eine Wolke aus Krepp. Wadi ist hoch genug, dass die Socke hervorschaut, und niedrig genug zum \
             Autofahren; ein Bürstenstrich, und eine Woche Staub ist vergessen.",
        ],
    },
    Row {
        code: "VEL-FERRANTE",
        handle: "ferrante-penny-loafer",
        brand: VELISSE,
        title: ["Ferrante Penny Loafer", "Penny-Loafer Ferrante"],
        category: "men-loafers",
        model: m::FERRANTE,
        colours: &[COGNAC, ONYX, WINE],
        sizes: MEN,
        price: 155,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Leather", "Slip-on", "City", 420, 24).facts(),
        text: [
            "The slot once held the coin for the phone box. Ferrante keeps the slot, the hand-sewn apron and the leather \
             sole, and leaves the phone to you.",
            "In den Schlitz gehörte früher die Münze für die Telefonzelle. Ferrante behält den Schlitz, die handgenähte \
             Naht und die Ledersohle; das Telefonieren überlässt er Ihnen.",
        ],
    },
    Row {
        code: "VEL-LUCCA",
        handle: "lucca-tassel-loafer",
        brand: VELISSE,
        title: ["Lucca Tassel Loafer", "Tassel-Loafer Lucca"],
        category: "men-loafers",
        model: m::LUCCA,
        colours: &[CHESTNUT, NAVY],
        sizes: MEN,
        price: 135,
        was: 170,
        collections: &[],
        facts: shoe("Suede", "Leather", "Slip-on", "Evening", 400, 24).facts(),
        text: [
            "Tassels do nothing, and do it beautifully. Lucca wears them over unlined suede that feels like a glove, on a \
             leather sole thin enough to hear the marble.",
            "Quasten tun nichts, und das sehr schön. Lucca trägt sie auf ungefüttertem Velours, das sich anfühlt wie ein \
             Handschuh, und auf einer Ledersohle, dünn genug, um den Marmor zu hören.",
        ],
    },
    Row {
        code: "SDR-PORTO",
        handle: "porto-espadrille",
        brand: SANDRIFT,
        title: ["Porto Espadrille", "Espadrille Porto"],
        category: "men-loafers",
        model: m::PORTO,
        colours: &[NAVY.on(JUTE), OLIVE.on(JUTE)],
        sizes: MEN,
        price: 45,
        was: 0,
        collections: &["vegan"],
        facts: shoe("Canvas", "Jute", "Slip-on", "Summer", 280, 20).vegan().facts(),
        text: [
            "For the hour after the swim, when shoes are a rumour. Porto is canvas on rope with a thin layer of rubber \
             beneath, so the sole survives the walk to the good restaurant.",
            "Für die Stunde nach dem Schwimmen, wenn Schuhe nur ein Gerücht sind. Porto ist Leinen auf Tau, darunter \
             etwas Gummi, damit die Sohle auch den Weg ins gute Restaurant übersteht.",
        ],
    },
    Row {
        code: "SDR-LEVANTE",
        handle: "levante-cork-sandal",
        brand: SANDRIFT,
        title: ["Levante Cork Sandal", "Korksandale Levante"],
        category: "men-sandals",
        model: m::LEVANTE,
        colours: &[COGNAC.on(CORK), GRAPHITE.on(CORK)],
        sizes: MEN,
        price: 85,
        was: 0,
        collections: &[],
        facts: shoe("Leather", "Cork", "Buckle", "Summer", 360, 32).facts(),
        text: [
            "Thick straps, a deep heel cup and a rim that keeps the gravel out. Levante is what the harbour master wears \
             from May to October, with or without socks; we do not judge.",
            "Kräftige Riemen, eine tiefe Fersenschale und ein Rand, der den Kies draußen hält. Levante trägt der \
             Hafenmeister von Mai bis Oktober, mit oder ohne Socken; wir urteilen nicht.",
        ],
    },
    Row {
        code: "SDR-CANYON",
        handle: "canyon-trekking-sandal",
        brand: SANDRIFT,
        title: ["Canyon Trekking Sandal", "Trekkingsandale Canyon"],
        category: "men-sandals",
        model: m::CANYON,
        colours: &[INK, MOSS.on(BLACK_SOLE)],
        sizes: MEN,
        price: 75,
        was: 95,
        collections: &["vegan"],
        facts: shoe("Recycled textile", "Lug rubber", "Hook and loop", "Hiking", 390, 34).vegan().facts(),
        text: [
            "Ford the river, dry on the march. Three straps adjust independently and close with hook and loop that still \
             holds full of sand; the lugs are those of a proper boot.",
            "Durch den Fluss waten, beim Weitergehen trocknen. Drei Riemen lassen sich einzeln verstellen, der Klettverschluss \
             hält auch voller Sand, und das Profil stammt von einem richtigen Stiefel.",
        ],
    },
    Row {
        code: "SDR-LIDO",
        handle: "lido-slide",
        brand: SANDRIFT,
        title: ["Lido Slide", "Badelatsche Lido"],
        category: "men-sandals",
        model: m::LIDO,
        colours: &[COAL.on(BLACK_SOLE), PETROL, CORAL],
        sizes: MEN,
        price: 35,
        was: 0,
        collections: &["vegan", "new-in"],
        facts: shoe("Rubber", "EVA foam", "Slip-on", "Summer", 240, 28).vegan().facts(),
        text: [
            "Poolside, sauna, stairwell, recycling. Lido is foamed in one go, drains through four channels you cannot see, \
             and has a footbed with more thought in it than it lets on.",
            "Beckenrand, Sauna, Treppenhaus, Altpapier. Lido wird in einem Stück geschäumt, leitet Wasser durch vier \
             unsichtbare Rinnen ab und hat ein Fußbett, in dem mehr Überlegung steckt, als man ihm ansieht.",
        ],
    },
    Row {
        code: "TAR-ARETE",
        handle: "arete-mountain-boot",
        brand: TARNHOLT,
        title: ["Arête Mountain Boot", "Bergstiefel Arête"],
        category: "men-hiking",
        model: m::ARETE,
        colours: &[GRAPHITE, OLIVE],
        sizes: MEN,
        price: 260,
        was: 0,
        collections: &["rain-proof", "new-in"],
        facts: shoe("Leather", "Lug rubber", "Laces", "Hiking", 790, 38).waterproof().facts(),
        text: [
            "Stiff enough for a semi-automatic crampon, kind enough for the approach. Arête is made for ridges where the \
             path is an opinion; it can be resoled twice, and usually is.",
            "Steif genug für ein Steigeisen mit Kipphebel, freundlich genug für den Zustieg. Arête ist für Grate gemacht, \
             auf denen der Weg Ansichtssache ist; er lässt sich zweimal neu besohlen, und meist kommt es dazu.",
        ],
    },
    Row {
        code: "TAR-SCREE",
        handle: "scree-approach-shoe",
        brand: TARNHOLT,
        title: ["Scree Approach Shoe", "Zustiegsschuh Scree"],
        category: "men-hiking",
        model: m::SCREE,
        colours: &[STONE.on(BLACK_SOLE), PETROL.on(BLACK_SOLE)],
        sizes: MEN,
        price: 120,
        was: 150,
        collections: &[],
        facts: shoe("Canvas", "Lug rubber", "Quick lace", "Hiking", 405, 28).vegan().facts(),
        text: [
            "Made for the hour between the car and the rock. Scree sticks to slabs like a climbing shoe and walks like a \
             trainer, and the cord can be loosened with one thumb while the other hand holds the rope.",
            "Gemacht für die Stunde zwischen Auto und Fels. Scree haftet an Platten wie ein Kletterschuh und geht sich wie \
             ein Turnschuh; der Schnellzug öffnet sich mit einem Daumen, während die andere Hand das Seil hält.",
        ],
    },
    Row {
        code: "TAR-BOTHY",
        handle: "bothy-mid-hiker",
        brand: TARNHOLT,
        title: ["Bothy Mid Hiker", "Wanderschuh Bothy Mid"],
        category: "men-hiking",
        model: m::BOTHY,
        colours: &[BARK, FOREST],
        sizes: MEN,
        price: 180,
        was: 0,
        collections: &["rain-proof"],
        facts: shoe("Nubuck", "Lug rubber", "Laces", "Hiking", 590, 33).waterproof().facts(),
        text: [
            "Named after the huts that are always open. Bothy is the boot for moors and middle mountains, warm in \
             February, bearable in June, and dry by the stove in one evening.",
            "Benannt nach den Hütten, die immer offen stehen. Bothy ist der Schuh für Moor und Mittelgebirge, warm im \
             Februar, erträglich im Juni und am Ofen an einem Abend trocken.",
        ],
    },
    Row {
        code: "FIL-STUBE",
        handle: "stube-felt-mule",
        brand: FILZLUND,
        title: ["Stube Felt Mule", "Filzpantoffel Stube"],
        category: "men-slippers",
        model: m::STUBE,
        colours: &[SLATE, OAT],
        sizes: Sizes::Pairs(&["40-41", "42-43", "44-45"]),
        price: 60,
        was: 0,
        collections: &[],
        facts: shoe("Wool felt", "Natural rubber", "Slip-on", "Home", 290, 20).facts(),
        text: [
            "A slipper without a joke on it. Five millimetres of grey felt, a contrast stitch and a bed of cork and latex: \
             grandfather's, if grandfather had had a designer.",
            "Ein Pantoffel ohne Witz darauf. Fünf Millimeter grauer Filz, eine Kontrastnaht und ein Bett aus Kork und \
             Latex: wie der vom Großvater, wenn der Großvater einen Designer gehabt hätte.",
        ],
    },
    Row {
        code: "FIL-OFEN",
        handle: "ofen-felt-shoe",
        brand: FILZLUND,
        title: ["Ofen Felt House Shoe", "Hüttenschuh Ofen"],
        category: "men-slippers",
        model: m::OFEN,
        colours: &[FOREST.on(GUM), SLATE],
        sizes: Sizes::Pairs(&["40-41", "42-43", "44-45"]),
        price: 60,
        was: 75,
        collections: &[],
        facts: shoe("Wool felt", "Natural rubber", "Slip-on", "Home", 340, 16).facts(),
        text: [
            "High at the heel, warm at the ankle, and with a sole that lets you fetch wood in it. Ofen holds its shape \
             because the felt is milled for nine hours, as it was before anyone was in a hurry.",
            "Hoch an der Ferse, warm am Knöchel und mit einer Sohle, in der man Holz holen kann. Ofen bleibt in Form, weil \
             der Filz neun Stunden gewalkt wird, wie früher, als es noch niemand eilig hatte.",
        ],
    },
];
