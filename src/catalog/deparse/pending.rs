//! Definitions whose text is not known yet, and the questions that find it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::facet::Facet;

use super::Deparsed;
use super::bound::Texts;
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
    /// What was asked for beforehand.
    pub texts: Arc<Texts>,
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
                    if let Some(text) = self
                        .texts
                        .of(pending.deparsed, pending.oid)
                        .filter(|_| pending.form.is_none())
                    {
                        fill(pending.place, Some(text.into()));
                        continue;
                    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::deparse::{DEFAULT, TRIGGER};
    use crate::catalog::kinds;
    use crate::catalog::object::ObjectId;

    fn place(object: u32) -> Place {
        let kind = kinds::named("trigger").expect("a kind");
        let facet = kind.facet("definition").expect("a facet");
        Place { object, facet }
    }

    fn definitions() -> Definitions {
        let mut definitions = Definitions::default();
        definitions.quote(["select".to_owned()]);
        let table = kinds::named("table").expect("a kind");
        let id = Arc::new(ObjectId::top(table, Some("s".into()), "t"));
        Arc::make_mut(&mut definitions.attributes).add(16_400, &id, 1, "a", (23, 0), 0);
        definitions
    }

    /// Answers every question by the oid asked for, and returns what was filled in.
    fn filled(
        definitions: &mut Definitions,
        answer: impl Fn(u32) -> Option<String>,
    ) -> (Vec<usize>, Vec<String>) {
        let (mut sizes, mut texts) = (Vec::new(), Vec::new());
        loop {
            let questions =
                definitions.questions(|place, text| texts.push(format!("{}: {text:?}", place.object)));
            if questions.is_empty() {
                texts.sort();
                return (sizes, texts);
            }
            for question in &questions {
                sizes.push(question.size());
                for oid in question.asked.clone().keys() {
                    if let Some(text) = answer(*oid) {
                        assert!(definitions.answer(question, &[Some(&oid.to_string()), Some(&text)]));
                    }
                }
            }
        }
    }

    fn add_default(definitions: &mut Definitions, oid: u32, tree: &str) {
        let parts = [Some("16400")];
        definitions.add(place(oid), &DEFAULT, oid, ("c", &[Some(tree)], &parts));
    }

    fn add_trigger(definitions: &mut Definitions, oid: u32, name: &str) {
        let parts = ["16400", "", "7", "false", "9", "0", "falsefalse", "0", "\\x"].map(Some);
        definitions.add(place(oid), &TRIGGER, oid, (name, &[None], &parts));
    }

    #[test]
    fn one_of_each_is_asked_for() {
        let mut definitions = definitions();
        add_default(&mut definitions, 1, "{CONST :consttype 23 :location 5}");
        add_default(&mut definitions, 2, "{CONST :consttype 23 :location 77}");
        add_default(&mut definitions, 3, "{CONST :consttype 25 :location 5}");
        add_default(&mut definitions, 4, "{UNHEARD :of 5}");
        let (sizes, texts) = filled(&mut definitions, |oid| Some(format!("text {oid}")));
        assert_eq!(sizes, [3]);
        let expected = [
            "1: Some(\"text 1\")",
            "2: Some(\"text 1\")",
            "3: Some(\"text 3\")",
            "4: Some(\"text 4\")",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn names_are_put_in() {
        let mut definitions = definitions();
        add_trigger(&mut definitions, 1, "one");
        add_trigger(&mut definitions, 2, "Two");
        let text = "CREATE TRIGGER one BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION f()";
        let (sizes, texts) = filled(&mut definitions, |_| Some(text.to_owned()));
        assert_eq!(sizes, [1]);
        assert_eq!(texts[1], format!("2: {:?}", Some(text.replace("one", "\"Two\""))));
    }

    #[test]
    fn a_text_of_another_form_is_not_built_upon() {
        let mut definitions = definitions();
        for (oid, name) in [(1, "one"), (2, "two"), (3, "three")] {
            add_trigger(&mut definitions, oid, name);
        }
        let (sizes, texts) = filled(&mut definitions, |oid| {
            (oid != 3).then(|| format!("CREATE NEW TRIGGER {oid}"))
        });
        assert_eq!(sizes, [1, 2]);
        let expected = [
            "1: Some(\"CREATE NEW TRIGGER 1\")",
            "2: Some(\"CREATE NEW TRIGGER 2\")",
            "3: None",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn without_the_words_of_the_server_each_is_asked_for() {
        let mut definitions = definitions();
        definitions.quote([]);
        add_trigger(&mut definitions, 1, "one");
        add_trigger(&mut definitions, 2, "two");
        assert_eq!(filled(&mut definitions, |_| None).0, [2]);
    }
}
