//! `text`: lanes in the terminal, the newest revision on top.
//!
//! ```text
//! ● d4 (head) join both
//! ├─╮
//! ○ │ b2 one line
//! │ ○ c3 the other line
//! ├─╯
//! ○ a1 where it began
//! ```
//!
//! A lane keeps its column until its line ends, so lines are straight. Where a lane crosses another one's branch it is
//! drawn through. `depends-on` is written, not drawn. The cost grows with the number of revisions, not with the number
//! of lanes: a graph with more lanes than [`SHOWN`] is cut off at the right.

use std::collections::{BTreeSet, HashMap};

use super::visible;
use crate::graph::{Graph, shown_labels};
use crate::model::{Revision, RevisionId};

/// How many lanes are drawn.
const SHOWN: usize = 48;

/// Draws the whole graph.
pub fn draw(graph: &Graph) -> String {
    let shape = Shape::of(graph);
    let mut lanes = Lanes::new(graph.len());
    let mut out = String::new();
    for place in shape.newest_first() {
        let Some(revision) = graph.at(place) else { continue };
        let column = lanes.column_of(place);
        let is_head = shape.children[place] == 0;
        push_line(
            &mut out,
            &lanes.node_row(column, if is_head { '●' } else { '○' }),
            &describe(graph, revision, is_head),
        );
        let links = lanes.follow(column, &shape.parents[place]);
        if !links.is_empty() {
            push_line(&mut out, &lanes.link_row(column, &links), "");
        }
        lanes.trim();
    }
    out
}

fn push_line(out: &mut String, row: &str, text: &str) {
    let line = format!("{row} {text}");
    out.push_str(line.trim_end());
    out.push('\n');
}

fn describe(graph: &Graph, revision: &Revision, is_head: bool) -> String {
    let labels = match is_head {
        true => graph.labels(&revision.id),
        false => revision.labels.iter().map(String::as_str).collect(),
    };
    let mut remarks = vec![shown_labels(&labels)];
    if is_head {
        remarks.insert(0, "head".to_owned());
    }
    remarks.retain(|remark| !remark.is_empty());
    let mut text = revision.id.to_string();
    if !remarks.is_empty() {
        text.push_str(&format!(" ({})", remarks.join(", ")));
    }
    if !revision.branch.is_empty() {
        text.push_str(&format!(" [{}]", visible(&revision.branch)));
    }
    text.push_str(&format!(" {}", visible(&revision.message)));
    if !revision.depends_on.is_empty() {
        let ids: Vec<&str> = revision.depends_on.iter().map(|id| id.as_str()).collect();
        text.push_str(&format!(" (after {})", ids.join(", ")));
    }
    text
}

/// The edges by place in the linear order.
struct Shape {
    /// The parents that exist, in the order of the header.
    parents: Vec<Vec<usize>>,
    /// The dependencies that exist.
    dependencies: Vec<Vec<usize>>,
    /// How many name this one as a parent.
    children: Vec<usize>,
}

impl Shape {
    fn of(graph: &Graph) -> Self {
        let places = |ids: &[RevisionId], own: usize| -> Vec<usize> {
            ids.iter()
                .filter_map(|id| graph.position(id))
                .filter(|place| *place != own)
                .collect()
        };
        let numbered = || graph.revisions().enumerate();
        let parents: Vec<Vec<usize>> = numbered()
            .map(|(at, revision)| places(&revision.parents, at))
            .collect();
        let dependencies = numbered()
            .map(|(at, revision)| places(&revision.depends_on, at))
            .collect();
        let mut children = vec![0; graph.len()];
        parents.iter().flatten().for_each(|parent| children[*parent] += 1);
        Shape {
            parents,
            dependencies,
            children,
        }
    }

    /// Orders the revisions so that each stands above what it follows and lines stay together: the first parent's line
    /// is drawn to where it meets another one before the second parent's begins. Revisions on a cycle come last.
    fn newest_first(&self) -> Vec<usize> {
        let mut above = self.children.clone();
        self.dependencies
            .iter()
            .flatten()
            .for_each(|place| above[*place] += 1);
        let mut free: Vec<usize> = (0..above.len()).filter(|place| above[*place] == 0).collect();
        let mut order = Vec::with_capacity(above.len());
        while let Some(place) = free.pop() {
            order.push(place);
            for earlier in self.dependencies[place]
                .iter()
                .chain(self.parents[place].iter().rev())
            {
                above[*earlier] -= 1;
                if above[*earlier] == 0 {
                    free.push(*earlier);
                }
            }
        }
        order.extend((0..above.len()).rev().filter(|place| above[*place] > 0));
        order
    }
}

/// The lanes between two rows, and which revision each of them leads down to.
struct Lanes {
    waiting: Vec<Option<usize>>,
    /// The lane that leads to a revision.
    column: HashMap<usize, usize>,
    /// Columns below the last lane that hold none.
    free: BTreeSet<usize>,
    drawn: Vec<bool>,
}

