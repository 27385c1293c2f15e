//! What a definition depends on, as bytes that are equal only where all of it is.

/// A growing key. Every part carries its length, so that no two sequences of parts look alike.
#[derive(Debug)]
pub(super) struct Key(pub Vec<u8>);

impl Key {
    /// Begins the key of a sort of definitions: keys of different sorts are never equal.
    pub fn of(sort: u8) -> Self {
        let mut bytes = Vec::with_capacity(1024);
        bytes.push(sort);
        Key(bytes)
    }

    /// Adds a part.
    pub fn put(&mut self, part: &str) {
        self.0.extend_from_slice(&(part.len() as u32).to_le_bytes());
        self.0.extend_from_slice(part.as_bytes());
    }

    /// Adds a part that may be missing.
    pub fn put_optional(&mut self, part: Option<&str>) {
        match part {
            Some(part) => {
                self.0.push(1);
                self.put(part);
            }
            None => self.0.push(0),
        }
    }

    /// Adds bytes as they are: the caller sees to it that they cannot be mistaken.
    pub fn put_raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}
