//! A seeded random number generator.

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub struct Rng(u64);

impl Rng {
    /// The generator for one case of a run.
    pub fn new(seed: u64, case: u64) -> Self {
        Self(seed ^ case.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next_u64() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// True in this percentage of calls.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// In this percentage of calls one of the first few items, else any.
    pub fn mostly<T: Copy>(&mut self, chance: usize, few: usize, from: &[T]) -> T {
        let limit = if self.percent(chance) {
            few
        } else {
            from.len()
        };
        self.pick(&from[..limit])
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
