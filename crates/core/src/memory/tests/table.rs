//! The rules, one by one.

use super::*;
use crate::text::Untrusted;

fn looked(look: &Look, millis: u64, source: Source) -> Looked<'_> {
    Looked {
        look,
        asked_at: moment(millis),
        now: moment(millis + 100),
        source,
    }
}

fn decided(item: Option<&Item>, truth: Truth, millis: u64) -> Option<Item> {
    let look = look(truth);
    decide(item, looked(&look, millis, Source::Check), RULES).map(|write| write.item)
}

/// An open item that people were told of, at 1,000 ms.
fn told_item(truth: Truth) -> Item {
    let mut item = decided(None, truth, 1_000).unwrap();
    let told = |voice| told(&item, voice, Some(News::Opened), None, moment(5_000));
    item.told = Marks::each(told);
    item.due = None;
    item
}

#[test]
fn only_a_violation_is_remembered() {
    for look in [
        Look::Fine(Closed::Compliant),
        Look::Fine(Closed::Gone),
        Look::Ended,
        Look::Provisional,
    ] {
        assert_eq!(decide(None, looked(&look, 0, Source::Check), RULES), None);
    }
    let item = decided(None, 1, 1_000).unwrap();
    assert_eq!((item.version, item.state), (1, State::Open));
    assert_eq!(
        (item.opened_at, item.read_at),
        (moment(1_000), moment(1_000))
    );
    assert_eq!(item.due.unwrap().at, moment(1_100));
}

#[test]
fn what_agrees_writes_nothing() {
    let open = told_item(1);
    assert_eq!(decided(Some(&open), 1, 2_000), None);
    let closed = Item {
        due: None,
        ..decided(Some(&open), 0, 3_000).unwrap()
    };
    assert_eq!(closed.state, State::Closed(Closed::Compliant));
    assert_eq!(decided(Some(&closed), 0, 4_000), None);
}

#[test]
fn what_disagrees_and_is_not_newer_is_looked_at_again() {
    let open = told_item(1);
    for millis in [500, 1_000] {
        let item = decided(Some(&open), 0, millis).unwrap();
        assert_eq!(item.state, State::Open);
        assert_eq!((item.version, item.due.is_some()), (2, true));
    }
}

#[test]
fn a_violation_that_comes_back_soon_with_nothing_new_goes_on() {
    let minute = 60_000;
    let closed = decided(Some(&told_item(3)), 0, 10_000).unwrap();
    for (truth, millis, goes_on) in [
        (1, 10_000 + 14 * minute, true),
        (3, 10_000 + 14 * minute, true),
        (7, 10_000 + 14 * minute, false),
        (1, 10_000 + 15 * minute, false),
    ] {
        let item = decided(Some(&closed), truth, millis).unwrap();
        assert_eq!(
            item.opened_at == closed.opened_at,
            goes_on,
            "{truth} {millis}"
        );
        let expected = (!goes_on).then_some(News::Opened);
        assert_eq!(news(&item, Voice::Topic, moment(millis), RULES), expected);
    }
}

#[test]
fn an_added_complaint_is_news_and_one_that_went_is_none() {
    let open = told_item(1);
    let more = decided(Some(&open), 3, 20_000).unwrap();
    assert_eq!(more.opened_at, open.opened_at);
    assert_eq!(
        news(&more, Voice::Topic, moment(20_000), RULES),
        Some(News::Changed)
    );
    let less = decided(Some(&told_item(3)), 1, 20_000).unwrap();
    assert_eq!(news(&less, Voice::Topic, moment(20_000), RULES), None);
}

#[test]
fn an_end_is_final_whenever_the_look_was() {
    let open = told_item(1);
    let ended = decide(Some(&open), looked(&Look::Ended, 500, Source::Check), RULES).unwrap();
    assert_eq!(ended.item.state, State::Closed(Closed::Ended));
    assert_eq!(ended.item.due, None, "nobody is told");
    assert_eq!(decided(Some(&ended.item), 1, 60_000), None);
    let rules = Rules {
        resolved_notices: true,
        ..RULES
    };
    let ended = decide(Some(&open), looked(&Look::Ended, 500, Source::Check), rules).unwrap();
    assert!(ended.item.due.is_some());
    assert_eq!(
        news(&ended.item, Voice::Topic, moment(0), rules),
        Some(News::Resolved)
    );
}

