//! The measures of every model that the demo shop sells, from which its pictures are drawn.

use super::art::Model;
use super::art::boot::{Boot, Closing};
use super::art::item::Item;
use super::art::laced::{Closure, Heel, Laced, Side, Toe};
use super::art::parts::{Motif, Texture};
use super::art::sandal::{Bed, Sandal, Straps};
use super::art::slip::{Edge, Front, Slip};
use super::art::sole::{Sole, Tread};

const CUP: Sole = Sole { tread: Tread::Cup, heel: 9.0, toe: 7.6, spring: 2.0, flare: 0.4 };
const FOAM: Sole = Sole { tread: Tread::Foam, heel: 12.0, toe: 8.4, spring: 4.5, flare: 1.2 };
const LUG: Sole = Sole { tread: Tread::Lug, heel: 10.5, toe: 9.0, spring: 3.2, flare: 0.6 };

const COURT: Laced = Laced {
    sole: CUP,
    collar: 37.5,
    dip: 29.0,
    throat: ((32.0, 40.5), (63.0, 26.0)),
    sag: 1.4,
    toe_box: 19.6,
    tongue: 6.5,
    toe: Toe::Perforated,
    side: Side::Plain,
    heel: Heel::Counter,
    closure: Closure::Laces(6),
    texture: Texture::Smooth,
    motif: Motif::Meridians,
    padded: true,
};
const RUNNER: Laced = Laced {
    sole: FOAM,
    collar: 40.5,
    dip: 30.0,
    throat: ((31.0, 41.0), (64.0, 26.4)),
    sag: 2.2,
    toe_box: 20.4,
    tongue: 6.0,
    toe: Toe::Wing,
    side: Side::Ribs,
    heel: Heel::Clip,
    closure: Closure::Laces(6),
    texture: Texture::Mesh,
    motif: Motif::Feathers,
    padded: true,
};
const HIKER: Laced = Laced {
    sole: LUG,
    collar: 55.0,
    dip: 51.0,
    throat: ((33.0, 59.0), (63.0, 29.0)),
    sag: 6.4,
    toe_box: 22.0,
    tongue: 5.0,
    toe: Toe::Guard,
    side: Side::Saddle,
    heel: Heel::Counter,
    closure: Closure::Laces(8),
    texture: Texture::Smooth,
    motif: Motif::Ridge,
    padded: true,
};
const PLIMSOLL: Laced = Laced {
    sole: Sole { heel: 8.0, toe: 7.4, spring: 1.5, flare: 0.3, ..CUP },
    collar: 34.0,
    dip: 27.0,
    throat: ((32.0, 36.0), (64.0, 24.4)),
    toe_box: 18.6,
    toe: Toe::Cap,
    heel: Heel::Tab,
    texture: Texture::Canvas,
    motif: Motif::None,
    padded: false,
    ..COURT
};
const HIGH_TOP: Laced = Laced {
    collar: 56.0,
    dip: 54.0,
    throat: ((30.0, 61.0), (62.0, 26.4)),
    sag: 6.6,
    toe_box: 19.4,
    tongue: 4.0,
    closure: Closure::Laces(8),
    ..PLIMSOLL
};
const KIDS: Laced = Laced {
    sole: Sole { heel: 9.4, toe: 9.0, spring: 3.0, ..CUP },
    collar: 42.0,
    dip: 33.0,
    throat: ((34.0, 45.0), (64.0, 31.0)),
    sag: 1.0,
    toe_box: 25.0,
    tongue: 7.0,
    toe: Toe::Guard,
    closure: Closure::Straps(2),
    motif: Motif::Dots,
    ..COURT
};

