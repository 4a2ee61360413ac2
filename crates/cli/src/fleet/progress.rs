//! How far a scan is, on standard error where that is a terminal.

use std::cell::Cell;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{spinner} {pos} of {len} regions, {msg} instances";
const TICK: Duration = Duration::from_millis(100);

pub struct Progress {
    bar: ProgressBar,
    instances: Cell<usize>,
}

impl Progress {
    pub fn new(regions: usize) -> Self {
        let bar = ProgressBar::new(regions as u64).with_message("0");
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            instances: Cell::new(0),
        }
    }

    pub fn read(&self, instances: usize) {
        self.instances.set(self.instances.get() + instances);
        self.bar.set_message(self.instances.get().to_string());
    }

    pub fn region_done(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