#[test]
fn what_ends_after_it_was_repaired_was_resolved_then() {
    let rules = Rules {
        resolved_notices: true,
        ..RULES
    };
    let repaired = decided(Some(&told_item(1)), 0, 10_000).unwrap();
    let end = |item: &Item| {
        let looked = looked(&Look::Ended, 60_000, Source::Check);
        decide(Some(item), looked, rules).unwrap().item
    };
    let ended = end(&repaired);
    assert_eq!(
        (ended.state, ended.read_at),
        (State::Closed(Closed::Ended), moment(10_000))
    );
    assert_eq!(
        news(&ended, Voice::Topic, moment(60_000), rules),
        Some(News::Resolved)
    );
    assert!(ended.due.is_some(), "nobody was told that it is repaired");
    let settled = Item {
        due: None,
        ..repaired
    };
    assert_eq!(end(&settled).due, None);
}

#[test]
fn a_check_repeats_after_the_interval_and_the_teller_never() {
    let open = told_item(1);
    let week = 7 * 24 * 3_600_000;
    let violating = look(1);
    for (millis, source, repeats) in [
        (5_000 + week, Source::Check, true),
        (4_000 + week, Source::Check, false),
        (5_000 + week, Source::Teller, false),
    ] {
        let decided = decide(Some(&open), looked(&violating, millis, source), RULES);
        assert_eq!(decided.is_some(), repeats, "{millis} {source:?}");
    }
    let each_check = Rules {
        repeat_interval: Some(Duration::ZERO),
        ..RULES
    };
    let decided = decide(
        Some(&open),
        looked(&violating, 6_000, Source::Check),
        each_check,
    );
    let item = decided.unwrap().item;
    assert_eq!(
        news(&item, Voice::Topic, moment(6_000), each_check),
        Some(News::StillOpen)
    );
    let never = Rules {
        repeat_interval: None,
        ..RULES
    };
    let looked = looked(&violating, 9 * week, Source::Check);
    assert_eq!(decide(Some(&open), looked, never), None);
}

#[test]
fn a_check_wakes_what_has_been_due_for_too_long() {
    let open = decided(None, 1, 0).unwrap();
    let minute = 60_000;
    assert_eq!(decided(Some(&open), 1, 15 * minute), None);
    let woken = decided(Some(&open), 1, 15 * minute + 1).unwrap();
    assert_eq!(
        (woken.version, woken.due.unwrap().at),
        (2, moment(15 * minute + 101))
    );
}

#[test]
fn what_is_older_than_the_era_is_the_baseline() {
    let violating = Look::Violating {
        complaints: complaints(1),
        facts: Facts::default(),
        group: Group::of_owner(None),
        launched_at: Some(moment(1_000)),
        by_time: false,
    };
    for (until, is_baseline) in [(1_000, false), (1_001, true)] {
        let rules = Rules {
            baseline_until: Some(moment(until)),
            ..RULES
        };
        let write = decide(None, looked(&violating, 5_000, Source::Check), rules).unwrap();
        assert_eq!(write.told.topic.is_some(), is_baseline);
        assert_eq!(write.item.due.is_none(), is_baseline);
    }
}

#[test]
fn an_item_that_expired_counts_as_absent_and_is_replaced() {
    let closed = decided(Some(&told_item(1)), 0, 10_000).unwrap();
    let nine_days = 9 * 24 * 3_600_000;
    assert_eq!(decided(Some(&closed), 0, nine_days), None);
    let looked_at = look(1);
    let write = decide(
        Some(&closed),
        looked(&looked_at, nine_days, Source::Check),
        RULES,
    )
    .unwrap();
    assert_eq!(write.replaces, Some(closed.version));
    assert_eq!(write.item.version, closed.version + 1);
    assert_eq!(write.item.opened_at, moment(nine_days));
}

#[test]
fn what_is_muted_is_so_until_then() {
    let mut item = told_item(1);
    assert!(!item.is_muted(moment(0)));
    item.muted_until = Some(moment(1_000));
    assert!(item.is_muted(moment(999)));
    assert!(!item.is_muted(moment(1_000)));
}

/// What a sweep makes of an instance of which nothing was remembered.
fn suspect() -> Item {
    let violating = look(1);
    let write = decide(None, looked(&violating, 0, Source::Sweep), RULES).unwrap();
    assert_eq!(write.item.state, State::Suspect);
    assert_eq!(
        news(&write.item, Voice::Topic, moment(0), RULES),
        None,
        "nobody is told"
    );
    write.item
}

