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

use super::error::RedriveError;

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

    /// What a shell says of a command that the signal ended.
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

/// The signals that come from now on, which no longer end the program by themselves.
pub struct Signals {
    /// Windows has no such signals: there they end the program, as they would without this.
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

    /// What the work comes to, if none comes first or came before: then the work is given up.
    pub async fn while_none<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, RedriveError> {
        tokio::select! {
            biased;
            signal = self.first() => Err(RedriveError::Ended(signal)),
            done = work => Ok(done),
        }
    }

    /// The same for work that may go on for a while after a signal. None where it does not end then.
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

    /// Refuses to go on where one came.
    pub async fn check(&mut self) -> Result<(), RedriveError> {
        // It is noticed once the runtime has looked for what came.
        self.while_none(yield_now()).await
    }

    /// The second one that comes.
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
