//! Characters that are written with a backslash.

/// What stands behind a backslash, which is the first of `text`: the code point of one character, and
/// the text after it. Surrogates are code points, too, though no text holds them.
///
/// # Errors
/// RE2 knows no such escape.
pub fn read(text: &str) -> Result<(u32, &str), String> {
    let unknown = |length: usize| {
        let escape: String = text.chars().take(length).collect();
        Err(format!("RE2 does not know {escape}"))
    };
    let mut rest = text.chars();
    rest.next();
    let Some(escaped) = rest.next() else {
        return Err("a backslash ends it".to_owned());
    };
    let after = rest.as_str();
    let code_point = match escaped {
        'a' => 0x07,
        'f' => 0x0c,
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        'v' => 0x0b,
        'x' => {
            return hexadecimal(after)
                .ok_or_else(|| "\\x takes two hexadecimal digits, or some in braces".to_owned());
        }
        // A digit by itself is a reference to a group, which RE2 does not have.
        '1'..='7' if !after.starts_with(|next| matches!(next, '0'..='7')) => return unknown(2),
        '0'..='7' => return Ok(octal(&text[1..])),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => u32::from(other),
        _ => return unknown(2),
    };
    Ok((code_point, after))
}

/// Up to three octal digits.
fn octal(text: &str) -> (u32, &str) {
    let digits = text.bytes().take(3);
    let length = digits
        .take_while(|digit| matches!(digit, b'0'..=b'7'))
        .count();
    let (digits, rest) = text.split_at(length);
    (u32::from_str_radix(digits, 8).unwrap_or_default(), rest)
}

/// Two hexadecimal digits, or any number of them in braces.
fn hexadecimal(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => text.split_at_checked(2)?,
    };
    // A sign is none of them.
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let code_point = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| are_digits)?;
    (code_point <= u32::from(char::MAX)).then_some((code_point, rest))
}
