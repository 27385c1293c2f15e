//! Which migrations an edge orders.

use std::cell::RefCell;
use std::collections::HashMap;

/// The edges of a run: migrations by their place in its order, which is one that the edges allow.
pub(in crate::lint) struct Ordered<'a> {
    prerequisites: &'a [Vec<u32>],
    /// For each migration, the stretch of the order in which it may have unordered neighbours.
    stretch: Vec<u32>,
    /// The ancestors of a migration inside of its stretch, as bits, worked out when asked for.
    ancestors: RefCell<HashMap<u32, Vec<u64>>>,
    starts: Vec<u32>,
}

impl<'a> Ordered<'a> {
    pub fn new(prerequisites: &'a [Vec<u32>]) -> Self {
        let alone = comparable_with_all(prerequisites);
        let mut stretch = Vec::with_capacity(prerequisites.len());
        let mut starts = vec![0];
        for (at, alone) in alone.iter().enumerate() {
            if *alone && starts.last() != Some(&(at as u32)) {
                starts.push(at as u32);
            }
            stretch.push(starts.len() as u32 - 1);
            if *alone {
                starts.push(at as u32 + 1);
            }
        }
        Ordered {
            prerequisites,
            stretch,
            ancestors: RefCell::default(),
            starts,
        }
    }

    /// Says whether a migration runs before another in every order. A migration is its own ancestor.
    pub fn is_ancestor(&self, earlier: u32, later: u32) -> bool {
        if earlier >= later {
            return earlier == later;
        }
        if self.stretch[earlier as usize] != self.stretch[later as usize] {
            return true;
        }
        let start = self.starts[self.stretch[later as usize] as usize];
        let (word, bit) = place(earlier - start);
        self.with_ancestors(later, |bits| bits.get(word).is_some_and(|bits| bits & bit != 0))
    }

    /// Says whether an edge orders two migrations.
    pub fn are_ordered(&self, one: u32, other: u32) -> bool {
        self.is_ancestor(one.min(other), one.max(other))
    }

    /// Says whether a migration may have neighbours that no edge orders with it.
    pub fn has_neighbours(&self, migration: u32) -> bool {
        let stretch = self.stretch[migration as usize] as usize;
        let start = self.starts[stretch];
        let end = self
            .starts
            .get(stretch + 1)
            .copied()
            .unwrap_or(self.prerequisites.len() as u32);
        end - start > 1
    }

    /// Returns, in order, the ancestors that the prerequisites of a migration bring beyond one of them.
    pub fn beyond(&self, prerequisites: &[u32], first: u32) -> Vec<u32> {
        let mut missing: Vec<u32> = Vec::new();
        let mut open: Vec<u32> = prerequisites
            .iter()
            .copied()
            .filter(|other| *other != first)
            .collect();
        let mut seen = std::collections::HashSet::new();
        while let Some(at) = open.pop() {
            if self.is_ancestor(at, first) || !seen.insert(at) {
                continue;
            }
            missing.push(at);
            open.extend(&self.prerequisites[at as usize]);
        }
        missing.sort_unstable();
        missing
    }

    /// Where the branch of `later` begins without any prerequisite: that beginning, and the migration of the other line
    /// that a merge joins with `later`, which the beginning can follow without a new cycle.
    pub fn edge_of_branch(&self, earlier: u32, later: u32) -> Option<(u32, u32)> {
        let mut open = vec![later];
        let mut seen = std::collections::HashSet::new();
        let mut root = None;
        while let Some(at) = open.pop() {
            if self.is_ancestor(at, earlier) || !seen.insert(at) {
                continue;
            }
            if self.prerequisites[at as usize].is_empty() {
                root = Some(root.map_or(at, |root: u32| root.min(at)));
            }
            open.extend(&self.prerequisites[at as usize]);
        }
        let root = root?;
        let joins =
            (later as usize + 1..self.prerequisites.len()).filter(|at| self.is_ancestor(later, *at as u32));
        let parent = joins
            .filter_map(|join| {
                self.prerequisites[join]
                    .iter()
                    .copied()
                    .find(|parent| self.is_ancestor(earlier, *parent) && !self.is_ancestor(root, *parent))
            })
            .next()
            .unwrap_or(earlier);
        Some((root, parent))
    }

