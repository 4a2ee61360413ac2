//! New instances, which other tools tag a few seconds after launch.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use crate::deployment::{Deployment, eventually, skip};
use crate::fleet::{COMPLETE, Fleet};
use crate::subscriber::{Subscriber, alerts_for};

/// How long after the launch the last tags arrive.
const LAST_TAGS: Duration = Duration::from_secs(50);

const LAUNCHES: i32 = 60;

/// What becomes of an instance after its launch.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// All tags arrive, each at its own time after the launch.
    Tagged(Vec<Duration>),
    /// Some tags arrive, and one never.
    HalfTagged(Duration),
    NeverTagged,
}

/// Tags are raced against the checks at random. Whatever wins, an instance whose tags arrive in time
/// is never alerted, and one whose tags don't is alerted once.
#[tokio::test]
async fn late_tags_give_no_alert_and_missing_ones_give_one() {
    let Some(deployment) = settling_deployment().await else {
        return skip("no environment gives its instances 60 s or more to be tagged");
    };
    let seed = seed();
    eprintln!("The race is that of seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let fates: Vec<Fate> = (0..LAUNCHES)
        .map(|index| {
            let mut delay = || LAST_TAGS.mul_f64(random.f64());
            match index % 6 {
                0 => Fate::NeverTagged,
                1 => Fate::HalfTagged(delay()),
                2 => Fate::Tagged(vec![delay(); COMPLETE.len()]),
                3 => Fate::Tagged(vec![Duration::ZERO; COMPLETE.len()]),
                _ => Fate::Tagged(COMPLETE.iter().map(|_| delay()).collect()),
            }
        })
        .collect();

    let mut subscriber = Subscriber::new(&deployment).await;
    let fleet = &mut Fleet::new(&deployment).await;
    // In one call, so that the first is still new when the last is launched.
    let ids = fleet.launch(LAUNCHES, &[]).await;
    let fleet = &*fleet;
    let tag_calls: usize = join_all(ids.iter().zip(&fates).map(|(id, fate)| async move {
        let times = match fate {
            Fate::Tagged(times) => times.clone(),
            Fate::HalfTagged(time) => vec![*time; COMPLETE.len() - 1],
            Fate::NeverTagged => Vec::new(),
        };
        join_all(times.iter().zip(COMPLETE).map(|(time, tag)| async move {
            tokio::time::sleep(*time).await;
            fleet.tag(id, &[*tag]).await;
        }))
        .await
        .len()
    }))
    .await
    .into_iter()
    .sum();

    let violations = fates.iter().filter(|fate| !matches!(fate, Fate::Tagged(_)));
    let violations = violations.count();
    eventually("the alerts", async || {
        let alerts = subscriber.notifications().await;
        let alerted = ids.iter().filter(|id| alerts_for(alerts, id) > 0).count();
        (alerted >= violations).then_some(())
    })
    .await;
    // A second alert would come within the grace period.
    tokio::time::sleep(deployment.settle_time()).await;
    let alerts = subscriber.notifications().await.to_vec();
    let records = records_by_id(&deployment).await;
    let (mut provisional, mut counted) = (0, 0);
    for (id, fate) in ids.iter().zip(&fates) {
        let wanted = usize::from(!matches!(fate, Fate::Tagged(_)));
        assert_eq!(
            alerts_for(&alerts, id),
            wanted,
            "{id}: {fate:?}, seed {seed}"
        );
        let (early, last): (Vec<&Value>, Vec<_>) = records[id]
            .iter()
            .partition(|record| record["provisional"] == true);
        let violations = last.iter().filter(|record| record["isCompliant"] == false);
        assert_eq!(violations.count(), wanted, "{id}: {fate:?}, seed {seed}");
        assert!(!last.is_empty(), "{id}: {fate:?}, seed {seed}");
        provisional += early.len();
        counted += last.len();
    }
    let of_race = ids.iter().map(|id| alerts_for(&alerts, id)).sum::<usize>();
    eprintln!(
        "{} launches, {tag_calls} calls of CreateTags: {provisional} provisional audit records and \
         {counted} that count, {of_race} alerts",
        ids.len(),
    );
    fleet.terminate_all().await;
    subscriber.remove().await;
}

/// An instance that is compliant at first, but not at the end of its grace period.
#[tokio::test]
async fn a_tag_that_is_removed_from_a_new_instance_gives_one_alert() {
    let Some(deployment) = settling_deployment().await else {
        return skip("no environment gives its instances 60 s or more to be tagged");
    };
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    eventually("the first evaluation", async || {
        let records = deployment.evaluations(Some(&id)).await;
        records
            .iter()
            .any(|record| record["isCompliant"] == true)
            .then_some(())
    })
    .await;
    // Changes in the first seconds count as part of the launch.
    tokio::time::sleep(Duration::from_secs(5)).await;
    fleet.untag(&id, "Application").await;
    let alert = subscriber.wait_for_alert(&id).await;
    assert!(
        alert.message.contains("\nMissing Tags: Application\n"),
        "{}",
        alert.message
    );
    assert_eq!(subscriber.alerts_for(&id).await, 1);
    fleet.terminate().await;
    subscriber.remove().await;
}

/// `TEST_SEED`, which cargo sets unless the caller does.
fn seed() -> u64 {
    std::env::var("TEST_SEED").map_or(1, |text| text.parse().unwrap())
}

/// The environment with a grace period of a minute or more.
async fn settling_deployment() -> Option<Deployment> {
    Deployment::which(|deployment| deployment.settle_time() > LAST_TAGS).await
}

async fn records_by_id(deployment: &Deployment) -> HashMap<String, Vec<Value>> {
    let mut records: HashMap<String, Vec<Value>> = HashMap::new();
    for record in deployment.evaluations(None).await {
        let id = record["instanceId"].as_str().unwrap().to_owned();
        records.entry(id).or_default().push(record);
    }
    records
}
