//! A policy that uses every part of the language: its alerts and records. `scripts/test.sh` gives it to
//! the second environment.

use serde_json::json;

use crate::deployment::{Deployment, eventually, skip};
use crate::fleet::{COMPLETE, Fleet};
use crate::subscriber::Subscriber;

#[tokio::test]
async fn alerts_and_records_say_what_the_policy_says() {
    let deployment = Deployment::load().await;
    let Some(other) = Deployment::other().await else {
        return skip("TERRAFORM_OUTPUTS_OTHER names no second environment");
    };
    let other = other.taking_the_turn_of(deployment);
    let mut subscriber = Subscriber::new(&other).await;
    let mut fleet = Fleet::new(&other).await;
    let prod = [
        ("Environment", "prod"),
        ("Owner", "tests"),
        ("application", "shop"),
        ("costcenter", "1234"),
        ("temporary", "yes"),
    ];
    let violating = fleet.launch(1, &prod).await.remove(0);
    let exempt = fleet.launch(1, &[("Lab", "lab-7")]).await.remove(0);
    let unmanaged = fleet.launch(1, &[("Unmanaged", "1")]).await.remove(0);
    let moving = fleet.launch(1, &[("Moving", "1")]).await.remove(0);
    let compliant = fleet.launch(1, COMPLETE).await.remove(0);

    let alert = subscriber.wait_for_alert(&violating).await;
    for part in [
        "\nSeverity: low\n",
        "\nMissing Tags: CostCenter\n",
        "\nForbidden Tags:\n  temporary: ********\n",
        "\nMisspelled Tags:\n  costcenter: did you mean CostCenter? If so, rename it.\n",
        "\nAbout These Tags:\n  CostCenter: Ask finance for the number\n",
    ] {
        assert!(alert.message.contains(part), "{part}: {}", alert.message);
    }
    let alert = subscriber.wait_for_alert(&moving).await;
    for part in [
        "\nSeverity: high\n",
        "\nExpired Exemptions:\n  tests, until 2025-12-31: Until they had been moved\n",
    ] {
        assert!(alert.message.contains(part), "{part}: {}", alert.message);
    }

    for (id, status) in [
        (&violating, "non-compliant"),
        (&exempt, "exempt"),
        (&compliant, "compliant"),
    ] {
        let record = eventually(&format!("the record of {id}"), async || {
            let records = other.evaluations(Some(id)).await;
            records
                .into_iter()
                .find(|record| record["provisional"] != true)
        })
        .await;
        assert_eq!(record["status"], status, "{record}");
        if id == &violating {
            assert_eq!(record["tags"]["temporary"], "********", "{record}");
        }
        if status == "exempt" {
            assert_eq!(record["exemption"]["owner"], "tests");
            assert_eq!(
                record["missingTags"],
                json!(["Environment", "Owner", "Application"])
            );
        }
    }
    for record in other.evaluations(Some(&unmanaged)).await {
        assert_eq!(record["status"], "out-of-scope", "{record}");
        assert_eq!(record["outOfScope"], "scope.exclude[0]", "{record}");
    }
    for (id, alerts) in [
        (&violating, 1),
        (&moving, 1),
        (&exempt, 0),
        (&unmanaged, 0),
        (&compliant, 0),
    ] {
        assert_eq!(subscriber.alerts_for(id).await, alerts, "{id}");
    }

    // With a repeat interval of 0, each check that finds a violation alerts again.
    other.invoke(&json!({"instanceId": moving})).await;
    eventually("the second alert", async || {
        (subscriber.alerts_for(&moving).await == 2).then_some(())
    })
    .await;
    assert_eq!(subscriber.alerts_for(&violating).await, 1);
    fleet.terminate().await;
    subscriber.remove().await;
}
