//! Drops elements of an XML document that arrives in pieces.

use memchr::{memchr, memchr_iter};

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
    #[error("the XML document is cut off, within {0:?} elements")]
    CutOff(usize),
    /// An end tag, without its brackets, that does not end the innermost open element.
    #[error("the XML document has the end tag {0:?} where another one is due")]
    WrongEndTag(String),
    /// A tag without a name, or a document type, which AWS does not write.
    #[error("the XML document has {0:?}, which is no tag that AWS writes")]
    NoTag(String),
}

/// Lets those bytes of a document through that are kept, however the document is cut into pieces.
///
/// It checks that tags match. It leaves to the reader of the result what is in the tags and between
/// them, such as references.
#[derive(Debug)]
pub struct Filter {
    document: &'static Keep,
    /// Markup whose end has not arrived yet.
    begun: Vec<u8>,
    /// The names of the open elements, one after the other, and where each one starts.
    names: Vec<u8>,
    open: Vec<usize>,
    /// What is kept of the open elements. Those that are dropped have no entry, and are the
    /// innermost ones.
    kept: Vec<&'static Keep>,
    has_root: bool,
}

impl Filter {
    /// A filter for a document in which `document` says what is kept of the root elements.
    pub fn new(document: &'static Keep) -> Self {
        Self {
            document,
            begun: Vec::new(),
            names: Vec::new(),
            open: Vec::new(),
            kept: Vec::new(),
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
        if self.has_root && self.open.is_empty() && self.begun.is_empty() {
            return Ok(());
        }
        Err(MalformedXml::CutOff(self.open.len()))
    }

    fn is_dropping(&self) -> bool {
        self.kept.len() < self.open.len()
    }

    fn innermost(&self) -> &'static Keep {
        self.kept.last().copied().unwrap_or(self.document)
    }

    /// Text, comments and the like.
    fn content(&self, content: &[u8], lean: &mut Vec<u8>) {
        if !self.is_dropping() && matches!(self.innermost(), Keep::All(_)) {
            lean.extend_from_slice(content);
        }
    }

    /// Markup from `<` to its `>`.
    fn markup(&mut self, markup: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        let is_content = |start| markup.starts_with(start);
        if [COMMENT, CDATA, INSTRUCTION].into_iter().any(is_content) {
            self.content(markup, lean);
            return Ok(());
        }
        if markup[1] == b'!' || memchr(b'<', &markup[1..]).is_some() {
            return Err(MalformedXml::NoTag(shown(markup)));
        }
        if markup[1] == b'/' {
            self.end_tag(markup, lean)
        } else {
            self.start_tag(markup, lean)
        }
    }

    fn start_tag(&mut self, tag: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        let name = name(&tag[1..]);
        if name.is_empty() {
            return Err(MalformedXml::NoTag(shown(tag)));
        }
        let local = memchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
        let keep = if self.is_dropping() {
            None
        } else {
            self.innermost().child(local)
        };
        if keep.is_some() {
            lean.extend_from_slice(tag);
        }
        self.has_root = true;
        if !tag.ends_with(b"/>") {
            self.open.push(self.names.len());
            self.names.extend_from_slice(name);
            self.kept.extend(keep);
        }
        Ok(())
    }

    fn end_tag(&mut self, tag: &[u8], lean: &mut Vec<u8>) -> Result<(), MalformedXml> {
        let is_dropped = self.is_dropping();
        let start = self.open.pop();
        let Some(start) = start.filter(|start| self.names[*start..] == *name(&tag[2..])) else {
            return Err(MalformedXml::WrongEndTag(shown(tag)));
        };
        self.names.truncate(start);
        if !is_dropped {
            self.kept.pop();
            lean.extend_from_slice(tag);
        }
        Ok(())
    }
}

const COMMENT: &[u8] = b"<!--";
const CDATA: &[u8] = b"<![CDATA[";
const INSTRUCTION: &[u8] = b"<?";

/// Whether markup that ends with `>` ends there.
fn is_whole(markup: &[u8]) -> bool {
    let ends: [(_, &[u8]); 3] = [(COMMENT, b"-->"), (CDATA, b"]]>"), (INSTRUCTION, b"?>")];
    for (start, end) in ends {
        if let Some(rest) = markup.strip_prefix(start) {
            return rest.ends_with(end);
        }
    }
    let mut quote = None;
    for byte in markup {
        match (quote, *byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    quote.is_none()
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