/// A line that leaves a revision sideways, and what the lane that it reaches does there.
struct Link {
    column: usize,
    /// Whether the lane comes from above.
    up: bool,
    /// Whether it goes on below.
    down: bool,
}

impl Lanes {
    fn new(revisions: usize) -> Self {
        Lanes {
            waiting: Vec::new(),
            column: HashMap::new(),
            free: BTreeSet::new(),
            drawn: vec![false; revisions],
        }
    }

    /// Opens a lane in the first free column, at the right of `after` if there is one.
    fn open(&mut self, place: usize, after: usize) -> usize {
        let column = self
            .free
            .range(after..)
            .next()
            .copied()
            .unwrap_or(self.waiting.len());
        self.put(column, place);
        column
    }

    fn put(&mut self, column: usize, place: usize) {
        if column == self.waiting.len() {
            self.waiting.push(None);
        }
        self.waiting[column] = Some(place);
        self.column.insert(place, column);
        self.free.remove(&column);
    }

    fn end(&mut self, column: usize) {
        if let Some(place) = self.waiting[column].take() {
            self.column.remove(&place);
            self.free.insert(column);
        }
    }

    fn column_of(&mut self, place: usize) -> usize {
        self.drawn[place] = true;
        match self.column.get(&place) {
            Some(column) => *column,
            None => self.open(place, 0),
        }
    }

    /// Turns the lane of a revision into the lanes of its parents and returns what leads sideways.
    fn follow(&mut self, column: usize, parents: &[usize]) -> Vec<Link> {
        self.end(column);
        let mut links = Vec::new();
        for &parent in parents {
            let is_free = self.waiting[column].is_none();
            match self.column.get(&parent).copied() {
                // Only on a cycle is a parent drawn already.
                _ if self.drawn[parent] => {}
                Some(joined) if joined == column => {}
                // The line goes on in the left lane of the two.
                Some(joined) if joined > column && is_free => {
                    self.end(joined);
                    self.put(column, parent);
                    links.push(Link {
                        column: joined,
                        up: true,
                        down: false,
                    });
                }
                Some(joined) => links.push(Link {
                    column: joined,
                    up: true,
                    down: true,
                }),
                None if is_free => self.put(column, parent),
                None => {
                    let column = self.open(parent, column);
                    links.push(Link {
                        column,
                        up: false,
                        down: true,
                    });
                }
            }
        }
        links
    }

    fn trim(&mut self) {
        while self.waiting.last().is_some_and(Option::is_none) {
            self.waiting.pop();
            self.free.remove(&self.waiting.len());
        }
    }

    fn node_row(&self, column: usize, symbol: char) -> String {
        let cell = |at: usize| match at {
            _ if at == column => symbol,
            _ if self.waiting[at].is_some() => '│',
            _ => ' ',
        };
        let shown = self.waiting.len().min(SHOWN);
        let mut row: Vec<String> = (0..shown).map(|at| cell(at).to_string()).collect();
        if self.waiting.len() > SHOWN {
            row.push("…".to_owned());
        }
        if column >= SHOWN {
            row.push(symbol.to_string());
        }
        row.join(" ")
    }

    fn link_row(&self, column: usize, links: &[Link]) -> String {
        let left = links.iter().map(|link| link.column).fold(column, usize::min);
        let right = links.iter().map(|link| link.column).fold(column, usize::max);
        let width = self.waiting.len().max(right + 1).min(SHOWN);
        let mut reached: Vec<Option<&Link>> = vec![None; width];
        links
            .iter()
            .filter(|link| link.column < width)
            .for_each(|link| reached[link.column] = Some(link));
        let mut row = String::new();
        for (at, link) in reached.into_iter().enumerate() {
            let lane = self.waiting.get(at).is_some_and(Option::is_some);
            let sides = (at > left && at <= right, at >= left && at < right);
            row.push(match link {
                _ if at == column => line(true, lane, sides),
                Some(link) => line(link.up, link.down, sides),
                // A lane that has nothing to do with this is drawn through the line.
                None if lane => '│',
                None => line(false, false, sides),
            });
            row.push(if sides.1 { '─' } else { ' ' });
        }
        if self.waiting.len() > SHOWN {
            row.push('…');
        }
        row
    }
}

/// Returns the sign that has lines up, down, to the left and to the right.
fn line(up: bool, down: bool, (left, right): (bool, bool)) -> char {
    match (up, down, left, right) {
        (true, true, true, true) => '┼',
        (true, true, true, false) => '┤',
        (true, true, false, true) => '├',
        (true, true, false, false) => '│',
        (true, false, true, true) => '┴',
        (true, false, true, false) => '╯',
        (true, false, false, true) => '╰',
        (false, true, true, true) => '┬',
        (false, true, true, false) => '╮',
        (false, true, false, true) => '╭',
        (false, false, true, _) | (false, false, _, true) => '─',
        _ => ' ',
    }
}
