//! Drops elements from an XML document that arrives in chunks.

use memchr::{memchr, memchr_iter, memchr2};

/// What to keep of an element's content. Children are named without a namespace prefix.
#[derive(Debug)]
pub enum Keep {
    /// Everything, except that these children are filtered in turn.
    All(&'static [(&'static str, Keep)]),
    /// These children, and no text between them.
    Only(&'static [(&'static str, Keep)]),
}

impl Keep {
    /// What to keep of a child's content. None if the child is dropped.
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

/// Why a document can't be read. Discard whatever has passed the filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedXml {
    /// It ends before its root element is closed.
    #[error("the XML document ends within {0} open elements")]
    CutOff(usize),
    /// An end tag that closes no open element.
    #[error("the XML document has an unexpected end tag {0:?}")]
    WrongEndTag(String),
    /// A tag without a name, a tag within a tag, or a document type, which AWS never sends.
    #[error("the XML document has {0:?}, which is not a tag that AWS writes")]
    NoTag(String),
}

/// Passes on the bytes of a document that are to be kept, whatever the chunks.
///
/// It checks that every element is closed, and by the right tag if it is kept. The contents of tags and text, such as
/// references, are left to whoever reads the result.
#[derive(Debug)]
pub struct Filter {
    document: &'static Keep,
    /// Markup whose end hasn't arrived yet.
    begun: Vec<u8>,
    /// The open elements that are kept, outermost first.
    kept: Vec<Kept>,
    /// Their names, concatenated.
    names: Vec<u8>,
    /// How many dropped elements are open within those.
    dropped: usize,
    has_root: bool,
}

#[derive(Debug)]
struct Kept {
    /// Where its name starts in `names`.
    name: usize,
    content: &'static Keep,
}

impl Filter {
    /// A filter for a document; `document` says what to keep of its root elements.
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

    /// Takes the next chunk, and appends what is kept to `lean`.
    ///
    /// # Errors
    /// The document isn't well-formed.
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

    /// Ends the document.
    ///
    /// # Errors
    /// It is incomplete.
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

    /// Text, CDATA sections, comments and processing instructions.
    fn content(&self, content: &[u8], lean: &mut Vec<u8>) {
        if self.dropped == 0 && matches!(self.innermost(), Keep::All(_)) {
            lean.extend_from_slice(content);
        }
    }

    /// Markup, from `<` to its `>`.
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

/// The delimiters of comments and the like.
const CONTENTS: [(&[u8], &[u8]); 3] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];

/// For a comment or the like, what follows its opening delimiter, and the closing one.
fn content(markup: &[u8]) -> Option<(&[u8], &'static [u8])> {
    // Nearly all markup is tags, so test for those first.
    if !matches!(markup[1], b'!' | b'?') {
        return None;
    }
    let mut contents = CONTENTS.into_iter();
    contents.find_map(|(start, end)| Some((markup.strip_prefix(start)?, end)))
}

/// Whether markup that ends with `>` is complete.
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

/// The name in a tag, from the text after `<` or `</`.
fn name(tag: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>');
    &tag[..tag.iter().position(is_end).unwrap_or(tag.len())]
}

/// The markup up to the end of its name, for an error: what follows may be a tag's value.
fn shown(markup: &[u8]) -> String {
    const MAX_BYTES: usize = 60;
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"<>/!:_-".contains(byte);
    let start = markup
        .iter()
        .copied()
        .take(MAX_BYTES)
        .take_while(is_of_name);
    String::from_utf8_lossy(&start.collect::<Vec<_>>()).into_owned()
}

#[cfg(test)]
mod tests;
