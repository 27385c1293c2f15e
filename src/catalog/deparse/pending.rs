//! Definitions whose text is not known yet, and the questions that find it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::facet::Facet;

use super::Deparsed;
use super::outline::{Attributes, Outline, Row};
use super::quoting::Quoting;

/// Where a definition belongs: the number of an object among those that were read, and its facet.
#[derive(Clone, Copy, Debug)]
pub(in crate::catalog) struct Place {
    pub object: u32,
    pub facet: &'static Facet,
}

/// One statement that deparses some objects. Its rows are answers.
#[derive(Debug)]
pub struct Question {
    /// The SQL text: one SELECT.
    pub sql: String,
    asked: HashMap<u32, u32>,
}

impl Question {
    /// Returns how many objects it asks for.
    pub fn size(&self) -> usize {
        self.asked.len()
    }
}

/// All definitions of one read.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Definitions {
    pub attributes: Arc<Attributes>,
    quoting: Quoting,
    forms: HashMap<Box<[u8]>, u32>,
    form_bytes: usize,
    rests: Vec<Rest>,
    pending: Vec<Pending>,
}

/// What follows the head in every definition of one key.
#[derive(Debug)]
enum Rest {
    /// Not known before its first object is deparsed.
    Of { first: u32 },
    /// As the server wrote it.
    Known(Box<str>),
    /// The first object's text did not begin with its head, or it was gone: each is deparsed by itself.
    Unknown,
}

#[derive(Debug)]
struct Pending {
    place: Place,
    deparsed: &'static Deparsed,
    oid: u32,
    /// Which of the rests; `None` where the outline is not known.
    form: Option<u32>,
    head: Box<str>,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Open,
    Asked,
    Answered(Box<str>),
    Done,
}

/// Keys take this much memory at most; a catalog of ever new expressions has them deparsed one by one.
const LARGEST: usize = 16 * 1024 * 1024;

impl Definitions {
    /// Takes the words that the server quotes.
    pub fn quote(&mut self, words: impl IntoIterator<Item = String>) {
        self.quoting = Quoting::new(words);
    }

    /// Takes the row of an object whose definition is to be found.
    pub fn add(
        &mut self,
        place: Place,
        deparsed: &'static Deparsed,
        oid: u32,
        (name, trees, parts): (&str, &[Option<&str>], &[Option<&str>]),
    ) {
        let row = Row {
            name,
            trees,
            parts,
            attributes: &self.attributes,
            quoting: &self.quoting,
        };
        let outline = self
            .quoting
            .is_known()
            .then(|| (deparsed.outline)(&row))
            .flatten();
        let (form, head) = match outline {
            Some(Outline { head, key }) => (self.form(key), head.into()),
            None => (None, Box::default()),
        };
        self.pending.push(Pending {
            place,
            deparsed,
            oid,
            form,
            head,
            state: State::Open,
        });
    }

    /// Takes an object whose definition has no outline.
    pub fn add_unknown(&mut self, place: Place, deparsed: &'static Deparsed, oid: u32) {
        self.pending.push(Pending {
            place,
            deparsed,
            oid,
            form: None,
            head: Box::default(),
            state: State::Open,
        });
    }

    fn form(&mut self, key: Vec<u8>) -> Option<u32> {
        if let Some(known) = self.forms.get(&*key) {
            return Some(*known);
        }
        if self.form_bytes > LARGEST {
            return None;
        }
        self.form_bytes += key.len();
        let form = self.rests.len() as u32;
        self.rests.push(Rest::Of {
            first: self.pending.len() as u32,
        });
        self.forms.insert(key.into_boxed_slice(), form);
        Some(form)
    }

    /// Gives every definition that is known by now to `fill`, and returns what must be asked for the others.
    ///
    /// Each object is asked for once at most; when there are no questions left, everything is filled.
    pub fn questions(&mut self, mut fill: impl FnMut(Place, Option<Box<str>>)) -> Vec<Question> {
        self.settle();
        let mut by_statement: Vec<(&'static Deparsed, HashMap<u32, u32>)> = Vec::new();
        for (index, pending) in self.pending.iter_mut().enumerate() {
            let rest = pending.form.map(|form| &self.rests[form as usize]);
            match (std::mem::replace(&mut pending.state, State::Done), rest) {
                (State::Done, _) => {}
                (State::Answered(text), _) => fill(pending.place, Some(text)),
                (State::Asked, _) => fill(pending.place, None),
                (State::Open, Some(Rest::Known(rest))) => {
                    let text = format!("{}{rest}", pending.head);
                    fill(pending.place, Some(text.into()));
                }
                (State::Open, Some(Rest::Of { first })) if *first != index as u32 => {
                    pending.state = State::Open;
                }
                (State::Open, _) => {
                    pending.state = State::Asked;
                    let found = by_statement
                        .iter()
                        .position(|(known, _)| std::ptr::eq(*known, pending.deparsed));
                    let at = found.unwrap_or_else(|| {
                        by_statement.push((pending.deparsed, HashMap::new()));
                        by_statement.len() - 1
                    });
                    by_statement[at].1.insert(pending.oid, index as u32);
                }
            }
        }
        by_statement
            .into_iter()
            .map(|(deparsed, asked)| Question::new(deparsed, asked))
            .collect()
    }

    /// Takes a row of a question's answer. False if it is not one.
    pub fn answer(&mut self, question: &Question, row: &[Option<&str>]) -> bool {
        let [Some(oid), text] = row else { return false };
        let Some(index) = oid.parse().ok().and_then(|oid: u32| question.asked.get(&oid)) else {
            return false;
        };
        if let Some(text) = text {
            self.pending[*index as usize].state = State::Answered((*text).into());
        }
        true
    }

    /// Learns the rest of each form whose first object was asked for.
    fn settle(&mut self) {
        for rest in &mut self.rests {
            let Rest::Of { first } = rest else { continue };
            let first = &self.pending[*first as usize];
            match &first.state {
                State::Open => {}
                State::Answered(text) => {
                    *rest = match text.strip_prefix(&*first.head) {
                        Some(known) => Rest::Known(known.into()),
                        None => Rest::Unknown,
                    };
                }
                State::Asked | State::Done => *rest = Rest::Unknown,
            }
        }
    }
}

impl Question {
    fn new(deparsed: &'static Deparsed, asked: HashMap<u32, u32>) -> Self {
        let mut oids: Vec<u32> = asked.keys().copied().collect();
        oids.sort_unstable();
        let list: Vec<String> = oids.iter().map(u32::to_string).collect();
        let list = format!("{{{}}}", list.join(","));
        Question {
            sql: deparsed.ask.replace("{}", &list),
            asked,
        }
    }
}
