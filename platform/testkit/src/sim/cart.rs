//! Carts in two regions and a guest's cart that is merged again and again, with production code for every step.

use cart::hlc::Region;
use cart::merge::{adopt, merge};
use cart::state::CartState;
use kernel::Clock;

use super::world::World;

pub fn check(world: &World) {
    let rng = world.rng.as_ref();
    let base = world.sim_clock.now();
    let sku = |n: u64| kernel::Sku::new(&format!("CART-{n}")).expect("a short name is a SKU");
    let mut replicas = [CartState::new(), CartState::new()];
    let mut guest = CartState::new();
    for step in 0..12_i64 {
        let at = base.plus_millis(step * 10 + i64::try_from(rng.below(30)).unwrap_or(0) - 15);
        let here = usize::try_from(rng.below(2)).unwrap_or(0);
        let region = Region(u16::try_from(here).unwrap_or(0));
        match rng.below(5) {
            0 | 1 => {
                let quantity = u32::try_from(rng.below(4)).unwrap_or(0);
                replicas[here].set_line(region, at, &sku(rng.below(3)), quantity);
            }
            2 => {
                guest.set_line(Region(7), at, &sku(rng.below(3)), 1 + u32::try_from(rng.below(3)).unwrap_or(0));
            }
            3 => {
                let there = merge(&replicas[here], &replicas[1 - here]);
                replicas[here] = there;
            }
            _ => {
                let (once, _) = adopt(&replicas[here], &guest, region, at);
                let (twice, changed) = adopt(&once, &guest, region, at.plus_millis(1));
                for (sku, units) in guest.lines() {
                    let expected = replicas[here].quantity(&sku).max(units);
                    if twice.quantity(&sku) != expected {
                        world.violation(format!(
                            "merging a guest cart gives {} of {sku} instead of {expected}",
                            twice.quantity(&sku)
                        ));
                    }
                }
                if changed {
                    world.violation("merging the same guest cart again changes the cart".to_owned());
                }
                replicas[here] = once;
            }
        }
    }
    let (a, b) = (merge(&replicas[0], &replicas[1]), merge(&replicas[1], &replicas[0]));
    if a.lines() != b.lines() || merge(&a, &b).lines() != a.lines() {
        world.violation("two regions do not agree on a cart after they merged".to_owned());
    }
}
