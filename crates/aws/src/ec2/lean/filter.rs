//! Drops elements of an XML document that arrives in pieces.

use memchr::{memchr, memchr_iter, memchr2};

/// What is kept of an element's content. Children are named without their namespace's prefix.
#[derive(Debug)]
pub enum Keep {
    /// All of it; of these children only what is said of them.
    All(&'static [(&'static str, Keep)]),
    /// These children, and nothing between them.
    Only(&'static [(&'static str, Keep)]),
}

impl Keep {
    /// What is kept of a child's content; none where the child is dropped.
    fn child(&self, name: &[u8]) -> Option<&'static Self> {
        static WHOLE: Keep = Keep::All(&[]);
        let (Self::All(children) | Self::Only(children)) = self;
        let child = children.iter().find(|(child, _)| child.as_bytes() == name);
        match (child, self) {
            (Some((_, keep)), _) => Some(keep),
            (None, Self::All(_)) => Some(&WHOLE),
            (None, Self::Only(_)) => None,
        }
    }
}

/// Why a document can't be read. What was let through of it until then must not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedXml {
    /// It ends before its root element does.
    #[error("the XML document is cut off, within {0} elements")]
    CutOff(usize),
    /// An end tag, without an element that it could end.
    #[error("the XML document has the end tag {0:?} where another one is due")]
    WrongEndTag(String),
    /// A tag without a name or with another tag in it, or a document type, which AWS does not write.
    #[error("the XML document has {0:?}, which is no tag that AWS writes")]
    NoTag(String),
}

/// Lets those bytes of a document through that are kept, however the document is cut into pieces.
///
/// It checks that each element ends, and those that are kept by a tag of their name. It leaves to
/// the reader of the result what is in the tags and between them, such as references.
#[derive(Debug)]
pub struct Filter {
    document: &'static Keep,
    /// Markup whose end has not arrived yet.
    begun: Vec<u8>,
    /// The open elements that are kept, from the root inwards.
    kept: Vec<Kept>,
    /// Their names, one after the other.
    names: Vec<u8>,
    /// How many elements are open further inwards, which are dropped.
    dropped: usize,
    has_root: bool,
}

#[derive(Debug)]
struct Kept {
    /// Where its name starts.
    name: usize,
    content: &'static Keep,
}

impl Filter {
    /// A filter for a document in which `document` says what is kept of the root elements.
    pub fn new(document: &'static Keep) -> Self {
        Self {
            document,
            begun: Vec::new(),
            kept: Vec::new(),
            names: Vec::new(),
            dropped: 0,
            has_root: false,
        }
    }

    /// Takes the next piece of the document, and appends to `lean` what is kept of it.
    ///
    /// # Errors
    /// The document is not well-formed.
    pub fn push(&mut self, mut piece: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        while !self.begun.is_empty() {
            let Some(end) = memchr(b'>', piece) else {
                self.begun.extend_from_slice(piece);
                return Ok(());
            };
            self.begun.extend_from_slice(&piece[..=end]);
            piece = &piece[end + 1..];
            if is_whole(&self.begun) {
                let mut markup = std::mem::take(&mut self.begun);
                self.markup(&markup, lean)?;
                markup.clear();
                self.begun = markup;
            }
        }
        while let Some(start) = memchr(b'<', piece) {
            let (text, rest) = piece.split_at(start);
            self.content(text, lean);
            let mut ends = memchr_iter(b'>', rest).map(|end| end + 1);
            let Some(end) = ends.find(|end| is_whole(&rest[..*end])) else {
                self.begun.extend_from_slice(rest);
                return Ok(());
            };
            let (markup, rest) = rest.split_at(end);
            self.markup(markup, lean)?;
            piece = rest;
        }
        self.content(piece, lean);
        Ok(())
    }

    /// The document has no more pieces.
    ///
    /// # Errors
    /// It should have.
    pub fn end(&self) -> Result<(), MalformedXml> {
        let open = self.kept.len() + self.dropped;
        if self.has_root && open == 0 && self.begun.is_empty() {
            return Ok(());
        }
        Err(MalformedXml::CutOff(open))
    }

    fn innermost(&self) -> &'static Keep {
        self.kept.last().map_or(self.document, |kept| kept.content)
    }

    /// Text, comments and the like.
    fn content(&self, content: &[u8], lean: &mut Vec<u8>) {
        if self.dropped == 0 && matches!(self.innermost(), Keep::All(_)) {
            lean.extend_from_slice(content);
        }
    }

    /// Markup from `<` to its `>`.
    fn markup(&mut self, markup: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        if content(markup).is_some() {
            self.content(markup, lean);
            Ok(())
        } else if markup[1] == b'!' || memchr(b'<', &markup[1..]).is_some() {
            Err(MalformedXml::NoTag(shown(markup)))
        } else if markup[1] == b'/' {
            self.end_tag(markup, lean)
        } else {
            self.start_tag(markup, lean)
        }
    }

    fn start_tag(&mut self, tag: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        let is_open = !tag.ends_with(b"/>");
        if self.dropped > 0 {
            self.dropped += usize::from(is_open);
            return Ok(());
        }
        let name = name(&tag[1..]);
        if name.is_empty() {
            return Err(MalformedXml::NoTag(shown(tag)));
        }
        self.has_root = true;
        let local = memchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
        let Some(content) = self.innermost().child(local) else {
            self.dropped += usize::from(is_open);
            return Ok(());
        };
        lean.extend_from_slice(tag);
        if is_open {
            self.kept.push(Kept {
                name: self.names.len(),
                content,
            });
            self.names.extend_from_slice(name);
        }
        Ok(())
    }

    fn end_tag(&mut self, tag: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        if self.dropped > 0 {
            self.dropped -= 1;
            return Ok(());
        }
        let start = self.kept.pop().map(|kept| kept.name);
        let Some(start) = start.filter(|start| self.names[*start..] == *name(&tag[2..])) else {
            return Err(MalformedXml::WrongEndTag(shown(tag)));
        };
        self.names.truncate(start);
        lean.extend_from_slice(tag);
        Ok(())
    }
}

/// What comments and the like start and end with.
const CONTENTS: [(&[u8], &[u8]); 3] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];

/// Of a comment or the like what follows its start, and what ends it.
fn content(markup: &[u8]) -> Option<(&[u8], &'static [u8])> {
    // Nearly all markup is tags.
    if !matches!(markup[1], b'!' | b'?') {
        return None;
    }
    let mut contents = CONTENTS.into_iter();
    contents.find_map(|(start, end)| Some((markup.strip_prefix(start)?, end)))
}

/// Whether markup that ends with `>` ends there.
fn is_whole(markup: &[u8]) -> bool {
    if let Some((rest, end)) = content(markup) {
        return rest.ends_with(end);
    }
    let mut rest = markup;
    while let Some(open) = memchr2(b'"', b'\'', rest) {
        let quoted = &rest[open + 1..];
        let Some(close) = memchr(rest[open], quoted) else {
            return false;
        };
        rest = &quoted[close + 1..];
    }
    true
}

/// The name at the start of what follows `<` or `</`.
fn name(tag: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>');
    &tag[..tag.iter().position(is_end).unwrap_or(tag.len())]
}

/// The start of some markup, for a message.
fn shown(markup: &[u8]) -> String {
    let start = &markup[..markup.len().min(60)];
    String::from_utf8_lossy(start).into_owned()
}

#[cfg(test)]
mod tests;
