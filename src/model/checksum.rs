//! Checksums of migration files.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// SHA-256 of some bytes, shown as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String")]
#[serde(try_from = "String")]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// Computes the checksum of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Checksum(Sha256::digest(bytes.as_ref()).into())
    }

    /// Begins the checksum of bytes that come one after the other.
    pub fn growing() -> Growing {
        Growing(Sha256::new())
    }

    /// Returns the raw digest.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the first 8 bytes as a big-endian number.
    pub fn first_u64(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(first)
    }
}

/// The checksum of what has come so far.
#[derive(Clone)]
pub struct Growing(Sha256);

impl Growing {
    /// Takes more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the checksum of all of them.
    pub fn end(self) -> Checksum {
        Checksum(self.0.finalize().into())
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({self})")
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> String {
        checksum.to_string()
    }
}

impl TryFrom<String> for Checksum {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(format!("\"{text}\" is not a SHA-256 in hexadecimal"));
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16)
                .map_err(|_| format!("\"{text}\" is not a SHA-256 in hexadecimal"))?;
        }
        Ok(Checksum(bytes))
    }
}