/// The state that a look makes of a suspect, and whether that counts as missed by events; none where nothing
/// changes.
fn of_suspect(look: &Look, millis: u64, source: Source) -> Option<(State, bool, bool)> {
    let write = decide(Some(&suspect()), looked(look, millis, source), RULES)?;
    let item = write.item;
    Some((item.state, item.missed_at.is_some(), item.due.is_some()))
}

#[test]
fn what_a_sweep_finds_is_opened_by_an_event_or_when_its_time_is_over() {
    let minute = 60_000;
    let (violating, fine) = (look(1), look(0));
    let Look::Violating {
        complaints,
        facts,
        group,
        ..
    } = look(1)
    else {
        panic!("it violates");
    };
    let by_time = Look::Violating {
        complaints,
        facts,
        group,
        launched_at: None,
        by_time: true,
    };
    let opened = |is_missed| Some((State::Open, is_missed, true));
    let closed = |why| Some((State::Closed(why), false, false));
    for (look, millis, source, expected) in [
        (&violating, minute, Source::Check, opened(false)),
        (&violating, 16 * minute, Source::Check, opened(false)),
        (&violating, minute, Source::Teller, None),
        (&violating, 16 * minute, Source::Teller, opened(true)),
        (&by_time, 16 * minute, Source::Teller, opened(false)),
        (&violating, 16 * minute, Source::Sweep, None),
        (&fine, minute, Source::Check, closed(Closed::Compliant)),
        (&fine, minute, Source::Sweep, closed(Closed::Compliant)),
        (&fine, 0, Source::Check, None),
        (&Look::Ended, 0, Source::Check, closed(Closed::Ended)),
        (&Look::Provisional, 16 * minute, Source::Teller, None),
    ] {
        let found = of_suspect(look, millis, source);
        assert_eq!(found, expected, "{look:?} {millis} {source:?}");
    }
}

#[test]
fn a_suspect_that_nobody_will_look_at_is_made_due_by_the_next_sweep() {
    let forgotten = Item {
        due: None,
        ..suspect()
    };
    let violating = look(1);
    let write = decide(
        Some(&forgotten),
        looked(&violating, 60_000, Source::Sweep),
        RULES,
    );
    let item = write.unwrap().item;
    assert_eq!(item.state, State::Suspect);
    assert!(item.due.is_some());
}

#[test]
fn a_sweep_opens_what_was_closed_as_a_suspect_and_changes_what_is_open() {
    let sweep = |item: &Item, truth, millis| {
        let look = look(truth);
        decide(Some(item), looked(&look, millis, Source::Sweep), RULES).map(|it| it.item)
    };
    let open = told_item(1);
    assert_eq!(
        sweep(&open, 1, 9 * 24 * 3_600_000),
        None,
        "it never repeats"
    );
    let more = sweep(&open, 3, 20_000).unwrap();
    assert_eq!(more.state, State::Open);
    assert_eq!(
        news(&more, Voice::Topic, moment(20_000), RULES),
        Some(News::Changed)
    );
    let closed = sweep(&open, 0, 20_000).unwrap();
    assert_eq!(closed.state, State::Closed(Closed::Compliant));
    let hour = 3_600_000;
    assert_eq!(sweep(&closed, 1, hour).unwrap().state, State::Suspect);
    let flapping = sweep(&closed, 1, 30_000).unwrap();
    assert_eq!(
        (flapping.state, flapping.opened_at),
        (State::Open, open.opened_at)
    );
}

#[test]
fn what_a_new_policy_changes_of_an_older_instance_is_the_baseline() {
    let violating = |truth| Look::Violating {
        complaints: complaints(truth),
        facts: Facts::default(),
        group: Group::of_owner(None),
        launched_at: Some(moment(0)),
        by_time: false,
    };
    let rules = Rules {
        baseline_until: Some(moment(1_000)),
        ..RULES
    };
    for source in [Source::Check, Source::Sweep] {
        for item in [Some(told_item(1)), Some(suspect()), None] {
            let more = violating(3);
            let write = decide(item.as_ref(), looked(&more, 30_000, source), rules).unwrap();
            let told = write.told.topic.expect("it counts as told");
            assert_eq!(told.complaints, complaints(3));
            assert_eq!((write.item.state, write.item.due), (State::Open, None));
            assert_eq!(write.item.missed_at, None);
        }
    }
}

