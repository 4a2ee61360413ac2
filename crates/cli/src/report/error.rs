//! Why a report can't be written.

/// Why a report can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Rows can't be written.
    #[error("the rows can't be written: {0}")]
    Rows(#[from] csv::Error),
    /// A page can't be made.
    #[error("the page can't be made: {0}")]
    Page(#[from] askama::Error),
}