const ANKLE: Boot = Boot {
    shaft: 50.0,
    leg: (37.5, 6.0),
    heel: 3.2,
    block: 24.0,
    platform: 3.2,
    spring: 2.4,
    tread: Tread::Cup,
    toe_box: 15.0,
    point: 0.3,
    closing: Closing::Gusset,
    texture: Texture::Smooth,
    motif: Motif::None,
    cap: false,
    fur: false,
    welt: true,
};
const LACE_BOOT: Boot = Boot {
    closing: Closing::Laces(8),
    shaft: 60.0,
    tread: Tread::Lug,
    platform: 5.0,
    heel: 3.4,
    cap: true,
    point: 0.0,
    toe_box: 16.0,
    ..ANKLE
};
const RUBBER: Boot = Boot {
    closing: Closing::Pull,
    shaft: 78.0,
    leg: (42.0, 1.0),
    tread: Tread::Lug,
    platform: 4.6,
    welt: false,
    point: 0.0,
    toe_box: 17.5,
    ..ANKLE
};
const WINTER: Boot = Boot {
    closing: Closing::Laces(6),
    shaft: 62.0,
    leg: (39.5, 4.0),
    fur: true,
    texture: Texture::Quilt,
    platform: 6.0,
    heel: 3.0,
    toe_box: 18.0,
    cap: false,
    ..LACE_BOOT
};

const LOAFER: Slip = Slip {
    back: 30.0,
    dip: 21.0,
    mouth: (46.0, 34.0),
    toe_box: 17.0,
    point: 0.3,
    sole: 3.4,
    heel: 3.0,
    block: 22.0,
    jute: false,
    front: Front::Penny,
    edge: Edge::Bound,
    texture: Texture::Smooth,
    motif: Motif::None,
};
const FLAT: Slip = Slip {
    back: 26.0,
    dip: 14.0,
    mouth: (70.0, 18.6),
    toe_box: 13.2,
    sole: 2.4,
    heel: 1.4,
    front: Front::Bow,
    edge: Edge::Rolled,
    ..LOAFER
};
const SLIPPER: Slip = Slip {
    back: 26.0,
    dip: 19.0,
    mouth: (54.0, 29.0),
    toe_box: 18.0,
    point: 0.0,
    sole: 4.6,
    heel: 0.0,
    front: Front::Plain,
    edge: Edge::Fleece,
    texture: Texture::Felt,
    motif: Motif::Leaf,
    ..LOAFER
};
const MULE: Slip =
    Slip { back: 5.0, sole: 5.4, dip: 20.0, mouth: (52.0, 31.0), toe_box: 19.5, edge: Edge::Rolled, ..SLIPPER };
const ESPADRILLE: Slip = Slip {
    jute: true,
    sole: 8.0,
    back: 30.0,
    dip: 21.0,
    mouth: (58.0, 27.0),
    toe_box: 18.5,
    edge: Edge::Bound,
    texture: Texture::Canvas,
    motif: Motif::None,
    ..SLIPPER
};

const CORK_SANDAL: Sandal = Sandal {
    straps: Straps::Two,
    bed: Bed::Cork,
    heel: 8.0,
    toe: 6.0,
    block: 0.0,
    lugs: false,
    instep: 26.0,
    motif: Motif::Swell,
};
const TREK_SANDAL: Sandal =
    Sandal { straps: Straps::Trek, bed: Bed::Foam, lugs: true, heel: 9.0, toe: 6.6, instep: 29.0, ..CORK_SANDAL };

