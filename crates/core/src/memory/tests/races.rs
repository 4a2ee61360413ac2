//! Random schedules of looks, slow writes, retries, kills, skewed clocks and lost answers.
//!
//! One instance, whose tags change some times; an event tells of each change, now and then twice or late.
//! A discrete simulation: the actor with the earliest time is next.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use fastrand::Rng;
use proptest::prelude::*;

use super::*;

const WAIT: u64 = 3_000;
const FETCHED_ANEW: u64 = 2_000;

/// How bad things are.
#[derive(Debug, Clone, Copy)]
struct Weather {
    /// The share of writes that take up to 20 s.
    slow_writes: f64,
    /// The share of looks that take up to 8 s.
    long_looks: f64,
    /// The share of steps after which the actor is killed.
    kills: f64,
    /// The share of writes that are done, but never answered.
    lost_answers: f64,
    /// The share of changes of which no event tells.
    missed_events: f64,
    /// The share of messages that one voice does not take, where there are two.
    faults: f64,
}

/// Who acts, and what comes next.
#[derive(Debug, Clone)]
enum Step {
    Check(Source),
    Look {
        source: Source,
        fetched_at: u64,
        fetched: Option<Item>,
    },
    Evaluate {
        source: Source,
        asked_at: u64,
        fetched_at: u64,
        fetched: Option<Item>,
        seen: Truth,
    },
    Store {
        evaluated: Evaluated,
        attempts: u32,
    },
    Teller,
    TellerLook {
        item: Item,
    },
    TellerEvaluate {
        asked_at: u64,
        item: Item,
        seen: Truth,
    },
    Published {
        item: Item,
        by: Vec<Voice>,
    },
}

#[derive(Debug, Clone)]
struct Evaluated {
    asked_at: u64,
    seen: Truth,
    source: Source,
    write: Write,
}

