//! What the event bus is told, beside the topic.

use tag_compliance_core::event::own;

use super::*;

fn kinds(calls: &Calls) -> Vec<String> {
    let events = calls.events().into_iter();
    events.map(|event| event.detail_type).collect()
}

fn of_kind(calls: &Calls, kind: &str) -> Value {
    let mut events = calls.events().into_iter();
    let event = events.find(|event| event.detail_type == format!("Tag Compliance {kind}"));
    event.unwrap().detail
}

fn on_bus(instances: Vec<Instance>) -> Aws {
    showing(instances).events(vec![])
}

/// Tells all that is due.
async fn told(table: &Table, aws: Aws) -> Calls {
    let (told, calls) = tell(table, aws).await;
    told.unwrap();
    assert!(table.wake().is_none());
    calls
}

#[tokio::test(start_paused = true)]
async fn a_violation_is_an_event_for_machines_and_a_message_for_people() {
    let stray = || tagged(BAD, "running", &[("Name", "stray"), ("Owner", "web")]);
    let table = due(&[stray()]).await;
    let calls = told(&table, on_bus(vec![stray()]).owners(r#"["web"]"#)).await;
    assert_eq!(
        kinds(&calls),
        [
            "Tag Compliance Violation Opened",
            "Tag Compliance Notification"
        ]
    );
    assert_eq!(calls.put_events().len(), 2, "machines first");
    let opened = calls.events().remove(0);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:instance/{BAD}");
    assert_eq!(opened.resources, [arn]);
    let item = table.item(BAD).unwrap();
    let gen_ = item["gen"].as_str().unwrap();
    let detail = opened.detail;
    for (field, expected) in [
        ("schemaVersion", json!(1)),
        ("violationId", json!(format!("{BAD}-{gen_}"))),
        ("sequence", json!(1)),
        ("environment", json!("test")),
        ("accountId", json!("123456789012")),
        ("region", json!("us-east-1")),
        ("instanceId", json!(BAD)),
        ("name", json!("stray")),
        ("change", json!("opened")),
        ("changes", json!(["opened"])),
        ("owner", json!("web")),
        ("ownerPattern", json!("web")),
        ("severity", Value::Null),
        ("state", json!("running")),
        ("summary", json!("missing Environment, Application")),
    ] {
        assert_eq!(detail[field], expected, "{field}");
    }
    assert_eq!(detail["auditRecord"]["bucket"], "logs");
    assert_eq!(detail["auditRecord"]["key"], item["key"]);
    assert_eq!(
        detail["findings"][1],
        json!({
            "kind": "missing", "key": "Application", "message": "Application is missing",
        })
    );
    let command = detail["fix"]["commands"][0].as_str().unwrap();
    assert!(command.contains("create-tags"), "{command}");
    assert_eq!(detail["pagerduty"]["payload"]["severity"], "warning");
    assert_eq!(detail["jsm"]["priority"], "P3");
    let message = of_kind(&calls, "Notification");
    assert_eq!(message["changes"], json!(["opened"]));
    assert_eq!(
        message["title"],
        format!("EC2 instance {BAD} is not compliant")
    );
    assert_eq!(message["text"], calls.messages()[0].1);
    assert_eq!(
        message["instances"][0]["violationId"],
        detail["violationId"]
    );
    assert_eq!(message["isThreadStart"], true);
    assert_eq!(message["threadId"], item["bthr"]);
    assert_eq!(message["owner"], "web");
    assert!(message["slack"]["blocks"].is_array());
    assert_eq!(message["teams"]["type"], "message");
    assert_eq!(message["chat"]["metadata"]["threadId"], message["threadId"]);
    let mut attributes = calls.alerts().remove(0).attributes;
    assert_eq!(attributes.remove("change").unwrap(), r#"["opened"]"#);
    let expected = [
        ("account", "123456789012"),
        ("owner", "web"),
        ("owner_pattern", "web"),
        ("region", "us-east-1"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(attributes.into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_storm_is_one_message_on_the_bus_as_on_the_topic() {
    let fleet = || -> Vec<_> { (0..25).map(|n| owned(&id(n), "web")).collect() };
    let table = due(&fleet()).await;
    let calls = told(&table, on_bus(fleet())).await;
    assert_eq!(calls.messages().len(), 1);
    let sizes: Vec<_> = calls.put_events().iter().map(Vec::len).collect();
    assert_eq!(sizes, [10, 10, 5, 1]);
    let message = of_kind(&calls, "Notification");
    assert_eq!(message["title"], "25 EC2 instances not compliant");
    assert_eq!(message["instanceCount"], 25);
    assert_eq!(message["instances"].as_array().unwrap().len(), 25);
}

#[tokio::test(start_paused = true)]
async fn what_is_resolved_is_told_in_the_conversation_of_its_opening() {
    let clock = Clock::default();
    let (other, third) = (id(2), id(3));
    let table = due(&[bad()]).await;
    let first = told(&table, on_bus(vec![bad()])).await;
    let rest = || vec![owned(&other, "x"), owned(&third, "x")];
    check_all(&table, &rest()).await;
    let second = told(&table, on_bus(rest())).await;
    let thread = |calls: &Calls| of_kind(calls, "Notification")["threadId"].clone();
    let threads = [thread(&first), thread(&second)];
    assert_ne!(threads[0], threads[1]);

    let good = || -> Vec<_> { [BAD, &other, &third].map(good_one).into() };
    clock.is_at(60);
    check_all(&table, &good()).await;
    let calls = told(&table, on_bus(good())).await;
    assert!(
        calls.messages().is_empty(),
        "the topic tells no resolutions"
    );
    let resolved = calls.events();
    let machines = resolved
        .iter()
        .filter(|it| it.detail_type.ends_with("Resolved"));
    let machines: Vec<_> = machines.collect();
    assert_eq!(machines.len(), 3);
    for event in machines {
        assert_eq!(event.detail["closedWhy"], "compliant");
        assert_eq!(event.detail["findings"], json!([]));
        assert_eq!(event.detail["fix"], Value::Null);
    }
    let mut messages: Vec<_> = resolved
        .iter()
        .filter(|it| it.detail_type.ends_with("Notification"))
        .map(|it| {
            (
                it.detail["threadId"].clone(),
                it.detail["instanceCount"].clone(),
            )
        })
        .collect();
    messages.sort_by_key(|(_, count)| count.as_u64());
    assert_eq!(
        messages,
        [
            (threads[0].clone(), json!(1)),
            (threads[1].clone(), json!(2))
        ]
    );
    assert_eq!(table.item(BAD).unwrap()["bwhat"], "", "it is over");
    assert!(table.item(BAD).unwrap().get("tgen").is_some());
}

fn good_one(id: &str) -> Instance {
    tagged(
        id,
        "running",
        &[
            ("Environment", "prod"),
            ("Owner", "x"),
            ("Application", "y"),
        ],
    )
}

#[tokio::test(start_paused = true)]
async fn fewer_findings_are_news_for_machines_only() {
    let clock = Clock::default();
    let table = due(&[owned(BAD, "web")]).await;
    told(&table, on_bus(vec![owned(BAD, "web")])).await;
    let better = || {
        vec![tagged(
            BAD,
            "running",
            &[("Owner", "web"), ("Application", "a")],
        )]
    };
    clock.is_at(60);
    check_all(&table, &better()).await;
    let before = table.item(BAD).unwrap();
    let calls = told(&table, on_bus(better())).await;
    assert_eq!(kinds(&calls), ["Tag Compliance Violation Changed"]);
    assert!(calls.messages().is_empty());
    let after = table.item(BAD).unwrap();
    assert_ne!(after["bwhat"], before["bwhat"]);
    assert_eq!(
        after["bat"], before["bat"],
        "people are not told later for it"
    );
    assert_eq!(after["bthr"], before["bthr"]);
}

#[tokio::test(start_paused = true)]
async fn topic_and_bus_never_repeat_each_other() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "api")];
    let groups = ["api", "web"].map(|owner| own::group_due(&group(Some(owner))));
    for (without, first, second) in [
        (showing(fleet()).sns(down()).events(vec![]), (1, 4), (2, 0)),
        (
            showing(fleet()).events(vec![Reply::Error(500, "InternalException")]),
            (2, 1),
            (0, 4),
        ),
    ] {
        let clock = Clock::default();
        let table = due(&fleet()).await;
        let (result, calls) = tell(&table, without).await;
        // The stream goes on, since the other voice may have something to tell.
        result.unwrap();
        assert_eq!((calls.messages().len(), calls.events().len()), first);
        let mut delayed = calls.delayed();
        delayed.sort_by_key(|(message, _)| message["detail"]["group"].as_str().map(str::to_owned));
        let mut expected: Vec<_> = groups.iter().map(|group| (group.clone(), 60)).collect();
        expected.sort_by_key(|(message, _)| message["detail"]["group"].as_str().map(str::to_owned));
        assert_eq!(delayed, expected);
        clock.is_at(60);
        let mut told = (0, 0);
        for group in &groups {
            let aws = on_bus(fleet()).remembering(&table);
            let (answer, calls) = aws.handle(&batch(std::slice::from_ref(group))).await;
            assert_eq!(answer.unwrap(), failed(&[]));
            told.0 += calls.messages().len();
            told.1 += calls.events().len();
        }
        assert_eq!(told, second);
        assert!(table.wake().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn when_both_voices_are_down_nothing_is_told() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "api")];
    let table = due(&fleet()).await;
    let refused = || vec![Reply::Error(400, "AccessDeniedException")];
    let aws = showing(fleet()).sns(down()).events(refused());
    let (result, calls) = tell(&table, aws).await;
    assert!(result.unwrap_err().to_string().starts_with("sns:Publish: "));
    assert_eq!(
        calls.put_events().len(),
        1,
        "the other owner's are not tried"
    );
    let calls = told(&table, on_bus(fleet())).await;
    assert_eq!((calls.messages().len(), calls.events().len()), (2, 4));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_the_bus_could_not_take_is_put_again() {
    let table = due(&[bad()]).await;
    let unlucky = showing(vec![bad()]).events(vec![Reply::AllBut("0", false)]);
    let calls = told(&table, unlucky).await;
    let sizes: Vec<_> = calls.put_events().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 1, 1]);
    let ids: Vec<_> = calls
        .events()
        .iter()
        .map(|it| it.detail["id"].clone())
        .collect();
    assert_eq!(ids[0], ids[1], "receivers drop the duplicate");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_the_bus_refuses_stays_due_and_the_others_are_told() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "web")];
    let table = due(&fleet()).await;
    let refusing = showing(fleet()).events(vec![Reply::AllBut("0", true)]);
    let (result, calls) = tell(&table, refusing).await;
    result.unwrap();
    let expected = own::group_due(&group(Some("web")));
    assert_eq!(
        calls.delayed(),
        [(expected, 900)],
        "it will be refused again"
    );
    let message = of_kind(&calls, "Notification");
    assert_eq!(message["instanceCount"], 1, "about what machines know");
    assert_eq!(calls.messages().len(), 1);
    let calls = told(&table, on_bus(fleet())).await;
    assert!(calls.messages().is_empty());
    assert_eq!(calls.events().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_fails_again_and_again_gives_up_in_time() {
    let table = due(&[bad()]).await;
    let failing = (0..3).map(|_| Reply::AllBut("0", false)).collect();
    let (result, calls) = tell(&table, showing(vec![bad()]).events(failing)).await;
    result.unwrap();
    assert_eq!(calls.put_events().len(), 3);
    assert_eq!(calls.delayed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_long_been_open_is_escalated_in_a_message_of_its_own() {
    let clock = Clock::default();
    let fleet = || vec![owned(BAD, "web")];
    let table = due(&fleet()).await;
    told(&table, on_bus(fleet())).await;
    clock.is_at(4 * 24 * 3_600);
    let both = || vec![owned(BAD, "web"), owned(OTHER, "web")];
    check_all_with(
        &table,
        showing(both()).events(vec![]).escalate_after("3"),
        &both(),
    )
    .await;
    let calls = told(&table, on_bus(both()).escalate_after("3")).await;
    assert_eq!(
        subjects(&calls),
        [
            format!("EC2 instance {OTHER} is not compliant"),
            "Escalation: 1 EC2 instance still not compliant".to_owned(),
        ]
    );
    let changes: Vec<_> = calls
        .alerts()
        .iter()
        .map(|it| it.attributes["change"].clone())
        .collect();
    assert_eq!(changes, [r#"["opened"]"#, r#"["escalated"]"#]);
    let body = &calls.messages()[1].1;
    assert!(body.contains("Open For Too Long (1):"), "{body}");
    assert!(body.contains("; open since 2025-12-03"), "{body}");
    assert_eq!(calls.events().len(), 3, "no event for machines");
    clock.is_at(9 * 24 * 3_600);
    check_all_with(&table, showing(both()).escalate_after("3"), &fleet()).await;
    assert!(table.wake().is_none(), "only once");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_escalates_what_no_event_reports() {
    let clock = Clock::default();
    let fleet = || vec![owned(BAD, "web")];
    let table = due(&fleet()).await;
    told(&table, showing(fleet())).await;
    clock.is_at(4 * 24 * 3_600);
    let sweeping = showing(fleet()).remembering(&table).escalate_after("3");
    sweeping.handle(&scheduled()).await.0.unwrap();
    table.forget_calls();
    let calls = told(&table, showing(fleet()).escalate_after("3")).await;
    assert_eq!(
        subjects(&calls),
        ["Escalation: 1 EC2 instance still not compliant"]
    );
    let sweeping = showing(fleet()).remembering(&table).escalate_after("3");
    sweeping.handle(&scheduled()).await.0.unwrap();
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn owners_beyond_the_largest_share_lists_by_pattern() {
    let fleet = || -> Vec<_> {
        let single = (0..24).map(|n| owned(&id(n), &format!("owner-{n:02}")));
        let second = (0..20).map(|n| owned(&id(n + 100), &format!("owner-{n:02}")));
        single.chain(second).collect()
    };
    let table = due(&fleet()).await;
    let owners = r#"["owner-20", "owner-2*", "*"]"#;
    let calls = told(&table, on_bus(fleet()).owners(owners)).await;
    let mut patterns: Vec<_> = calls
        .alerts()
        .iter()
        .map(|it| {
            (
                it.attributes["owner_pattern"].clone(),
                it.attributes.contains_key("owner"),
            )
        })
        .collect();
    patterns.sort();
    let rest = patterns.iter().filter(|(_, has_owner)| !has_owner);
    let rest: Vec<_> = rest.map(|(pattern, _)| pattern.as_str()).collect();
    assert_eq!(rest, ["owner-2*", "owner-20"]);
    assert_eq!(patterns.len(), 22);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_voice_refuses_holds_up_no_other() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "api")];
    let table = due(&fleet()).await;
    let refusing = showing(fleet()).events(vec![Reply::AllBut("0", true)]);
    let (result, calls) = tell(
        &table,
        refusing.sns(vec![Reply::AllBut("0", true), Reply::Ok(())]),
    )
    .await;
    result.unwrap();
    assert_eq!((calls.messages().len(), calls.events().len()), (2, 3));
    let calls = told(&table, on_bus(fleet())).await;
    assert_eq!((calls.messages().len(), calls.events().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn while_the_topic_is_down_the_bus_tells_every_part_of_a_message() {
    let fleet = || -> Vec<_> { (0..600).map(|n| owned(&id(n), "web")).collect() };
    let table = due_like_the_first(&fleet()).await;
    let (result, calls) = tell(&table, on_bus(fleet()).sns(down())).await;
    result.unwrap();
    assert_eq!(calls.events().len(), 602);
    let calls = told(&table, on_bus(fleet())).await;
    assert_eq!((calls.messages().len(), calls.events().len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn if_the_delay_queue_fails_too_the_stream_tries_again() {
    let table = due(&[bad()]).await;
    let aws = on_bus(vec![bad()]).sns(down());
    let (result, _) = tell(
        &table,
        aws.sqs(vec![Reply::Error(403, "AccessDeniedException")]),
    )
    .await;
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with("sqs:SendMessage: "), "{error}");
    let calls = told(&table, on_bus(vec![bad()])).await;
    assert_eq!((calls.messages().len(), calls.events().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_many_conversations_is_one_message_all_the_same() {
    let clock = Clock::default();
    let table = Table::default();
    let ids: Vec<_> = (0..5).map(id).collect();
    for id in &ids {
        check_all(&table, &[owned(id, "web")]).await;
        told(&table, on_bus(vec![owned(id, "web")])).await;
    }
    clock.is_at(60);
    let good = || -> Vec<_> { ids.iter().map(|id| good_one(id)).collect() };
    check_all(&table, &good()).await;
    let calls = told(&table, on_bus(good())).await;
    let message = of_kind(&calls, "Notification");
    assert_eq!(message["instanceCount"], 5);
    assert_eq!(message["isThreadStart"], true);
    assert_eq!(calls.events().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn muting_holds_back_everything_but_an_end_on_the_bus() {
    for has_notices in [false, true] {
        let clock = Clock::default();
        let table = due(&[bad()]).await;
        told(&table, on_bus(vec![bad()])).await;
        table.put(BAD, &[("mute", number(NOW + 3_600_000))]);
        clock.is_at(60);
        let worse = || vec![tagged(BAD, "running", &[("Owner", "  ")])];
        check_all(&table, &worse()).await;
        if table.wake().is_some() {
            let (result, calls) = tell(&table, on_bus(worse())).await;
            result.unwrap();
            assert!(calls.events().is_empty() && calls.messages().is_empty());
        }
        clock.is_at(120);
        check_all(&table, &[good_one(BAD)]).await;
        let aws = on_bus(vec![good_one(BAD)]);
        let aws = if has_notices {
            aws.resolved_notices()
        } else {
            aws
        };
        let (result, calls) = tell(&table, aws).await;
        result.unwrap();
        assert!(calls.messages().is_empty());
        let expected = [
            "Tag Compliance Violation Resolved",
            "Tag Compliance Notification",
        ];
        assert_eq!(kinds(&calls), expected);
        assert_eq!(
            table.wake().is_some(),
            has_notices,
            "the topic tells it later"
        );
        assert!(calls.delayed().is_empty());
    }
}