// Women.
pub(super) const HARBOUR: Model = Model::Laced(COURT);
pub(super) const LUMEN: Model = Model::Laced(Laced {
    sole: Sole { tread: Tread::Stack, heel: 14.0, toe: 11.5, spring: 2.8, flare: 1.0 },
    toe: Toe::Guard,
    side: Side::Sweep,
    toe_box: 22.6,
    collar: 42.0,
    dip: 33.5,
    throat: ((32.0, 44.5), (62.0, 30.0)),
    motif: Motif::None,
    ..COURT
});
pub(super) const TIDEWALK: Model = Model::Laced(PLIMSOLL);
pub(super) const PARALLEL: Model = Model::Laced(HIGH_TOP);
pub(super) const SWIFT: Model = Model::Laced(RUNNER);
pub(super) const CIRRUS: Model = Model::Laced(Laced {
    sole: Sole { heel: 15.5, toe: 11.0, spring: 5.6, flare: 2.0, ..FOAM },
    collar: 43.5,
    dip: 33.0,
    throat: ((31.0, 44.0), (63.0, 29.0)),
    toe_box: 23.2,
    toe: Toe::Plain,
    side: Side::Sweep,
    heel: Heel::Tab,
    texture: Texture::Knit,
    motif: Motif::None,
    ..RUNNER
});
pub(super) const FELLWIND: Model = Model::Laced(Laced {
    sole: Sole { heel: 10.5, toe: 8.6, spring: 4.6, flare: 1.2, ..LUG },
    toe: Toe::Guard,
    side: Side::Ribs,
    heel: Heel::Tab,
    closure: Closure::Cord(7),
    toe_box: 21.0,
    ..RUNNER
});
pub(super) const MARAIS: Model = Model::Boot(Boot { toe_box: 14.4, point: 0.5, heel: 4.6, block: 22.0, ..ANKLE });
pub(super) const ODETTE: Model = Model::Boot(Boot {
    closing: Closing::Zip,
    shaft: 54.0,
    heel: 17.0,
    block: 15.0,
    platform: 2.6,
    point: 0.8,
    toe_box: 13.4,
    welt: false,
    ..ANKLE
});
pub(super) const BRENNA: Model = Model::Boot(LACE_BOOT);
pub(super) const RAVENNA: Model =
    Model::Boot(Boot { closing: Closing::Buckles(2), shaft: 98.0, leg: (43.0, 0.6), heel: 5.0, ..ANKLE });
pub(super) const PLUVIA: Model = Model::Boot(Boot { shaft: 72.0, tread: Tread::Cup, platform: 4.0, ..RUBBER });
pub(super) const FROSTINE: Model = Model::Boot(WINTER);
pub(super) const COLETTE: Model = Model::Slip(FLAT);
pub(super) const MARGUERITE: Model = Model::Slip(Slip {
    front: Front::Strap,
    heel: 9.0,
    block: 15.0,
    back: 33.0,
    dip: 20.0,
    mouth: (68.0, 20.0),
    toe_box: 13.5,
    ..FLAT
});
pub(super) const SIENNA: Model = Model::Slip(LOAFER);
pub(super) const AUREL: Model = Model::Slip(Slip {
    front: Front::Bar,
    heel: 5.0,
    block: 19.0,
    back: 32.0,
    dip: 23.0,
    mouth: (46.0, 35.5),
    point: 0.6,
    ..LOAFER
});
pub(super) const CALA: Model = Model::Slip(ESPADRILLE);
pub(super) const MARINA: Model = Model::Sandal(CORK_SANDAL);
pub(super) const SOLENE: Model = Model::Sandal(Sandal {
    straps: Straps::Ankle,
    bed: Bed::Leather,
    heel: 20.0,
    toe: 3.4,
    block: 13.0,
    instep: 28.0,
    ..CORK_SANDAL
});
pub(super) const PLAYA: Model =
    Model::Sandal(Sandal { straps: Straps::Thong, bed: Bed::Foam, heel: 6.0, toe: 4.6, instep: 26.0, ..CORK_SANDAL });
pub(super) const ALMERIA: Model =
    Model::Sandal(Sandal { straps: Straps::Cross, bed: Bed::Jute, heel: 13.0, toe: 8.0, instep: 34.0, ..CORK_SANDAL });
pub(super) const SADDLEBACK: Model = Model::Laced(HIKER);
pub(super) const LARCH: Model = Model::Laced(Laced {
    collar: 40.0,
    dip: 33.0,
    throat: ((32.0, 44.0), (63.0, 28.4)),
    sag: 2.0,
    side: Side::Ribs,
    texture: Texture::Mesh,
    heel: Heel::Tab,
    closure: Closure::Laces(6),
    ..HIKER
});
pub(super) const NEST: Model = Model::Slip(SLIPPER);
pub(super) const KAMIN: Model = Model::Slip(MULE);

// Men.
pub(super) const QUAY: Model = Model::Laced(Laced { toe: Toe::Plain, motif: Motif::Bar, heel: Heel::Tab, ..COURT });
pub(super) const DRIFT: Model =
    Model::Laced(Laced { toe: Toe::Guard, side: Side::Saddle, motif: Motif::None, tongue: 5.6, ..COURT });
