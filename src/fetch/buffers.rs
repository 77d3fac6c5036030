//! Buffers that begin with one page and grow with the data. ureq's own have a fixed size
//! and are zeroed, which costs a short probe more than all of its parsing.

use ureq::unversioned::transport::Buffers;

const PAGE: usize = 4096;

/// Maximum number of unconsumed bytes. More than the longest head that ureq accepts; a
/// body is consumed as it arrives.
const MAX_INPUT: usize = 32 * PAGE;

#[derive(Debug)]
pub(super) struct GrowingBuffers {
    input: Vec<u8>,
    consumed: usize,
    /// The end of what ureq may read.
    released: usize,
    filled: usize,
    output: Vec<u8>,
    consuming: bool,
    /// Whether ureq has consumed any input.
    is_used: bool,
}

impl GrowingBuffers {
    /// `output` is the size of the output buffer, in bytes. It has to hold the longest
    /// line of the request.
    pub(super) fn new(output: usize) -> Self {
        Self {
            input: Vec::new(),
            consumed: 0,
            released: 0,
            filled: 0,
            output: vec![0; output],
            consuming: false,
            is_used: false,
        }
    }

    /// The head that was released, if ureq did not take it.
    pub(super) fn refused(&self) -> Option<&[u8]> {
        (!self.is_used).then(|| self.input())
    }

    /// What was appended and is not yet released, for the transport to look at and to rewrite.
    pub(super) fn pending(&mut self) -> &mut [u8] {
        &mut self.input[self.released..self.filled]
    }

    /// Releases the first `kept` pending bytes and removes those between them and `read`.
    pub(super) fn release(&mut self, kept: usize, read: usize) {
        let rest = self.released + read..self.filled;
        self.released += kept;
        if kept < read {
            self.input.copy_within(rest, self.released);
            self.filled -= read - kept;
        }
    }
}

impl Buffers for GrowingBuffers {
    fn output(&mut self) -> &mut [u8] {
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.consumed..self.released]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.consumed > 0 {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            self.released -= self.consumed;
            self.consumed = 0;
        }
        let size = (self.filled * 2).clamp(PAGE, MAX_INPUT);
        if self.filled == self.input.len() && size > self.filled {
            // Not resized: new memory comes zeroed, at no cost to a short probe.
            let mut larger = vec![0; size];
            larger[..self.filled].copy_from_slice(&self.input);
            self.input = larger;
        }
        &mut self.input[self.filled..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled = (self.filled + amount).min(self.input.len());
    }

    fn input_consume(&mut self, amount: usize) {
        self.consuming = amount > 0;
        self.is_used |= self.consuming;
        self.consumed = (self.consumed + amount).min(self.released);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        if self.filled == self.input.len() {
            self.input.resize(self.filled + PAGE, 0);
        }
        (&mut self.input[self.filled..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.consumed < self.released && self.consuming
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffers, GrowingBuffers, MAX_INPUT, PAGE};

    /// Appends these bytes.
    fn append(buffers: &mut GrowingBuffers, bytes: &[u8]) {
        buffers.input_append_buf()[..bytes.len()].copy_from_slice(bytes);
        buffers.input_appended(bytes.len());
    }

    #[test]
    fn keeps_unconsumed_input_in_front_and_grows() {
        let mut buffers = GrowingBuffers::new(8);
        assert_eq!(buffers.input_append_buf().len(), PAGE);
        append(&mut buffers, b"abc");
        buffers.release(3, 3);
        buffers.input_consume(1);
        assert!(buffers.can_use_input());
        assert_eq!(buffers.input(), b"bc");
        assert_eq!(buffers.input_append_buf().len(), PAGE - 2);
        buffers.input_appended(PAGE - 2);
        buffers.release(PAGE - 2, PAGE - 2);
        buffers.input_consume(0);
        assert!(!buffers.can_use_input());
        assert_eq!(buffers.input_append_buf().len(), PAGE);
        assert_eq!(&buffers.input()[..2], b"bc");
    }

    #[test]
    fn shows_only_what_was_released() {
        let mut buffers = GrowingBuffers::new(0);
        append(&mut buffers, b"abcdef");
        assert_eq!(buffers.input(), b"");
        assert_eq!(buffers.pending(), b"abcdef");
        buffers.release(1, 3);
        assert_eq!(buffers.input(), b"a");
        assert_eq!(buffers.pending(), b"def");
        buffers.input_consume(1);
        append(&mut buffers, b"g");
        assert_eq!(buffers.input(), b"");
        assert_eq!(buffers.pending(), b"defg");
        buffers.release(0, 4);
        assert_eq!(buffers.pending(), b"");
    }

    #[test]
    fn stops_growing_when_nothing_is_consumed() {
        let mut buffers = GrowingBuffers::new(0);
        while !buffers.input_append_buf().is_empty() {
            let room = buffers.input_append_buf().len();
            buffers.input_appended(room);
        }
        assert_eq!(buffers.pending().len(), MAX_INPUT);
    }
}
