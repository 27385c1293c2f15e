//! Labels with inheritance, without a set per revision.

use std::collections::HashMap;

use petgraph::graph::NodeIndex;

use super::dag::{Dag, Edge};

/// Which labels each revision carries.
///
/// A revision without labels of its own and with one line of ancestors shares its parent's set; only a revision that
/// declares labels, or joins lines with different ones, makes a new set that points at those it is made of. A graph of
/// 100,000 revisions and two labels holds a handful of sets.
#[derive(Clone, Debug)]
pub struct Labels {
    set_of: Vec<u32>,
    sets: Vec<Set>,
}

#[derive(Clone, Debug, Default)]
struct Set {
    /// The revision whose own labels belong to the set.
    declared_by: Option<NodeIndex>,
    /// The sets that it includes.
    inherited: Vec<u32>,
}

const EMPTY: u32 = 0;

/// How many labels are shown in one place.
const SHOWN: usize = 12;

/// Returns labels for people, shortened if there are very many; empty if there are none.
pub fn shown(labels: &[&str]) -> String {
    match labels.len().checked_sub(SHOWN) {
        None | Some(0) => labels.join(", "),
        Some(more) => format!("{} and {more} more", labels[..SHOWN].join(", ")),
    }
}

impl Labels {
    /// Inherits labels along parents, in linear order.
    pub fn inherit(dag: &Dag, order: &[NodeIndex]) -> Self {
        let mut labels = Labels {
            set_of: vec![EMPTY; dag.node_count()],
            sets: vec![Set::default()],
        };
        let mut joined: HashMap<Vec<u32>, u32> = HashMap::new();
        for &node in order {
            let mut inherited: Vec<u32> = super::dag::parents(dag, node, Edge::Parent)
                .map(|parent| labels.set_of[parent.index()])
                .filter(|set| *set != EMPTY)
                .collect();
            inherited.sort_unstable();
            inherited.dedup();
            labels.set_of[node.index()] = if !dag[node].labels.is_empty() {
                labels.add(Set {
                    declared_by: Some(node),
                    inherited,
                })
            } else {
                match inherited[..] {
                    [] => EMPTY,
                    [one] => one,
                    _ => match joined.get(&inherited) {
                        Some(set) => *set,
                        None => {
                            let set = labels.add(Set {
                                declared_by: None,
                                inherited: inherited.clone(),
                            });
                            joined.insert(inherited, set);
                            set
                        }
                    },
                }
            };
        }
        labels
    }

    /// Returns the labels of a revision, sorted, each once.
    pub fn of<'a>(&self, dag: &'a Dag, node: NodeIndex) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        let mut open = vec![self.set_of[node.index()]];
        let mut seen = std::collections::HashSet::new();
        while let Some(set) = open.pop() {
            if set == EMPTY || !seen.insert(set) {
                continue;
            }
            let set = &self.sets[set as usize];
            found.extend(
                set.declared_by
                    .iter()
                    .flat_map(|node| dag[*node].labels.iter().map(String::as_str)),
            );
            open.extend(&set.inherited);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn add(&mut self, set: Set) -> u32 {
        self.sets.push(set);
        (self.sets.len() - 1) as u32
    }
}
