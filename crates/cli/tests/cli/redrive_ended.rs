//! `redrive`, ended by signals.

use std::mem;
use std::process::{Command, Stdio};

use crate::dead_letters::{
    Contents, FUNCTION, Pause, Paused, QUEUE, Queue, accept, function, letter, settings,
};
use crate::stub::Stub;
use crate::support::{Answer, process};

/// A function that accepts everything, but waits for the test before it answers for this instance.
fn pausing_at(instance_id: &'static str) -> (Stub, Paused) {
    let (pause, paused) = Pause::new();
    let function = function(move |event| {
        if event["detail"]["instance-id"] == instance_id {
            pause.wait();
        }
        accept(event)
    });
    (function, paused)
}

/// The result of a redrive that gets these signals while a stub waits, which then continues or never does.
fn ended_by(
    signals: &[&str],
    (queue, function): (&Queue, &Stub),
    paused: Paused,
    goes_on: bool,
    arguments: &[&str],
) -> Answer {
    let mut command = process();
    command.args(["redrive", "--queue-url", QUEUE, "--function", FUNCTION]);
    command.args(arguments).envs(settings(queue, function));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let redrive = command.spawn().unwrap();
    paused.reached.recv().unwrap();
    for signal in signals {
        let kill = format!("kill -{signal} {}", redrive.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }
    if goes_on {
        drop(paused);
    } else {
        mem::forget(paused);
    }
    let output = redrive.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn three() -> Contents {
    let letters = [
        ("m1", "i-00000001"),
        ("m2", "i-00000002"),
        ("m3", "i-00000003"),
    ];
    Contents {
        letters: letters.map(|(id, instance)| letter(id, instance)).into(),
        ..Contents::default()
    }
}

/// The second event's turn comes after a hundred seconds.
const SLOW: &[&str] = &["--rate", "0.01", "--grace", "600"];
const FAST: &[&str] = &["--rate", "1000"];
/// Longer than any test runs, however busy the machine is.
const PATIENT: &[&str] = &["--rate", "1000", "--grace", "600"];

#[test]
fn a_signal_lets_the_event_under_way_end_and_gives_back_the_rest() {
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let queue = Queue::start(three());
        let (function, paused) = pausing_at("i-00000001");
        let ended = ended_by(&[signal], (&queue, &function), paused, true, SLOW);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(ended.stderr, format!("error: ended by SIG{signal}\n"));
        let accepted = "   accepted: non-compliant i-00000001\n";
        assert!(ended.stdout.contains(accepted), "{ended:?}");
        let summary = "redrive: 1 accepted and deleted, 2 left\n";
        assert!(ended.stdout.ends_with(summary), "{ended:?}");
        assert_eq!(queue.all(), ["m2", "m3"]);
        assert_eq!(queue.visible(), ["m2", "m3"]);
        assert_eq!(function.asked().len(), 1);
    }
}

#[test]
fn an_event_that_is_not_answered_in_time_stays_hidden() {
    let queue = Queue::start(three());
    let (function, paused) = pausing_at("i-00000002");
    let ended = ended_by(&["TERM"], (&queue, &function), paused, false, FAST);
    assert_eq!(ended.code, Some(143), "{ended:?}");
    let told = "   no answer yet, left: hidden for up to 15 minutes, because the function may still accept it\n\
                redrive: 1 accepted and deleted, 2 left\n";
    assert!(ended.stdout.ends_with(told), "{ended:?}");
    assert_eq!(queue.all(), ["m2", "m3"]);
    assert_eq!(queue.visible(), ["m3"]);
}

#[test]
fn what_is_received_meanwhile_is_given_back() {
    let (pause, paused) = Pause::new();
    let queue = Queue::start(Contents {
        pause: Some(pause),
        ..three()
    });
    let (function, _) = pausing_at("i-00000001");
    let ended = ended_by(&["INT"], (&queue, &function), paused, true, &["--dry-run"]);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(queue.visible(), ["m1", "m2", "m3"]);
    assert_eq!(queue.calls("ReceiveMessage").len(), 1);
}

#[test]
fn what_cannot_be_given_back_is_said() {
    let queue = Queue::start(Contents {
        denied: Some("ChangeMessageVisibilityBatch"),
        ..three()
    });
    let (function, paused) = pausing_at("i-00000001");
    let ended = ended_by(&["TERM"], (&queue, &function), paused, true, SLOW);
    assert_eq!(ended.code, Some(143), "{ended:?}");
    let told = "error: ended by SIGTERM\nerror: sqs:ChangeMessageVisibility: the service refused";
    assert!(ended.stderr.starts_with(told), "{ended:?}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let queue = Queue::start(three());
    let (function, paused) = pausing_at("i-00000001");
    let signals = ["TERM", "INT"];
    let ended = ended_by(&signals, (&queue, &function), paused, false, PATIENT);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let told = "error: ended by SIGINT before it returned the messages it held: they stay hidden for up to 15 minutes";
    assert!(ended.stderr.starts_with(told), "{ended:?}");
    assert_eq!(queue.all(), ["m1", "m2", "m3"]);
    assert!(queue.visible().is_empty());
}