#[test]
fn the_bus_tells_what_the_topic_does_not() {
    let open = told_item(3);
    let now = moment(20_000);
    let bus = |item: &Item| (news(item, Voice::Bus, now, WITH_BUS), shift(item, WITH_BUS));
    assert_eq!(bus(&open), (None, None));
    let less = decided(Some(&open), 1, 20_000).unwrap();
    assert_eq!(bus(&less), (None, Some(Shift::Changed)), "for machines");
    let more = decided(Some(&open), 7, 20_000).unwrap();
    assert_eq!(bus(&more), (Some(News::Changed), Some(Shift::Changed)));
    let closed = decided(Some(&open), 0, 20_000).unwrap();
    assert_eq!(bus(&closed), (Some(News::Resolved), Some(Shift::Resolved)));
    assert_eq!(news(&closed, Voice::Topic, now, WITH_BUS), None);
    let untold = decided(None, 1, 20_000).unwrap();
    assert_eq!(bus(&untold), (Some(News::Opened), Some(Shift::Opened)));
    for item in [&less, &more, &closed, &untold] {
        assert_eq!(shift(item, RULES), None);
        assert!(!owes(item, Voice::Bus, now, RULES));
        assert!(owes(item, Voice::Bus, now, WITH_BUS));
    }
    let gone = decided(Some(&untold), 0, 21_000).unwrap();
    assert_eq!(
        bus(&gone),
        (None, Some(Shift::Resolved)),
        "people never knew"
    );
    let mark = told(&gone, Voice::Bus, None, None, now).unwrap();
    let over = Item {
        told: Marks {
            bus: Some(mark),
            ..gone.told.clone()
        },
        ..gone
    };
    assert_eq!(bus(&over), (None, None), "told once");
    let again = decided(Some(&over), 1, 22_000).unwrap();
    assert_eq!(again.opened_at, over.opened_at);
    assert_eq!(bus(&again), (Some(News::Opened), Some(Shift::Opened)));
}

#[test]
fn what_comes_back_before_the_bus_was_told_of_its_end_goes_on() {
    let open = told_item(1);
    let closed = decided(Some(&open), 0, 10_000).unwrap();
    let violating = look(2);
    let again = |closed: &Item, rules| {
        let looked = looked(&violating, 20_000, Source::Check);
        decide(Some(closed), looked, rules).unwrap().item
    };
    let goes_on = again(&closed, WITH_BUS);
    assert_eq!(goes_on.opened_at, open.opened_at);
    assert_eq!(shift(&goes_on, WITH_BUS), Some(Shift::Changed));
    let told = Item {
        due: None,
        told: Marks {
            bus: None,
            ..closed.told.clone()
        },
        ..closed.clone()
    };
    let only_settled = Item {
        due: None,
        ..closed.clone()
    };
    for (closed, rules) in [
        (&told, WITH_BUS),
        (&only_settled, WITH_BUS),
        (&closed, RULES),
    ] {
        assert_eq!(again(closed, rules).opened_at, moment(20_000), "a new one");
    }
}

#[test]
fn the_bus_hears_again_of_what_it_may_have_been_told_in_between() {
    let open = told_item(1);
    let more = decided(Some(&open), 3, 20_000).unwrap();
    let back = decided(Some(&more), 1, 21_000).unwrap();
    assert_eq!(shift(&back, WITH_BUS), Some(Shift::Changed));
    let settled = Item { due: None, ..back };
    assert_eq!(shift(&settled, WITH_BUS), None);

    let closed = decided(Some(&open), 0, 20_000).unwrap();
    let mark = told(&closed, Voice::Bus, None, None, moment(21_000));
    let over = Item {
        due: None,
        told: Marks {
            bus: mark,
            ..closed.told.clone()
        },
        ..closed
    };
    let again = decided(Some(&over), 1, 22_000).unwrap();
    let ended = decided(Some(&again), 0, 23_000).unwrap();
    assert_eq!(shift(&ended, WITH_BUS), Some(Shift::Resolved));
    assert_eq!(shift(&Item { due: None, ..ended }, WITH_BUS), None);
}