struct World {
    random: Rng,
    weather: Weather,
    rules: Rules,
    changes: Vec<(u64, Truth)>,
    first: Truth,
    table: Table,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    steps: std::collections::HashMap<u64, Step>,
    next: u64,
    lifetimes: BTreeSet<Timestamp>,
    published: u64,
    repeated_by_kills: u64,
    added: u64,
    told_though_fine: u64,
    is_telling: bool,
}

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let mut random = Rng::with_seed(seed);
        let first = random.u8(0..4);
        let random_bus = random.bool();
        let (mut changes, mut time, mut last) = (Vec::new(), 0, first);
        for _ in 0..random.u32(1..6) {
            time += if random.bool() {
                random.u64(100..3_000)
            } else {
                random.u64(3_000..60_000)
            };
            let next = (last + random.u8(1..4)) % 4;
            changes.push((time, next));
            last = next;
        }
        Self {
            random,
            weather,
            rules: if random_bus { WITH_BUS } else { RULES },
            changes,
            first,
            table: Table::default(),
            queue: BinaryHeap::new(),
            steps: std::collections::HashMap::new(),
            next: 0,
            lifetimes: BTreeSet::new(),
            published: 0,
            repeated_by_kills: 0,
            added: 0,
            told_though_fine: 0,
            is_telling: false,
        }
    }

    fn truth(&self, time: u64) -> Truth {
        let past = self.changes.iter().rev().find(|(at, _)| *at <= time);
        past.map_or(self.first, |(_, truth)| *truth)
    }

    fn at(&mut self, time: u64, step: Step) {
        self.steps.insert(self.next, step);
        self.queue.push(Reverse((time, self.next)));
        self.next += 1;
    }

    fn within(&mut self, share: f64) -> bool {
        self.random.f64() < share
    }

    /// A clock that is up to 50 ms wrong.
    fn skewed(&mut self, time: u64) -> Timestamp {
        moment(1_000 + time + self.random.u64(0..100))
    }

    fn write_time(&mut self) -> u64 {
        if self.within(self.weather.slow_writes) {
            self.random.u64(500..20_000)
        } else {
            self.random.u64(5..50)
        }
    }

    fn run(&mut self) -> u64 {
        if self.first != 0 {
            self.at(0, Step::Check(Source::Check));
        }
        for (time, _) in self.changes.clone() {
            let late = if self.within(0.9) {
                self.random.u64(50..1_000)
            } else {
                self.random.u64(1_000..30_000)
            };
            if !self.within(self.weather.missed_events) {
                self.at(time + late, Step::Check(Source::Check));
            }
            if self.within(0.2) {
                let again = self.random.u64(0..2_000);
                self.at(time + late + again, Step::Check(Source::Check));
            }
            if self.within(0.2) {
                let meanwhile = self.random.u64(0..60_000);
                self.at(time + meanwhile, Step::Check(Source::Sweep));
            }
        }
        if self.weather.missed_events > 0.0 {
            self.at(1_000_000, Step::Check(Source::Sweep));
        }
        let mut steps = 0;
        while let Some(Reverse((now, id))) = self.queue.pop() {
            let step = self.steps.remove(&id).unwrap();
            steps += 1;
            assert!(steps < 20_000, "it never comes to rest");
            self.step(now, step);
        }
        steps
    }

    /// Kills the actor now and then; then the step is retried, as Lambda and the stream do.
    fn is_killed(&mut self, now: u64, again: Step) -> bool {
        let killed = self.within(self.weather.kills);
        if killed {
            let pause = self.random.u64(1_000..60_000);
            self.at(now + pause, again);
        }
        killed
    }

    fn step(&mut self, now: u64, step: Step) {
        match step {
            Step::Check(source) => {
                let fetched = self.table.item.clone();
                let until_asked = self.random.u64(0..300);
                self.at(
                    now + until_asked,
                    Step::Look {
                        source,
                        fetched_at: now,
                        fetched,
                    },
                );
            }
            Step::Look {
                source,
                fetched_at,
                fetched,
            } => {
                // The answer shows what was so at some time while it was asked.
                let takes = if self.within(self.weather.long_looks) {
                    self.random.u64(300..8_000)
                } else {
                    self.random.u64(5..300)
                };
                let seen_at = now + self.random.u64(0..=takes);
                let seen = self.truth(seen_at);
                self.at(
                    now + takes,
                    Step::Evaluate {
                        source,
                        asked_at: now,
                        fetched_at,
                        fetched,
                        seen,
                    },
                );
            }
            Step::Evaluate {
                source,
                asked_at,
                fetched_at,
                fetched,
                seen,
            } => {
                let fetched = if now - fetched_at > FETCHED_ANEW {
                    self.table.item.clone()
                } else {
                    fetched
                };
                if self.is_killed(now, Step::Check(source)) {
                    return;
                }
                self.evaluate(now, asked_at, fetched.as_ref(), seen, source, 0);
            }
            Step::Store {
                evaluated,
                attempts,
            } => self.store(now, evaluated, attempts),
            // A shard delivers one batch at a time, and an item is always in the same shard.
            Step::Teller if self.is_telling => self.at(now + 100, Step::Teller),
            Step::Teller => {
                let Some(item) = self.table.item.clone() else {
                    return;
                };
                let Some(due) = item.due.as_ref().filter(|_| item.is_due(moment(now))) else {
                    return;
                };
                self.is_telling = true;
                let ready = due.at.epoch_millis() - moment(0).epoch_millis() + WAIT;
                self.at(now.max(ready), Step::TellerLook { item });
            }
            Step::TellerLook { item } => {
                let takes = self.random.u64(10..200);
                let seen_at = now + self.random.u64(0..=takes);
                let seen = self.truth(seen_at);
                self.at(
                    now + takes,
                    Step::TellerEvaluate {
                        asked_at: now,
                        item,
                        seen,
                    },
                );
            }
            Step::TellerEvaluate {
                asked_at,
                item,
                seen,
            } => self.tell(now, asked_at, item, seen),
            Step::Published { item, by } => {
                self.is_telling = false;
                if by.len() < Voice::ALL.len() {
                    self.at(now + 5_000, Step::Teller);
                }
                if self.within(self.weather.kills) {
                    self.repeated_by_kills += 1;
                    self.at(now + 5_000, Step::Teller);
                    return;
                }
                self.table.told(&item, &by, moment(now), self.rules);
            }
        }
    }

    /// A look by the clock of whoever looked.
    fn looked<'a>(
        &mut self,
        now: u64,
        asked_at: u64,
        look: &'a Look,
        source: Source,
    ) -> Looked<'a> {
        Looked {
            look,
            asked_at: self.skewed(asked_at),
            now: moment(now),
            source,
        }
    }

    fn evaluate(
        &mut self,
        now: u64,
        asked_at: u64,
        there: Option<&Item>,
        seen: Truth,
        source: Source,
        attempts: u32,
    ) {
        let look = look(seen);
        let looked = self.looked(now, asked_at, &look, source);
        let Some(write) = decide(there, looked, self.rules) else {
            return;
        };
        let takes = self.write_time();
        let evaluated = Evaluated {
            asked_at,
            seen,
            source,
            write,
        };
        self.at(
            now + takes,
            Step::Store {
                evaluated,
                attempts,
            },
        );
    }

    fn store(&mut self, now: u64, evaluated: Evaluated, attempts: u32) {
        let again = match evaluated.source {
            Source::Teller => Step::Teller,
            source => Step::Check(source),
        };
        let result = self.table.write(&evaluated.write);
        if result.is_ok() {
            let item = self.table.item.clone().unwrap();
            self.lifetimes.insert(item.opened_at);
            self.added += u64::from(item.state.is_open());
            let until_overdue = self.random.u64(0..60_000);
            if item.due.is_some() {
                let until_woken = self.random.u64(0..10_000);
                self.at(now + until_woken, Step::Teller);
            }
            if item.state == State::Suspect {
                let overdue = u64::try_from(OVERDUE.as_millis()).unwrap();
                self.at(now + overdue + until_overdue, Step::Teller);
            }
            if self.within(self.weather.lost_answers) {
                // The SDK tries again what was done.
                let takes = self.write_time();
                self.at(
                    now + takes,
                    Step::Store {
                        evaluated,
                        attempts,
                    },
                );
                return;
            }
            self.is_killed(now, again);
        } else if let Err(there) = result {
            if attempts == 3 {
                let pause = self.random.u64(1_000..60_000);
                self.at(now + pause, again);
                return;
            }
            let Evaluated {
                asked_at,
                seen,
                source,
                ..
            } = evaluated;
            self.evaluate(now, asked_at, (*there).as_ref(), seen, source, attempts + 1);
        }
    }

    fn tell(&mut self, now: u64, asked_at: u64, item: Item, seen: Truth) {
        let look = look(seen);
        let looked = self.looked(now, asked_at, &look, Source::Teller);
        if let Some(write) = decide(Some(&item), looked, self.rules) {
            self.is_telling = false;
            let takes = self.write_time();
            let evaluated = Evaluated {
                asked_at,
                seen,
                source: Source::Teller,
                write,
            };
            self.at(
                now + takes,
                Step::Store {
                    evaluated,
                    attempts: 0,
                },
            );
            return;
        }
        if self.is_killed(now, Step::Teller) {
            self.is_telling = false;
            return;
        }
        let mut by = Voice::ALL.to_vec();
        if self.rules.violation_events && self.within(self.weather.faults) {
            by.remove(self.random.usize(0..by.len()));
        }
        if by.contains(&Voice::Topic)
            && news(&item, Voice::Topic, moment(now), self.rules).is_some()
        {
            self.published += 1;
            self.told_though_fine += u64::from(seen == 0);
        }
        let takes = self.write_time();
        self.at(now + takes, Step::Published { item, by });
    }
}