pub(super) const LONGITUDE: Model = Model::Laced(Laced {
    sole: Sole { heel: 11.0, toe: 7.8, spring: 3.4, flare: 1.0, ..FOAM },
    toe: Toe::Guard,
    side: Side::Sweep,
    heel: Heel::Counter,
    motif: Motif::Meridians,
    texture: Texture::Mesh,
    ..RUNNER
});
pub(super) const PIER: Model = Model::Laced(Laced {
    sole: Sole { tread: Tread::Crepe, heel: 9.6, toe: 8.6, spring: 1.8, flare: 0.4 },
    collar: 53.0,
    dip: 49.0,
    toe: Toe::Plain,
    side: Side::Plain,
    heel: Heel::Counter,
    texture: Texture::Smooth,
    motif: Motif::Meridians,
    padded: true,
    ..HIGH_TOP
});
pub(super) const TEMPO: Model = Model::Laced(Laced {
    side: Side::Sweep,
    toe: Toe::Plain,
    texture: Texture::Knit,
    motif: Motif::Feathers,
    ..RUNNER
});
pub(super) const RIDGEWAY: Model = Model::Laced(Laced {
    sole: Sole { heel: 11.5, toe: 9.4, spring: 4.8, flare: 1.6, ..LUG },
    toe: Toe::Guard,
    heel: Heel::Clip,
    toe_box: 21.6,
    ..RUNNER
});
pub(super) const ZEPHYR: Model = Model::Laced(Laced {
    sole: Sole { tread: Tread::Stack, heel: 14.5, toe: 9.6, spring: 7.0, flare: 1.8 },
    collar: 41.0,
    dip: 32.0,
    throat: ((31.0, 42.0), (66.0, 27.0)),
    toe_box: 22.0,
    tongue: 3.4,
    toe: Toe::Plain,
    side: Side::Plain,
    heel: Heel::Plain,
    texture: Texture::Mesh,
    motif: Motif::Feathers,
    ..RUNNER
});
pub(super) const FOUNDRY: Model = Model::Boot(Boot { shaft: 64.0, leg: (38.5, 5.0), ..LACE_BOOT });
pub(super) const DOVER: Model = Model::Boot(Boot { shaft: 49.0, platform: 3.8, toe_box: 16.0, point: 0.1, ..ANKLE });
pub(super) const GLASMOOR: Model = Model::Boot(Boot { texture: Texture::Smooth, shaft: 58.0, cap: true, ..WINTER });
pub(super) const MOORLAND: Model = Model::Boot(Boot { shaft: 92.0, leg: (43.0, 0.6), ..RUBBER });
pub(super) const WADI: Model = Model::Boot(Boot {
    closing: Closing::Laces(4),
    shaft: 46.0,
    tread: Tread::Cup,
    platform: 5.6,
    heel: 1.6,
    cap: false,
    toe_box: 16.6,
    ..LACE_BOOT
});
pub(super) const FERRANTE: Model = Model::Slip(Slip { toe_box: 16.4, point: 0.5, ..LOAFER });
pub(super) const LUCCA: Model = Model::Slip(Slip { front: Front::Tassel, point: 0.4, ..LOAFER });
pub(super) const PORTO: Model =
    Model::Slip(Slip { sole: 6.4, back: 28.0, dip: 20.0, mouth: (54.0, 28.0), ..ESPADRILLE });
pub(super) const LEVANTE: Model = Model::Sandal(Sandal { heel: 9.0, toe: 6.8, instep: 27.5, ..CORK_SANDAL });
pub(super) const CANYON: Model = Model::Sandal(Sandal { instep: 32.0, ..TREK_SANDAL });
pub(super) const LIDO: Model =
    Model::Sandal(Sandal { straps: Straps::Slide, bed: Bed::Foam, heel: 8.0, toe: 6.4, instep: 28.0, ..CORK_SANDAL });
