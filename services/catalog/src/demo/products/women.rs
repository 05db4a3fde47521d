//! Shoes for women.

use super::super::colourways::*;
use super::super::models as m;
use super::{FILZLUND, KESTROW, MERIDANE, Row, SANDRIFT, Sizes, TARNHOLT, VELISSE, WOMEN, shoe};

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "MER-HARBOUR",
        handle: "harbour-court-sneaker",
        brand: MERIDANE,
        title: ["Harbour Court Sneaker", "Court-Sneaker Harbour"],
        category: "women-sneakers",
        model: m::HARBOUR,
        colours: &[CHALK, ROSE, COAL],
        sizes: WOMEN,
        price: 110,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Rubber", "Laces", "Everyday", 345, 28).facts(),
        text: [
            "The sneaker we would keep if we could keep only one. Harbour is cut from a single, soft hide and stitched to \
             a rubber cup, so it stays in shape long after the first scuffs have made it yours.",
            "Der Sneaker, den wir behalten würden, wenn wir nur einen behalten dürften. Harbour ist aus einem einzigen, \
             weichen Leder geschnitten und mit der Schalensohle vernäht. So bleibt er in Form, auch wenn er längst Geschichten erzählt.",
        ],
    },
    Row {
        code: "MER-LUMEN",
        handle: "lumen-platform-sneaker",
        brand: MERIDANE,
        title: ["Lumen Platform Sneaker", "Plateau-Sneaker Lumen"],
        category: "women-sneakers",
        model: m::LUMEN,
        colours: &[DUNE, PLUM],
        sizes: WOMEN,
        price: 125,
        was: 0,
        collections: &["new-in"],
        facts: shoe("Suede", "EVA foam", "Laces", "Everyday", 390, 42).facts(),
        text: [
            "Four centimetres taller, and light enough to forget about it. Two layers of foam carry a suede upper whose \
             curved panel catches the evening sun, which is how Lumen got its name.",
            "Vier Zentimeter größer, und so leicht, dass man es vergisst. Zwei Lagen Schaum tragen ein Obermaterial aus \
             Veloursleder, dessen geschwungener Einsatz die Abendsonne fängt. Daher der Name.",
        ],
    },
    Row {
        code: "MER-TIDEWALK",
        handle: "tidewalk-canvas-plimsoll",
        brand: MERIDANE,
        title: ["Tidewalk Canvas Plimsoll", "Leinenschuh Tidewalk"],
        category: "women-sneakers",
        model: m::TIDEWALK,
        colours: &[BRICK, SKY, CHALK],
        sizes: WOMEN,
        price: 60,
        was: 75,
        collections: &["vegan"],
        facts: shoe("Canvas", "Natural rubber", "Laces", "Everyday", 260, 22).vegan().facts(),
        text: [
            "A plimsoll for piers, pavements and picnics. The organic canvas is washed twice so that it gives from the \
             first day, and the cap at the toe takes what the kerb hands out.",
            "Ein Leinenschuh für Stege, Straßen und Picknicks. Die Bio-Baumwolle wird zweimal gewaschen und gibt vom \
             ersten Tag an nach; die Kappe an der Spitze steckt ein, was der Bordstein austeilt.",
        ],
    },
    Row {
        code: "MER-PARALLEL",
        handle: "parallel-high-top",
        brand: MERIDANE,
        title: ["Parallel High-Top", "High-Top Parallel"],
        category: "women-sneakers",
        model: m::PARALLEL,
        colours: &[INK, BRICK.on(GUM)],
        sizes: WOMEN,
        price: 85,
        was: 0,
        collections: &["vegan", "bestsellers"],
        facts: shoe("Canvas", "Natural rubber", "Laces", "Everyday", 330, 24).vegan().facts(),
        text: [
            "Eight eyelets, honest canvas and a collar that hugs the ankle without rubbing it. Parallel is glued with a \
             water-based adhesive and contains nothing that came from an animal.",
            "Acht Ösen, ehrliches Leinen und ein Schaft, der den Knöchel umarmt, ohne zu scheuern. Parallel ist mit \
             wasserbasiertem Kleber verarbeitet und kommt ganz ohne tierische Stoffe aus.",
        ],
    },
    Row {
        code: "KES-SWIFT",
        handle: "swift-road-runner",
        brand: KESTROW,
        title: ["Swift Road Runner", "Laufschuh Swift"],
        category: "women-running",
        model: m::SWIFT,
        colours: &[PLUM, SKY, COAL],
        sizes: WOMEN,
        price: 130,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Mesh", "EVA foam", "Laces", "Road running", 238, 32).vegan().facts(),
        text: [
            "For the loop before breakfast and the one after work. Swift rolls quietly over asphalt on eight millimetres \
             of drop; the mesh breathes where you sweat, and the ribs hold where you push off.",
            "Für die Runde vor dem Frühstück und die nach der Arbeit. Swift rollt leise über den Asphalt, mit acht \
             Millimetern Sprengung; das Gewebe atmet, wo es warm wird, und die Rippen halten, wo Sie sich abstoßen.",
        ],
    },
    Row {
        code: "KES-CIRRUS",
        handle: "cirrus-cushioned-runner",
        brand: KESTROW,
        title: ["Cirrus Cushioned Runner", "Komfort-Laufschuh Cirrus"],
        category: "women-running",
        model: m::CIRRUS,
        colours: &[CORAL, STONE],
        sizes: WOMEN,
        price: 150,
        was: 0,
        collections: &["new-in", "vegan"],
        facts: shoe("Knit", "EVA foam", "Laces", "Road running", 268, 38).vegan().facts(),
        text: [
            "Long runs forgive nothing, so Cirrus forgives a little more. A tall, soft midsole takes the hammering out of \
             kilometre twenty, and the knitted upper adapts to feet that swell on the way.",
            "Lange Läufe verzeihen nichts, darum verzeiht Cirrus etwas mehr. Eine hohe, weiche Zwischensohle nimmt \
             Kilometer zwanzig die Härte, und das gestrickte Obermaterial geht mit, wenn der Fuß unterwegs anschwillt.",
        ],
    },
    Row {
        code: "KES-FELLWIND",
        handle: "fellwind-trail-runner",
        brand: KESTROW,
        title: ["Fellwind Trail Runner", "Trailschuh Fellwind"],
        category: "women-running",
        model: m::FELLWIND,
        colours: &[LAGOON, GRAPHITE],
        sizes: WOMEN,
        price: 115,
        was: 145,
        collections: &["rain-proof"],
        facts: shoe("Mesh", "Lug rubber", "Quick lace", "Trail", 284, 29).waterproof().facts(),
        text: [
            "Wet roots, loose scree, one more hill. Five-millimetre lugs bite and let go of the mud again, a membrane \
             keeps the bog outside, and one pull on the cord closes the shoe with gloves on.",
            "Nasse Wurzeln, lockerer Schotter, noch ein Hügel. Fünf Millimeter tiefe Stollen greifen und geben den \
             Schlamm wieder her, eine Membran hält das Moor draußen, und ein Zug am Schnürsystem genügt, auch mit Handschuhen.",
        ],
    },
    Row {
        code: "VEL-MARAIS",
        handle: "marais-chelsea-boot",
        brand: VELISSE,
        title: ["Marais Chelsea Boot", "Chelsea-Boot Marais"],
        category: "women-boots",
        model: m::MARAIS,
        colours: &[ONYX, COGNAC, WINE],
        sizes: WOMEN,
        price: 160,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Rubber", "Elastic", "City", 420, 35).facts(),
        text: [
            "Pull it on, walk out, look finished. Marais has a slightly tapered toe and a heel that clicks on old stone; \
             the elastic is woven in, not glued, and will still be springy in five winters.",
            "Hineinschlüpfen, losgehen, angezogen sein. Marais hat eine leicht zulaufende Spitze und einen Absatz, der auf \
             altem Pflaster klingt; der Gummizug ist eingewebt statt geklebt und auch in fünf Wintern noch elastisch.",
        ],
    },
    Row {
        code: "VEL-ODETTE",
        handle: "odette-heeled-ankle-boot",
        brand: VELISSE,
        title: ["Odette Heeled Ankle Boot", "Stiefelette Odette"],
        category: "women-boots",
        model: m::ODETTE,
        colours: &[WINE, ONYX],
        sizes: WOMEN,
        price: 140,
        was: 175,
        collections: &[],
        facts: shoe("Suede", "Leather", "Zip", "Evening", 450, 65).facts(),
        text: [
            "A boot for the second act. The block heel is set a finger's width further in than usual, which makes six and \
             a half centimetres feel like four, and the zip on the side spares you the wrestling in the cloakroom.",
            "Eine Stiefelette für den zweiten Akt. Der Blockabsatz sitzt eine Fingerbreite weiter innen als üblich; so \
             fühlen sich sechseinhalb Zentimeter wie vier an. Der Reißverschluss erspart das Gezerre an der Garderobe.",
        ],
    },
    Row {
        code: "TAR-BRENNA",
        handle: "brenna-lace-up-boot",
        brand: TARNHOLT,
        title: ["Brenna Lace-Up Boot", "Schnürstiefel Brenna"],
        category: "women-boots",
        model: m::BRENNA,
        colours: &[FOREST, CHESTNUT],
        sizes: WOMEN,
        price: 190,
        was: 0,
        collections: &["rain-proof"],
        facts: shoe("Leather", "Lug rubber", "Laces", "City", 610, 34).waterproof().facts(),
        text: [
            "Waxed leather, a stitched welt, and hooks that hold a lace at exactly the tension you gave it. Brenna can be \
             resoled, which is a sentence we like to be able to say.",
            "Gewachstes Leder, ein genähter Rahmen und Haken, die den Senkel genau so halten, wie Sie ihn angezogen \
             haben. Brenna lässt sich neu besohlen. Das sagen wir gern.",
        ],
    },
    Row {
        code: "VEL-RAVENNA",
        handle: "ravenna-riding-boot",
        brand: VELISSE,
        title: ["Ravenna Riding Boot", "Reitstiefel Ravenna"],
        category: "women-boots",
        model: m::RAVENNA,
        colours: &[ONYX, CHESTNUT],
        sizes: WOMEN,
        price: 240,
        was: 0,
        collections: &["new-in"],
        facts: shoe("Leather", "Rubber", "Zip", "City", 780, 32).facts(),
        text: [
            "The long line of a riding boot, made for people who take the tram. A hidden zip runs up the inside, the \
             straps are real and adjust the calf by four centimetres, and the shaft stands up by itself.",
            "Die lange Linie eines Reitstiefels, gemacht für Menschen, die Straßenbahn fahren. Innen verläuft ein \
             verdeckter Reißverschluss, die Riemen sind echt und verstellen die Wade um vier Zentimeter, und der Schaft steht von allein.",
        ],
    },
    Row {
        code: "TAR-PLUVIA",
        handle: "pluvia-rubber-boot",
        brand: TARNHOLT,
        title: ["Pluvia Rubber Boot", "Gummistiefel Pluvia"],
        category: "women-boots",
        model: m::PLUVIA,
        colours: &[SUNFLOWER, PETROL, FOREST.on(WHITE_SOLE)],
        sizes: WOMEN,
        price: 75,
        was: 0,
        collections: &["rain-proof", "vegan"],
        facts: shoe("Rubber", "Natural rubber", "Slip-on", "Rain", 690, 25).waterproof().vegan().facts(),
        text: [
            "It has rained on better days than this, and you were out in it. Pluvia is poured from natural rubber in one \
             piece, lined with cotton that dries overnight, and cheerful about puddles.",
            "Es hat schon an schöneren Tagen geregnet, und Sie waren draußen. Pluvia ist in einem Stück aus Naturkautschuk \
             gegossen, mit Baumwolle gefüttert, die über Nacht trocknet, und freut sich auf Pfützen.",
        ],
    },
    Row {
        code: "TAR-FROSTINE",
        handle: "frostine-winter-boot",
        brand: TARNHOLT,
        title: ["Frostine Winter Boot", "Winterstiefel Frostine"],
        category: "women-boots",
        model: m::FROSTINE,
        colours: &[SAGE, BERRY],
        sizes: WOMEN,
        price: 135,
        was: 170,
        collections: &["rain-proof"],
        facts: shoe("Recycled textile", "Lug rubber", "Laces", "Snow", 560, 36).waterproof().facts(),
        text: [
            "Quilted like a good blanket, soled like a tyre. Frostine is filled with wool from the Alps and recycled \
             fibre, keeps its warmth down to minus twenty, and has a loop for hanging it up to dry.",
            "Gesteppt wie eine gute Decke, besohlt wie ein Reifen. Frostine ist mit Alpenwolle und recycelter Faser \
             gefüllt, wärmt bis minus zwanzig Grad und lässt sich zum Trocknen an der Schlaufe aufhängen.",
        ],
    },
    Row {
        code: "VEL-COLETTE",
        handle: "colette-ballet-flat",
        brand: VELISSE,
        title: ["Colette Ballet Flat", "Ballerina Colette"],
        category: "women-flats",
        model: m::COLETTE,
        colours: &[BRICK.on(LEATHER_SOLE), POWDER, ONYX],
        sizes: WOMEN,
        price: 90,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Leather", "Leather", "Slip-on", "City", 190, 10).facts(),
        text: [
            "Folds in half, fits in a coat pocket, and goes to the opera if it has to. Colette is sewn inside out and \
             turned, the way dance slippers are, so there is no seam left to press.",
            "Lässt sich falten, passt in die Manteltasche und geht notfalls in die Oper. Colette wird auf links genäht und \
             gewendet wie ein Tanzschuh; darum drückt keine Naht.",
        ],
    },
    Row {
        code: "VEL-MARGUERITE",
        handle: "marguerite-mary-jane",
        brand: VELISSE,
        title: ["Marguerite Mary Jane", "Spangenpumps Marguerite"],
        category: "women-flats",
        model: m::MARGUERITE,
        colours: &[COGNAC, NAVY],
        sizes: WOMEN,
        price: 120,
        was: 0,
        collections: &["new-in"],
        facts: shoe("Leather", "Leather", "Buckle", "Evening", 310, 45).facts(),
        text: [
            "A strap, a small round heel and a toe with good manners. Marguerite stays on when you dance and stays \
             comfortable when nobody will stop playing.",
            "Eine Spange, ein kleiner runder Absatz und eine Spitze mit guten Manieren. Marguerite sitzt, wenn getanzt \
             wird, und bleibt bequem, wenn keiner aufhören will zu spielen.",
        ],
    },
    Row {
        code: "VEL-SIENNA",
        handle: "sienna-penny-loafer",
        brand: VELISSE,
        title: ["Sienna Penny Loafer", "Penny-Loafer Sienna"],
        category: "women-flats",
        model: m::SIENNA,
        colours: &[WINE, TAN.on(LEATHER_SOLE)],
        sizes: WOMEN,
        price: 145,
        was: 0,
        collections: &[],
        facts: shoe("Leather", "Leather", "Slip-on", "City", 330, 22).facts(),
        text: [
            "The apron of a true loafer is sewn by hand, with two needles and one thread. Sienna's takes forty minutes. \
             You will notice it every time you bend down, and again in ten years.",
            "Die Mokassinnaht eines echten Loafers wird von Hand genäht, mit zwei Nadeln und einem Faden. Bei Sienna \
             dauert das vierzig Minuten. Man sieht es bei jedem Blick nach unten, und in zehn Jahren noch einmal.",
        ],
    },
    Row {
        code: "VEL-AUREL",
        handle: "aurel-bar-loafer",
        brand: VELISSE,
        title: ["Aurel Bar Loafer", "Loafer Aurel mit Spange"],
        category: "women-flats",
        model: m::AUREL,
        colours: &[ONYX, FOREST],
        sizes: WOMEN,
        price: 130,
        was: 165,
        collections: &[],
        facts: shoe("Leather", "Rubber", "Slip-on", "City", 350, 38).facts(),
        text: [
            "A slim brass bar, a heel with a little ambition, and leather that takes a shine. Aurel turns jeans into an \
             outfit and an outfit into an argument.",
            "Eine schmale Spange aus Messing, ein Absatz mit etwas Ehrgeiz und Leder, das Glanz annimmt. Aurel macht aus \
             Jeans ein Outfit und aus dem Outfit ein Argument.",
        ],
    },
    Row {
        code: "SDR-CALA",
        handle: "cala-espadrille",
        brand: SANDRIFT,
        title: ["Cala Espadrille", "Espadrille Cala"],
        category: "women-flats",
        model: m::CALA,
        colours: &[DUNE.on(JUTE), CORAL.on(JUTE), NAVY.on(JUTE)],
        sizes: WOMEN,
        price: 50,
        was: 0,
        collections: &["vegan"],
        facts: shoe("Canvas", "Jute", "Slip-on", "Summer", 240, 26).vegan().facts(),
        text: [
            "Braided jute, two-tone canvas, and a row of stitches you can count. Cala is made in a village where every \
             third door is a workshop, and wants nothing but a dry day.",
            "Geflochtene Jute, zweifarbiges Leinen und eine Naht, deren Stiche man zählen kann. Cala entsteht in einem \
             Dorf, in dem hinter jeder dritten Tür gearbeitet wird, und wünscht sich nur einen trockenen Tag.",
        ],
    },
    Row {
        code: "SDR-MARINA",
        handle: "marina-cork-sandal",
        brand: SANDRIFT,
        title: ["Marina Cork Sandal", "Korksandale Marina"],
        category: "women-sandals",
        model: m::MARINA,
        colours: &[TAN.on(CORK), SAGE.on(CORK), ONYX.on(CORK)],
        sizes: WOMEN,
        price: 80,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Nubuck", "Cork", "Buckle", "Summer", 280, 30).facts(),
        text: [
            "Give it a week. The cork bed learns the shape of your foot and then never forgets it; the two straps adjust \
             separately, because no foot is as wide in front as it is behind.",
            "Geben Sie ihr eine Woche. Das Korkbett lernt die Form Ihres Fußes und vergisst sie nicht mehr; die beiden \
             Riemen lassen sich getrennt verstellen, denn kein Fuß ist vorn so breit wie hinten.",
        ],
    },
    Row {
        code: "VEL-SOLENE",
        handle: "solene-heeled-sandal",
        brand: VELISSE,
        title: ["Solène Heeled Sandal", "Riemchensandalette Solène"],
        category: "women-sandals",
        model: m::SOLENE,
        colours: &[WINE, POWDER, NAVY],
        sizes: WOMEN,
        price: 105,
        was: 135,
        collections: &[],
        facts: shoe("Leather", "Leather", "Buckle", "Evening", 320, 70).facts(),
        text: [
            "Two bands, one strap, no fuss. Solène is what remains when you take everything off a sandal that does not \
             hold the foot, and then give it a heel you can stand on until the toasts are over.",
            "Zwei Bänder, ein Riemchen, kein Theater. Solène ist das, was bleibt, wenn man von einer Sandalette alles \
             weglässt, was den Fuß nicht hält, und ihr einen Absatz gibt, auf dem man auch lange Reden übersteht.",
        ],
    },
    Row {
        code: "SDR-PLAYA",
        handle: "playa-flip-flop",
        brand: SANDRIFT,
        title: ["Playa Flip-Flop", "Zehentrenner Playa"],
        category: "women-sandals",
        model: m::PLAYA,
        colours: &[LAGOON, CORAL],
        sizes: WOMEN,
        price: 25,
        was: 0,
        collections: &["vegan", "new-in"],
        facts: shoe("Rubber", "EVA foam", "Slip-on", "Summer", 150, 18).vegan().facts(),
        text: [
            "From the shower to the sea and back by way of the ice cream. Playa's strap is soft where it passes between \
             the toes, and the sole floats, should you ever need to know.",
            "Von der Dusche ans Meer und über die Eisdiele zurück. Der Riemen von Playa ist weich, wo er zwischen den \
             Zehen liegt, und die Sohle schwimmt, falls das einmal wichtig wird.",
        ],
    },
    Row {
        code: "SDR-ALMERIA",
        handle: "almeria-wedge-sandal",
        brand: SANDRIFT,
        title: ["Almería Wedge Sandal", "Keilsandale Almería"],
        category: "women-sandals",
        model: m::ALMERIA,
        colours: &[SAGE.on(JUTE), BRICK.on(JUTE)],
        sizes: WOMEN,
        price: 70,
        was: 90,
        collections: &[],
        facts: shoe("Leather", "Jute", "Buckle", "Summer", 340, 48).facts(),
        text: [
            "Height without the drama: a wedge of braided jute that is soft at the heel and firm at the ball of the foot. \
             The bands cross over the instep and leave the toes to themselves.",
            "Höhe ohne Drama: ein Keil aus geflochtener Jute, an der Ferse weich und am Ballen fest. Die Bänder kreuzen \
             sich über dem Spann und lassen die Zehen in Ruhe.",
        ],
    },
    Row {
        code: "TAR-SADDLEBACK",
        handle: "saddleback-hiking-boot",
        brand: TARNHOLT,
        title: ["Saddleback Hiking Boot", "Wanderstiefel Saddleback"],
        category: "women-hiking",
        model: m::SADDLEBACK,
        colours: &[BARK, GRAPHITE],
        sizes: WOMEN,
        price: 210,
        was: 0,
        collections: &["rain-proof", "bestsellers"],
        facts: shoe("Nubuck", "Lug rubber", "Laces", "Hiking", 560, 34).waterproof().facts(),
        text: [
            "Hut to hut with a week's pack and weather in the forecast. Saddleback locks the ankle, frees the toes and \
             keeps its membrane behind a leather thick enough to shrug off a crampon strap.",
            "Von Hütte zu Hütte, eine Woche auf dem Rücken und Wetter im Anzug. Saddleback hält den Knöchel, lässt den \
             Zehen Platz und schützt die Membran mit Leder, dem auch ein Steigeisenriemen nichts ausmacht.",
        ],
    },
    Row {
        code: "TAR-LARCH",
        handle: "larch-low-hiker",
        brand: TARNHOLT,
        title: ["Larch Low Hiker", "Halbwanderschuh Larch"],
        category: "women-hiking",
        model: m::LARCH,
        colours: &[MOSS.on(BLACK_SOLE), PLUM.on(BLACK_SOLE)],
        sizes: WOMEN,
        price: 120,
        was: 0,
        collections: &["new-in"],
        facts: shoe("Mesh", "Lug rubber", "Laces", "Hiking", 395, 30).vegan().facts(),
        text: [
            "For the day you said 'just a walk' and came back six hours later. Larch is light enough for the train and \
             grippy enough for the gully, and its airy mesh drains when the stream wins.",
            "Für den Tag, an dem Sie »nur ein Spaziergang« sagten und sechs Stunden später zurückkamen. Larch ist leicht \
             genug für die Bahn, griffig genug für die Rinne, und das luftige Gewebe lässt Wasser wieder ab, wenn der Bach gewinnt.",
        ],
    },
    Row {
        code: "FIL-NEST",
        handle: "nest-felt-slipper",
        brand: FILZLUND,
        title: ["Nest Felt Slipper", "Filzhausschuh Nest"],
        category: "women-slippers",
        model: m::NEST,
        colours: &[SAGE, BERRY, OAT],
        sizes: Sizes::Pairs(&["36-37", "38-39", "40-41"]),
        price: 65,
        was: 0,
        collections: &["bestsellers"],
        facts: shoe("Wool felt", "Natural rubber", "Slip-on", "Home", 230, 14).facts(),
        text: [
            "The floor is cold, the tea is hot, the day is over. Nest is pressed from one sheet of wool felt and edged with \
             fleece; it warms without stewing and sits silently on parquet.",
            "Der Boden ist kalt, der Tee ist heiß, der Tag ist vorbei. Nest wird aus einem Stück Wollfilz geformt und mit \
             Lammflor eingefasst; er wärmt, ohne zu stauen, und ist leise auf Parkett.",
        ],
    },
    Row {
        code: "FIL-KAMIN",
        handle: "kamin-felt-mule",
        brand: FILZLUND,
        title: ["Kamin Felt Mule", "Filzpantoffel Kamin"],
        category: "women-slippers",
        model: m::KAMIN,
        colours: &[BERRY, SLATE],
        sizes: Sizes::Pairs(&["36-37", "38-39", "40-41"]),
        price: 55,
        was: 0,
        collections: &[],
        facts: shoe("Wool felt", "Natural rubber", "Slip-on", "Home", 210, 18).facts(),
        text: [
            "In and out without hands, from the sofa to the post and back. Kamin's embroidered leaf is sewn by machine, \
             its sole is poured from natural rubber, and everything between is wool.",
            "Hinein und hinaus ohne Hände, vom Sofa zur Post und zurück. Das Blatt auf Kamin ist gestickt, die Sohle aus \
             Naturkautschuk gegossen, und alles dazwischen ist Wolle.",
        ],
    },
];