/// How often the instance began to violate something.
fn violations(world: &World) -> u64 {
    let truths: Vec<Truth> = std::iter::once(world.first)
        .chain(world.changes.iter().map(|it| it.1))
        .collect();
    let begins = truths
        .windows(2)
        .filter(|pair| pair[0] == 0 && pair[1] != 0)
        .count();
    begins as u64 + u64::from(world.first != 0)
}

fn holds(seed: u64, weather: Weather) {
    let mut world = World::new(seed, weather);
    world.run();
    let truth = world.truth(u64::MAX);
    let item = world.table.item.as_ref();
    assert!(
        says(item, truth),
        "seed {seed}, {weather:?}: {item:?} is not {truth}"
    );
    assert!(
        item.is_none_or(|it| it.due.is_none()),
        "seed {seed}: still due"
    );
    assert!(
        world.lifetimes.len() as u64 <= violations(&world),
        "seed {seed}: {:?}",
        world.lifetimes
    );
    assert_eq!(world.told_though_fine, 0, "seed {seed}");
    for voice in Voice::ALL {
        let owes = item.is_some_and(|item| owes(item, voice, moment(0), world.rules));
        assert!(!owes, "seed {seed}: {voice:?} has more to tell: {item:?}");
    }
    let most = world.added + world.repeated_by_kills;
    assert!(
        world.published <= most,
        "seed {seed}: {} of {most}",
        world.published
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_remembered_ends_as_it_is(
        seed: u64, slow: bool, long: bool, kills: bool, lost: bool, missed: bool,
        faults: bool,
    ) {
        holds(seed, Weather {
            slow_writes: if slow { 0.3 } else { 0.0 },
            long_looks: if long { 0.3 } else { 0.0 },
            kills: if kills { 0.1 } else { 0.0 },
            lost_answers: if lost { 0.1 } else { 0.0 },
            missed_events: if missed { 0.3 } else { 0.0 },
            faults: if faults { 0.3 } else { 0.0 },
        });
    }
}
