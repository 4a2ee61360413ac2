//! Backslash escapes for single characters.

/// The code point of the escape at the start of `text`, and the text after it. It may be a surrogate, though no text
/// holds one.
///
/// # Errors
/// RE2 has no such escape.
pub fn read(text: &str) -> Result<(u32, &str), String> {
    let unknown = |length: usize| {
        let escape: String = text.chars().take(length).collect();
        Err(format!("RE2 does not support {escape}"))
    };
    let mut rest = text.chars();
    rest.next();
    let Some(escaped) = rest.next() else {
        return Err("it ends with a backslash".to_owned());
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
                .ok_or_else(|| "\\x needs two hexadecimal digits, or some in braces".to_owned());
        }
        // A single digit is a back-reference, which RE2 doesn't support.
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
    // `from_str_radix` would accept a sign.
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let code_point = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| are_digits)?;
    (code_point <= u32::from(char::MAX)).then_some((code_point, rest))
}