#[test]
fn an_end_is_told_on_the_bus_where_it_was_opened() {
    let end = |item: &Item, rules| {
        decide(
            Some(item),
            looked(&Look::Ended, 9_000, Source::Check),
            rules,
        )
        .unwrap()
    };
    let ended = end(&told_item(1), WITH_BUS).item;
    assert!(ended.due.is_some());
    let only_topic = Item {
        told: Marks {
            bus: None,
            ..told_item(1).told
        },
        ..told_item(1)
    };
    assert_eq!(end(&only_topic, WITH_BUS).item.due, None);
}

#[test]
fn a_mark_keeps_its_thread_and_people_are_not_put_off_by_what_only_machines_hear() {
    let thread = HexId::of("thread");
    let open = decided(None, 3, 1_000).unwrap();
    let opened = Some(News::Opened);
    let mark = told(&open, Voice::Bus, opened, Some(&thread), moment(5_000)).unwrap();
    assert_eq!(
        (mark.at, mark.thread.as_ref()),
        (moment(5_000), Some(&thread))
    );
    let mut less = decided(Some(&open), 1, 20_000).unwrap();
    less.told.bus = Some(mark.clone());
    let other = HexId::of("other");
    let later = told(&less, Voice::Bus, None, Some(&other), moment(21_000)).unwrap();
    assert_eq!((later.at, later.thread), (mark.at, mark.thread));
    assert_eq!(later.complaints, complaints(1));
}

#[test]
fn what_changes_its_owner_is_told_to_the_new_one_from_then_on() {
    let of = |owner: &str| Look::Violating {
        complaints: complaints(1),
        facts: Facts {
            owner: Some(owner.to_owned()),
            ..Facts::default()
        },
        group: Group::of_owner(Some(Untrusted::new(owner))),
        launched_at: None,
        by_time: false,
    };
    let decided = |item: &Item, owner: &str, millis| {
        let look = of(owner);
        decide(Some(item), looked(&look, millis, Source::Check), RULES).map(|it| it.item)
    };
    let web = decided(&told_item(1), "web", 20_000).unwrap();
    assert_eq!(web.facts.owner.as_deref(), Some("web"));
    assert_eq!(
        (web.due.as_ref(), web.opened_at),
        (None, told_item(1).opened_at)
    );
    assert_eq!(decided(&web, "web", 21_000), None);
    assert_eq!(
        decided(&web, "db", 19_000),
        None,
        "an older look decides nothing"
    );
    let week = 7 * 24 * 3_600_000;
    let db = decided(&web, "db", 6_000 + week).unwrap();
    assert_eq!(db.facts.owner.as_deref(), Some("db"));
    let group = Group::of_owner(Some(Untrusted::new("db")));
    assert_eq!(
        db.due.clone().unwrap().group,
        group,
        "the reminder is for the new owner"
    );
    let api = decided(&db, "api", 9_000 + week).unwrap();
    let group = Group::of_owner(Some(Untrusted::new("api")));
    assert_eq!(api.due.unwrap().group, group);
}

#[test]
fn what_is_open_for_too_long_is_escalated_once() {
    let day = 24 * 3_600_000;
    let rules = Rules {
        escalate_after: Some(Duration::from_hours(3 * 24)),
        repeat_interval: None,
        ..WITH_BUS
    };
    let open = told_item(1);
    let violating = look(1);
    let decided = |item: &Item, millis, source| {
        decide(Some(item), looked(&violating, millis, source), rules).map(|it| it.item)
    };
    for source in [Source::Check, Source::Sweep] {
        assert_eq!(decided(&open, 3 * day, source), None);
        let due = decided(&open, 3 * day + 1_000, source).unwrap();
        let now = moment(3 * day + 5_000);
        for voice in Voice::ALL {
            assert_eq!(news(&due, voice, now, rules), Some(News::Escalated));
        }
        assert_eq!(shift(&due, rules), None);
        let mark = |voice| told(&due, voice, Some(News::Escalated), None, now);
        let told = Item {
            told: Marks::each(mark),
            due: None,
            ..due.clone()
        };
        assert_eq!(decided(&told, 9 * day, source), None);
        let half = Item {
            told: Marks {
                topic: told.told.topic.clone(),
                bus: due.told.bus.clone(),
            },
            ..due
        };
        assert_eq!(news(&half, Voice::Topic, now, rules), None);
        assert_eq!(news(&half, Voice::Bus, now, rules), Some(News::Escalated));
    }
}
