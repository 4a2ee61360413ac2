"""The cost model, against sums made by hand, and the document, against the model."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from dataclasses import fields, replace

import cost
from cost import DIRECT, LARGE, LOGS, QUEUE, Assumptions, Settings
from prices import AS_OF, PRICES, Price

# One event an instance and month, and nothing else.
BARE = Assumptions(state_changes=1, tag_changes=0, launches=0, violations=0.0, sweeps=0)


class PriceTest(unittest.TestCase):
    def test_tiers_and_free_tier(self) -> None:
        price = Price("", "", ((100, 0.5), (50, 0.2), (float("inf"), 0.1)), "", free=30)
        self.assertEqual(price.of(0), 0)
        self.assertEqual(price.of(100), 50)
        self.assertEqual(price.of(160), 61)
        self.assertEqual(price.of(160, free_tier=True), 56)
        self.assertEqual(price.of(20, free_tier=True), 0)

    def test_every_price_has_its_page(self) -> None:
        for name, price in PRICES.items():
            self.assertRegex(price.source, r"^https://aws\.amazon\.com/[a-z0-9-]+/pricing/$", name)
            self.assertRegex(price.compared, r"^2026-\d\d-\d\d$", name)
            self.assertLessEqual(price.compared, AS_OF, name)
            self.assertEqual(price.tiers[-1][0], float("inf"), name)


class MonthTest(unittest.TestCase):
    def test_a_compliant_event(self) -> None:
        used = cost.month(1000, DIRECT, BARE)
        self.assertEqual(
            {name: used[name] for name in ("lambda_requests", "put_metric_data", "s3_puts", "sns_requests", "sns_mails")},
            {"lambda_requests": 1000, "put_metric_data": 1000, "s3_puts": 1000, "sns_requests": 0, "sns_mails": 0},
        )
        # 100 + 40 + 40 ms of waiting, and 0.7 ms of CPU at 256/1769 of a vCPU, at a quarter of a GB.
        self.assertAlmostEqual(used["lambda_arm64"], 1000 * (0.18 + 0.0007 * 1769 / 256) / 4)
        self.assertAlmostEqual(used["logs_gb"], 1000 * (271 + 328 + 380) / 1e9)
        self.assertAlmostEqual(used["s3_gb"], 1000 * 700 / 1e9)
        # The item of the instance, which is not there, and the policy.
        self.assertEqual((used["table_reads"], used["table_writes"]), (2000, 0))
        # Nothing but the polls of the delay queue.
        self.assertEqual(used["sqs_requests"], 648_000)

    def test_a_violation_is_published_and_mailed(self) -> None:
        used = cost.month(1000, DIRECT, replace(BARE, violations=0.1, mails=3))
        # Nothing opens without a launch or a change of tags; a hundred that are open are told again each week.
        again = 100 * 720 / 168
        self.assertAlmostEqual(used["sns_requests"], again)
        self.assertAlmostEqual(used["sns_mails"], 3 * again)
        self.assertEqual(used["put_metric_data"], 1000)

    def test_a_violation_is_written_told_and_closed(self) -> None:
        still = cost.month(1000, DIRECT, replace(BARE, violations=0.1))
        opened = cost.month(1000, DIRECT, replace(BARE, violations=0.1, tag_changes=1, state_changes=0))
        more = {name: opened[name] - still[name] for name in ("sns_requests", "lambda_requests", "table_writes", "table_reads")}
        # Of each of the hundred: opened and closed, and told of each, in the index too each time; the group for each, and the
        # pace for the alert. The reads are an item and the policy, by the teller twice.
        expected = {"sns_requests": 100, "lambda_requests": 200, "table_writes": 100 * 11, "table_reads": 2 * 2 * 100}
        for name, number in expected.items():
            self.assertAlmostEqual(more[name], number, msg=name)

    def test_without_events_the_end_of_a_violation_takes_a_write_less_and_no_time_of_the_bus(self) -> None:
        given = replace(BARE, violations=0.1, tag_changes=1, state_changes=0)
        on, off = (cost.month(1000, Settings(violation_events_enabled=is_on), given) for is_on in (True, False))
        self.assertAlmostEqual(on["table_writes"] - off["table_writes"], 100)
        # Two calls of each opening, one each week, and of each end two more than the write; but for their CPU time.
        longer = (100 * 2 + 100 * 720 / 168 + 100 * 3) * 0.04
        cpu = 100 * 1e-3 * (cost.TELLING.cpu_ms - cost.MAIL.cpu_ms + cost.SETTLING.cpu_ms - cost.SILENCE.cpu_ms)
        cpu += 100 * 720 / 168 * 1e-3 * (cost.REPEATING.cpu_ms - cost.MAIL.cpu_ms)
        self.assertAlmostEqual(on["lambda_arm64"] - off["lambda_arm64"], (longer + cpu * 1769 / 256) / 4)

    def test_a_launch_without_tags_is_looked_at_twice_and_counted_once(self) -> None:
        used = cost.month(1000, DIRECT, replace(BARE, launches=1, late_tags=0.5))
        self.assertEqual((used["lambda_requests"], used["s3_puts"], used["put_metric_data"]), (1500, 1500, 1000))
        # Each message is sent, received and deleted; 500 receives are fewer than the polls.
        self.assertEqual(used["sqs_requests"], 648_000 + 2 * 500)

    def test_the_queue_has_polls_of_its_own_and_three_requests_a_message(self) -> None:
        used = cost.month(1000, QUEUE, BARE)
        self.assertEqual(used["sqs_requests"], 2 * 648_000 + 1000 + 1000)
        self.assertEqual(used["put_metric_data"], 1000)

    def test_batches_share_calls(self) -> None:
        events = 30 * 24 * 3600 * 50
        used = cost.month(events, QUEUE, replace(BARE, violations=0.5))
        self.assertEqual(cost.average_batch(events, 1, BARE), 10)
        self.assertAlmostEqual(used["put_metric_data"], events / 10)
        # The policy is read once for all.
        told = used["sns_requests"]
        self.assertAlmostEqual(used["table_reads"], events * 1.1 + told * 2)
        self.assertAlmostEqual(used["s3_puts"], events)
        self.assertEqual(cost.average_batch(1e12, 1, BARE), 200)

    def test_counts_by_logs_are_lines_instead_of_calls(self) -> None:
        calls, lines = (cost.month(1000, settings, BARE) for settings in (DIRECT, LOGS))
        self.assertEqual((calls["put_metric_data"], lines["put_metric_data"]), (1000, 0))
        self.assertAlmostEqual(lines["logs_gb"] - calls["logs_gb"], 1000 * cost.COUNT_LINE / 1e9)
        # Nothing waits for the call.
        self.assertAlmostEqual(calls["lambda_arm64"] - lines["lambda_arm64"], 1000 * 0.04 / 4)
        self.assertEqual(lines["metrics"], calls["metrics"])
        sweep = replace(BARE, state_changes=0, sweeps=1)
        self.assertEqual(cost.month(1000, LOGS, sweep)["put_metric_data"], 1)

    def test_records_of_a_batch_are_an_object(self) -> None:
        events = 30 * 24 * 3600 * 50
        batch = Settings(event_delivery="queue", audit_records="batch")
        used = cost.month(events, batch, replace(BARE, launches=0.1, late_tags=1))
        # Those that come back are looked at one by one.
        self.assertAlmostEqual(used["s3_puts"], events / 10 + events / 10)
        self.assertAlmostEqual(used["s3_gb"], events * 1.1 * 700 / 1e9)
        each = cost.month(1000, Settings(audit_records="batch"), BARE)
        self.assertEqual(each["s3_puts"], 1000, "a direct event has no batch")

    def test_a_longer_window_makes_larger_batches(self) -> None:
        events = 30 * 24 * 3600 * 50
        used = cost.month(events, replace(QUEUE, event_queue_window_seconds=4), BARE)
        self.assertAlmostEqual(used["lambda_requests"], events / 40)
        # A receive takes at most ten messages.
        self.assertAlmostEqual(used["sqs_requests"], 648_000 + events * 1.2)

    def test_lambdas_own_lines_can_be_left_out(self) -> None:
        used = [cost.month(1000, Settings(system_log_level=level), replace(BARE, sweeps=3)) for level in ("INFO", "WARN")]
        self.assertAlmostEqual(used[0]["logs_gb"] - used[1]["logs_gb"], (1000 + 3) * 380 / 1e9)

    def test_violations_are_events(self) -> None:
        given = replace(BARE, violations=0.1, tag_changes=1, state_changes=0, sweeps=30)
        used = cost.month(1000, DIRECT, given)
        # Opened and resolved, an alert each and again each week, and that it is resolved; each sweep has two.
        self.assertAlmostEqual(used["events_published"], 100 * (2 + 1 + 720 / 168 + 1) + 2 * 30)
        self.assertEqual(cost.month(1000, Settings(violation_events_enabled=False), given)["events_published"], 0)

    def test_channels(self) -> None:
        given = replace(BARE, violations=0.1, tag_changes=1)
        notifications = 100 * (1 + 720 / 168 + 1)
        self.assertEqual(cost.channel_month("webhook", 1000, given), {"api_destinations": 200})
        self.assertEqual(cost.channel_month("teams", 1000, given), {"api_destinations": notifications})
        self.assertEqual(cost.channel_month("pager", 1000, given), {"transitions": 200 * 6, "table_reads": 400})
        slack = cost.channel_month("slack", 1000, given)
        self.assertAlmostEqual(slack["transitions"], 100 * 8 + (notifications - 100) * 7)
        self.assertAlmostEqual(slack["table_writes"], notifications * 3 + 100)

    def test_sweeps(self) -> None:
        used = cost.sweeps(1_000_000, DIRECT, replace(BARE, sweeps=2), "x86_64")
        self.assertEqual((used["s3_puts"], used["put_metric_data"], used["schedules"]), (2 * 1008, 2, 2))
        # Of EC2 127 pages by eight, and of the table two.
        seconds = 1_000_000 * BARE.sweep_cpu_ms / 1e3 * 1769 / 256 + 127 * 0.1 + 2 * 0.04
        self.assertAlmostEqual(used["lambda_x86_64"], 2 * seconds / 4)
        parts = -(-seconds // 33)
        self.assertEqual(used["lambda_requests"], 2 * parts)
        self.assertEqual(used["table_writes"], 2 * ((2 * parts - 1) * 50 + 2))
        # Each invocation reads progress and policy; then what is overdue, and the partitions, of which eight are read again.
        self.assertEqual(used["table_reads"], 2 * (parts * (13 + 1) + 1 + 16 + 8 * (parts - 1)))

    def test_a_sweep_reads_all_that_the_table_holds(self) -> None:
        given = replace(BARE, violations=0.1, launches=1, tag_changes=2, sweeps=1)
        # A hundred are open, and of three hundred a month a third is still there: 120 KB, and one unit a partition more.
        self.assertAlmostEqual(cost.held_items(1000, given), 200)
        small = cost.sweeps(1000, DIRECT, given, "arm64")
        self.assertEqual(small["table_reads"], 1 + 1 + 1 + 16 * 2)
        self.assertAlmostEqual(cost.month(1000, DIRECT, given)["table_gb"], 200 * 600 / 1e9)
        # Where the last page of a partition is full, another call finds that there is no more.
        queries = [cost.sweep_calls(1000, items)["Query"] for items in (0, 3_999, 4_000, 8_000)]
        self.assertEqual(queries, [16, 16, 32, 48])
        # Four partitions at a time, since there is no other call meanwhile.
        seconds = 1000 * given.sweep_cpu_ms / 1e3 * 1769 / 256 + 0.1 + 4 * 0.04
        self.assertAlmostEqual(small["lambda_arm64"], seconds / 4)

    def test_architectures_differ_in_their_price_alone(self) -> None:
        arm64, x86_64 = (cost.month(10_000, DIRECT, Assumptions(), name) for name in ("arm64", "x86_64"))
        self.assertEqual(arm64.pop("lambda_arm64"), x86_64.pop("lambda_x86_64"))
        self.assertEqual(arm64, x86_64)

    def test_config(self) -> None:
        lines = cost.bill(cost.config_month(10_000, Assumptions()))
        self.assertAlmostEqual(lines["config_items"], 640_000 * 0.003)
        self.assertAlmostEqual(lines["config_evaluations"], 100 + 400_000 * 0.0008 + 140_000 * 0.0005)

    def test_custodian(self) -> None:
        used = cost.custodian_month(1000, BARE)
        self.assertEqual((used["put_metric_data"], used["s3_puts"], used["lambda_requests"]), (0, 0, 1000))
        cpu_ms = cost.CUSTODIAN_COMPLIANT.cpu_ms * 1769 / 512
        self.assertAlmostEqual(used["lambda_arm64"], (100 + cpu_ms) / 2)

    def test_four_alarms_and_two_metrics_watch_whatever_the_fleet(self) -> None:
        used = cost.month(1, DIRECT, BARE)
        self.assertEqual((used["alarms"], used["metrics"]), (4, 2))

    def test_a_metric_is_paid_by_the_hours_that_it_has_data_in(self) -> None:
        self.assertEqual([cost.metric_hours(hours) for hours in (0, 720, 1440)], [0, 1, 1])
        # Thirty hours of 720: one and a quarter cents.
        self.assertAlmostEqual(PRICES["metrics"].of(cost.metric_hours(30)), 0.0125)
        self.assertAlmostEqual(cost.month(100, QUEUE, Assumptions())["metrics"], 2 + 30 / 720)

    def test_the_named_settings_keep_the_promised_sums(self) -> None:
        for instances, settings, most in ((100, DIRECT, 2), (100, QUEUE, 2), (10_000, LOGS, 7), (1_000_000, LARGE, 300)):
            for architecture in ("arm64", "x86_64"):
                used = cost.month(instances, settings, Assumptions(), architecture)
                self.assertLess(sum(cost.bill(used).values()), most, (instances, settings, architecture))
        self.assertEqual([cost.WAYS[name] for name in cost.NAMED.values()], [DIRECT, LOGS, LARGE])

    def test_each_size_is_cheapest_with_the_settings_named_for_it(self) -> None:
        def dollars(instances: int, settings: Settings) -> float:
            return sum(cost.bill(cost.month(instances, settings, Assumptions())).values())

        # For fewer than a thousand, the default is less than a dollar more.
        self.assertLess(dollars(1_000, DIRECT) - dollars(1_000, LOGS), 1)
        self.assertLess(dollars(45_000, LOGS), dollars(45_000, LARGE))
        self.assertLess(dollars(55_000, LARGE), dollars(55_000, LOGS))


class DocumentTest(unittest.TestCase):
    def test_the_document_has_these_tables(self) -> None:
        document = cost.DOCUMENT.read_text(encoding="utf-8")
        self.assertEqual(cost.filled(document), document, "run scripts/standin.sh python benches/cost.py --write")
        self.assertIn(AS_OF, document)

    def test_the_readme_has_these_sums(self) -> None:
        readme = (cost.DOCUMENT.parent.parent / "README.md").read_text(encoding="utf-8")

        def row(head: str, way: Callable[[int], cost.Units]) -> str:
            cells = [sum(cost.bill(way(instances)).values()) for instances in cost.FLEETS]
            return f"| {head} | " + " | ".join(f"${amount:,.{2 if amount < 10 else 0}f}" for amount in cells) + " |"

        given = Assumptions()
        for settings in cost.WAYS.values():
            self.assertIn(row(settings.shown(), lambda instances: cost.month(instances, settings, given)), readme)
        head = "AWS Config `required-tags`, on the same assumptions"
        self.assertIn(row(head, lambda instances: cost.config_month(instances, given)), readme)
        head = "Cloud Custodian, on the same assumptions"
        self.assertIn(row(head, lambda instances: cost.custodian_month(instances, given)), readme)

    def test_a_lost_mark_is_an_error(self) -> None:
        with self.assertRaisesRegex(ValueError, "table: ways"):
            cost.filled("nothing")

    def test_every_input_is_explained(self) -> None:
        self.assertEqual([field.name for field in fields(Assumptions)], list(cost.MEANINGS))


if __name__ == "__main__":
    unittest.main()
