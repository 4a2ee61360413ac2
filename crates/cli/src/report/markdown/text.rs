//! Lines and tables of Markdown.

pub const MONTHLY: &str = "Monthly";
pub const MONTHLY_AND_SHARE: &str = "Monthly (compliant)";

/// Lines of Markdown.
#[derive(Default)]
pub struct Text(String);

impl Text {
    pub fn into_string(self) -> String {
        self.0
    }

    pub fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    pub fn table(&mut self, header: &[&str]) {
        self.line(&format!("\n| {} |", header.join(" | ")));
        let marks: String = header.iter().map(|name| alignment(name)).collect();
        self.line(&format!("|{marks}"));
    }

    pub fn row(&mut self, cells: &[String]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }
}

/// Numbers are right-aligned.
fn alignment(header: &str) -> &'static str {
    match header {
        "Checked" | "Violations" | "Exempt" | "Compliant" | "Missing" | "Invalid" | "Forbidden"
        | "Instances" | MONTHLY | MONTHLY_AND_SHARE => "---:|",
        _ => "---|",
    }
}
