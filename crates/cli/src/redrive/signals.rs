//! The signals that ask a redrive to end.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{self, SignalKind};
use tokio::task::yield_now;
use tokio::time::timeout;

/// A signal that asks a program to end, by its number (POSIX, the utility `kill`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    HangUp = 1,
    Interrupt = 2,
    Terminate = 15,
}

impl Signal {
    #[cfg(unix)]
    const ALL: [Self; 3] = [Self::Terminate, Self::Interrupt, Self::HangUp];

    /// The exit code that shells use for a command ended by the signal.
    pub fn exit_code(self) -> u8 {
        128 + self as u8
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::HangUp => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// A signal arrived, and the messages held were returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ended by {0}")]
pub struct Ended(pub Signal);

/// Catches signals from now on, so that they no longer end the program by themselves.
pub struct Signals {
    /// Windows has no such signals, so there this catches nothing.
    #[cfg(unix)]
    listeners: Vec<(Signal, unix::Signal)>,
    first: Option<Signal>,
}

impl Signals {
    pub fn catch() -> io::Result<Self> {
        #[cfg(unix)]
        let listeners = Signal::ALL.into_iter().map(|signal| {
            let listener = unix::signal(SignalKind::from_raw(signal as i32))?;
            Ok((signal, listener))
        });
        Ok(Self {
            #[cfg(unix)]
            listeners: listeners.collect::<io::Result<_>>()?,
            first: None,
        })
    }

    /// Runs the work, unless a signal arrives or has arrived: then the work is abandoned.
    pub async fn while_none<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Ended> {
        tokio::select! {
            biased;
            signal = self.first() => Err(Ended(signal)),
            done = work => Ok(done),
        }
    }

    /// The same, but gives the work some time after a signal. None if it does not finish by then.
    pub async fn until_after<T>(
        &mut self,
        grace: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        if let Ok(done) = self.while_none(work.as_mut()).await {
            return Some(done);
        }
        timeout(grace, work).await.ok()
    }

    /// Fails if one has arrived.
    pub async fn check(&mut self) -> Result<(), Ended> {
        // The runtime has to poll before it is noticed.
        self.while_none(yield_now()).await
    }

    /// Waits for the second one.
    pub async fn second(mut self) -> Signal {
        self.next().await;
        self.next().await
    }

    async fn first(&mut self) -> Signal {
        let signal = match self.first {
            Some(signal) => signal,
            None => self.next().await,
        };
        self.first = Some(signal);
        signal
    }

    async fn next(&mut self) -> Signal {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
        #[cfg(unix)]
        for (signal, listener) in &mut self.listeners {
            if listener.poll_recv(context).is_ready() {
                return Poll::Ready(*signal);
            }
        }
        Poll::Pending
    }
}