pub(super) const ARETE: Model = Model::Laced(Laced {
    collar: 60.0,
    dip: 57.0,
    throat: ((32.0, 64.0), (63.0, 30.0)),
    sag: 7.4,
    side: Side::Sweep,
    motif: Motif::Ridge,
    ..HIKER
});
pub(super) const SCREE: Model = Model::Laced(Laced {
    collar: 39.0,
    dip: 32.0,
    throat: ((32.0, 42.6), (64.0, 27.4)),
    sag: 1.8,
    side: Side::Sweep,
    closure: Closure::Cord(6),
    motif: Motif::Ridge,
    texture: Texture::Canvas,
    ..HIKER
});
pub(super) const BOTHY: Model = Model::Laced(Laced {
    collar: 50.0,
    dip: 45.0,
    throat: ((32.0, 54.0), (63.0, 29.0)),
    sag: 4.6,
    toe: Toe::Wing,
    side: Side::Plain,
    ..HIKER
});
pub(super) const STUBE: Model =
    Model::Slip(Slip { dip: 21.0, mouth: (50.0, 32.5), toe_box: 20.5, motif: Motif::None, edge: Edge::Bound, ..MULE });
pub(super) const OFEN: Model = Model::Slip(Slip {
    back: 34.0,
    dip: 29.0,
    mouth: (46.0, 37.0),
    toe_box: 19.5,
    edge: Edge::Rolled,
    motif: Motif::Ridge,
    ..SLIPPER
});

// Kids.
pub(super) const SKIP: Model = Model::Laced(KIDS);
pub(super) const COMET: Model = Model::Laced(Laced {
    sole: Sole { heel: 12.5, toe: 10.0, spring: 4.4, flare: 1.8, ..FOAM },
    side: Side::Ribs,
    heel: Heel::Clip,
    texture: Texture::Mesh,
    motif: Motif::Feathers,
    toe_box: 25.6,
    collar: 44.0,
    dip: 35.0,
    throat: ((34.0, 47.0), (63.0, 32.0)),
    ..KIDS
});
pub(super) const POGO: Model = Model::Laced(Laced {
    toe: Toe::Cap,
    texture: Texture::Canvas,
    heel: Heel::Tab,
    closure: Closure::Cord(5),
    padded: false,
    motif: Motif::Dots,
    ..KIDS
});
pub(super) const LITTLE_PARALLEL: Model = Model::Laced(Laced {
    collar: 58.0,
    dip: 55.0,
    throat: ((33.0, 62.0), (61.0, 31.0)),
    sag: 5.0,
    closure: Closure::Straps(3),
    tongue: 5.0,
    toe: Toe::Cap,
    side: Side::Plain,
    ..KIDS
});
pub(super) const PUDDLE: Model =
    Model::Boot(Boot { shaft: 70.0, leg: (46.0, 0.0), toe_box: 22.0, platform: 5.4, ..RUBBER });
pub(super) const YETI: Model =
    Model::Boot(Boot { shaft: 64.0, leg: (44.0, 2.0), toe_box: 22.0, closing: Closing::Laces(5), ..WINTER });
pub(super) const ACORN: Model = Model::Laced(Laced {
    collar: 55.0,
    dip: 51.0,
    throat: ((34.0, 59.0), (62.0, 33.0)),
    sag: 4.0,
    toe_box: 26.0,
    closure: Closure::Cord(6),
    motif: Motif::Leaf,
    ..HIKER
});
pub(super) const SHRIMP: Model =
    Model::Sandal(Sandal { heel: 9.4, toe: 8.0, instep: 36.0, motif: Motif::Dots, ..TREK_SANDAL });
pub(super) const SNUG: Model = Model::Slip(Slip {
    back: 34.0,
    dip: 27.0,
    mouth: (52.0, 37.0),
    toe_box: 24.0,
    motif: Motif::Dots,
    edge: Edge::Fleece,
    ..SLIPPER
});

// Care and laces.
pub(super) const TIN: Model = Model::Item(Item::Tin);
pub(super) const SPRAY: Model = Model::Item(Item::Spray);
pub(super) const BOTTLE: Model = Model::Item(Item::Bottle);
pub(super) const BRUSH: Model = Model::Item(Item::Brush);
pub(super) const TREE: Model = Model::Item(Item::Tree);
pub(super) const INSOLES: Model = Model::Item(Item::Insoles);
pub(super) const FLAT_LACES: Model = Model::Item(Item::Laces { flat: true });
pub(super) const ROUND_LACES: Model = Model::Item(Item::Laces { flat: false });
