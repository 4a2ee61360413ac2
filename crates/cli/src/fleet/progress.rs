//! A scan's progress by region, on standard error if that is a terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

const TOTAL: &str = "{pos} of {len} regions";
const REGION: &str = "{spinner} {prefix}: {msg}";
const TICK: Duration = Duration::from_millis(100);

/// A line for each region that is being read, below the count of finished ones.
pub struct Progress {
    lines: MultiProgress,
    total: ProgressBar,
}

/// The line of a region, shown until this is dropped.
pub struct RegionProgress {
    line: ProgressBar,
    total: ProgressBar,
}

impl Progress {
    pub fn new(regions: usize) -> Self {
        let lines = MultiProgress::new();
        let total = lines.add(styled(ProgressBar::new(regions as u64), TOTAL));
        Self { lines, total }
    }

    pub fn region(&self, region: &str) -> RegionProgress {
        let line = self.lines.add(styled(ProgressBar::new_spinner(), REGION));
        line.set_prefix(region.to_owned());
        line.set_message("reading");
        line.enable_steady_tick(TICK);
        let total = self.total.clone();
        RegionProgress { line, total }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.total.finish_and_clear();
    }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or(ProgressStyle::default_bar()))
}

impl RegionProgress {
    pub fn read(&self, instances: usize) {
        self.line.set_message(format!("{instances} instances"));
    }

    pub fn waits(&self) {
        self.line
            .set_message("waiting: AWS is throttling or not answering");
    }
}

impl Drop for RegionProgress {
    fn drop(&mut self) {
        self.line.finish_and_clear();
        self.total.inc(1);
    }
}
