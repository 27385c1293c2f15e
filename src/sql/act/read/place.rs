//! Where decoded text stands in the file.

use crate::sql::act::Span;

/// Maps bytes of a text that was taken out of a file back into the file.
///
/// A body in dollar quotes is shifted; one in plain quotes loses a byte at each doubled quote; text put together by
/// `format(…)` comes from several literals. Marks say where each piece that was copied unchanged begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Decoded position and position in the file, in order of both where the text is one literal.
    marks: Vec<(u32, u32)>,
}

impl Place {
    /// The text is the file from byte `start` on.
    pub(super) fn shifted(start: u32) -> Self {
        Place {
            marks: vec![(0, start)],
        }
    }

    /// Says that what follows from byte `decoded` on stands at `source`.
    pub(super) fn mark(&mut self, decoded: usize, source: u32) {
        let decoded = decoded as u32;
        match self.marks.last_mut() {
            Some(last) if last.0 == decoded => last.1 = source,
            Some(last) if last.1.wrapping_add(decoded - last.0) == source => {}
            _ => self.marks.push((decoded, source)),
        }
    }

    /// Returns where a decoded byte stands.
    pub(super) fn at(&self, decoded: u32) -> u32 {
        let index = self.marks.partition_point(|mark| mark.0 <= decoded);
        match self.marks.get(index.saturating_sub(1)) {
            Some(mark) => mark.1 + decoded.saturating_sub(mark.0),
            None => decoded,
        }
    }

    /// Returns where decoded bytes stand.
    pub(super) fn span(&self, decoded: Span) -> Span {
        let start = self.at(decoded.start);
        // The last byte, not the one after it: a mark at the end belongs to what follows, unless what ends here is one
        // byte for two in the file, such as a doubled quote.
        let end = match decoded.end {
            end if end > decoded.start => match (self.at(end - 1) + 1, self.at(end)) {
                (last, next) if next == last + 1 => next,
                (last, _) => last,
            },
            _ => start,
        };
        start..end.max(start)
    }
}

impl Place {
    /// Appends the first `length` bytes of a text at `inner`, whose source itself stands at `outer`.
    pub(super) fn append(&mut self, at: usize, inner: &Place, length: usize, outer: &Place) {
        for (index, (decoded, source)) in inner.marks.iter().enumerate() {
            let next = inner.marks.get(index + 1).map_or(length as u32, |next| next.0);
            if *decoded >= next && index + 1 < inner.marks.len() {
                continue;
            }
            self.mark(at + *decoded as usize, outer.at(*source));
            let end = source + next.saturating_sub(*decoded);
            let first = outer.marks.partition_point(|mark| mark.0 <= *source);
            for mark in outer.marks[first..].iter().take_while(|mark| mark.0 < end) {
                self.mark(at + (decoded + mark.0 - source) as usize, mark.1);
            }
        }
    }
}

impl Place {
    /// Appends the bytes `from..to` of a text that stands at `other`.
    pub(super) fn copy(&mut self, at: usize, other: &Place, from: u32, to: u32) {
        self.mark(at, other.at(from));
        let first = other.marks.partition_point(|mark| mark.0 <= from);
        for mark in other.marks[first..].iter().take_while(|mark| mark.0 < to) {
            self.mark(at + (mark.0 - from) as usize, mark.1);
        }
    }
}