    /// Returns what a migration directly follows.
    pub fn prerequisites(&self, migration: u32) -> &[u32] {
        &self.prerequisites[migration as usize]
    }

    fn with_ancestors<T>(&self, of: u32, read: impl FnOnce(&[u64]) -> T) -> T {
        if let Some(bits) = self.ancestors.borrow().get(&of) {
            return read(bits);
        }
        let start = self.starts[self.stretch[of as usize] as usize];
        let mut bits = vec![0_u64; place(of - start).0 + 1];
        let mut open = vec![of];
        while let Some(at) = open.pop() {
            for prerequisite in self.prerequisites[at as usize]
                .iter()
                .copied()
                .filter(|other| *other >= start)
            {
                let (word, bit) = place(prerequisite - start);
                if bits[word] & bit == 0 {
                    bits[word] |= bit;
                    open.push(prerequisite);
                }
            }
        }
        let answer = read(&bits);
        self.ancestors.borrow_mut().insert(of, bits);
        answer
    }
}

fn place(at: u32) -> (usize, u64) {
    ((at / 64) as usize, 1 << (at % 64))
}

/// Finds the migrations that every other one is an ancestor or a descendant of, in two passes: from the front, one that
/// is the only head of all so far; from the back, one that is the only root of all from there on.
fn comparable_with_all(prerequisites: &[Vec<u32>]) -> Vec<bool> {
    let count = prerequisites.len();
    let mut only = vec![true; count];
    let mut has_child = vec![false; count];
    let mut heads = 0_usize;
    for (at, own) in prerequisites.iter().enumerate() {
        heads += 1;
        for prerequisite in own {
            if !std::mem::replace(&mut has_child[*prerequisite as usize], true) {
                heads -= 1;
            }
        }
        only[at] = heads == 1;
    }
    // Backwards: how many of those from `at` on have no prerequisite among them.
    let mut roots = 0_usize;
    let mut followers: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (at, own) in prerequisites.iter().enumerate() {
        own.iter()
            .for_each(|prerequisite| followers[*prerequisite as usize].push(at as u32));
    }
    let mut known = vec![0_usize; count];
    for at in (0..count).rev() {
        roots += 1;
        for follower in &followers[at] {
            known[*follower as usize] += 1;
            if known[*follower as usize] == 1 {
                roots -= 1;
            }
        }
        only[at] &= roots == 1;
    }
    only
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 → 1 → {2, 3 → 4} → 5 → 6, and 7 beside everything after 5.
    fn edges() -> Vec<Vec<u32>> {
        vec![
            vec![],
            vec![0],
            vec![1],
            vec![1],
            vec![3],
            vec![2, 4],
            vec![5],
            vec![5],
        ]
    }

    #[test]
    fn order_is_that_of_the_edges() {
        let edges = edges();
        let ordered = Ordered::new(&edges);
        for (earlier, later, expected) in [
            (0, 7, true),
            (1, 2, true),
            (2, 3, false),
            (2, 4, false),
            (3, 4, true),
            (3, 5, true),
            (6, 7, false),
            (5, 6, true),
            (4, 4, true),
        ] {
            assert_eq!(ordered.is_ancestor(earlier, later), expected, "{earlier} {later}");
        }
        assert_eq!(
            comparable_with_all(&edges),
            [true, true, false, false, false, true, false, false]
        );
        assert!(ordered.has_neighbours(3) && !ordered.has_neighbours(5));
        assert_eq!(ordered.beyond(&[2, 4], 4), [2]);
    }

    #[test]
    fn two_roots_are_not_ordered() {
        let edges = vec![vec![], vec![], vec![0, 1]];
        let ordered = Ordered::new(&edges);
        assert!(!ordered.are_ordered(0, 1) && ordered.are_ordered(1, 2));
    }
}
