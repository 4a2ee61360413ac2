"""What Terraform's own tests cannot see. Needs Terraform and the provider, asks no AWS."""

from __future__ import annotations

import json
import re
import shutil
import unittest
from pathlib import Path
from typing import Any, ClassVar

from .support import ROOT, console, copy_of_terraform, init, planned, plans_of, terraform, terraform_ok

TAGS = {"Environment": "dev", "Owner": "platform-team", "Application": "ec2-tag-compliance"}


class TerraformTest(unittest.TestCase):
    directory: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = copy_of_terraform(cls)
        init(cls.directory)

    def test_every_resource_that_can_have_tags_has_them(self) -> None:
        plans = [planned(self.directory, "tags.tftest.hcl", run) for run in ("everything", "everything_else")]
        schemas = next(iter(plans[0]["provider_schemas"].values()))["resource_schemas"]
        seen, tagged = set(), set()
        for change in (change for plan in plans for change in plan["resource_changes"]):
            seen.add((change["type"], change["name"]))
            # Terraform's own are in no account.
            if change["type"] != "terraform_data" and "tags" in schemas[change["type"]]["block"]["attributes"]:
                tagged.add(change["type"])
                self.assertEqual(change["change"]["after"]["tags"], TAGS, change["address"])
        self.assertGreaterEqual(len(tagged), 9)
        # Otherwise a resource that the run leaves out would go unchecked.
        files = [*self.directory.glob("*.tf"), *self.directory.glob("modules/*/*.tf")]
        texts = [path.read_text(encoding="utf-8") for path in files]
        code = {found for text in texts for found in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE)}
        self.assertEqual(seen, code)

    def test_what_goes_with_a_resource_is_replaced_with_it(self) -> None:
        of_the_function = {
            "module.events.aws_lambda_event_source_mapping.delay_queue",
            "module.events.aws_lambda_event_source_mapping.event_queue",
            "module.events.aws_lambda_event_source_mapping.state_table",
            "module.checker.aws_lambda_function.checker",
            "module.checker.aws_lambda_function_event_invoke_config.checker",
            "module.checker.aws_lambda_function_recursion_config.checker[0]",
            'module.events.aws_lambda_permission.checker["state_change"]',
            'module.events.aws_lambda_permission.checker["tag_change"]',
            "module.sweep_rule[0].aws_lambda_permission.sweep",
        }
        wanted = {
            "function": of_the_function,
            "role": {*of_the_function, "module.checker.aws_iam_role.checker", "module.checker.aws_iam_role_policy.checker"},
            "rule": {
                'module.events.aws_cloudwatch_event_rule.checker["tag_change"]',
                'module.events.aws_cloudwatch_event_target.checker["tag_change"]',
                'module.events.aws_lambda_permission.checker["tag_change"]',
            },
            "table": {
                "module.events.aws_lambda_event_source_mapping.state_table",
                "module.state_table.aws_dynamodb_table.state",
            },
            "log_group": {
                "module.checker.aws_cloudwatch_log_group.checker",
                *(
                    f'module.checker.aws_cloudwatch_log_metric_filter.counts["{metric}"]'
                    for metric in ("CompliantInstances", "NonCompliantInstances", "UnwrittenRecords")
                ),
            },
            "queues_and_topic": {
                "module.alerts.aws_sns_topic.alerts",
                "module.dead_letter_queue.aws_sqs_queue.dead_letters",
                "module.delay_queue.aws_sqs_queue.work",
                "module.event_queue.aws_sqs_queue.work",
            },
        }
        found = plans_of(self.directory, "replacement.tftest.hcl")
        for run, addresses in wanted.items():
            actions = {change["address"]: tuple(change["change"]["actions"]) for change in found[run]["resource_changes"]}
            # Mocks don't know which change of an argument replaces a resource: it is an update to them.
            changed = {address for address, done in actions.items() if done != ("no-op",)}
            self.assertLessEqual(addresses, changed, run)
            # A new one of the same name, made first, would be the old one, and then be deleted as that.
            self.assertNotIn(("create", "delete"), actions.values(), run)

    def test_a_chat_configuration_is_replaced_if_an_update_cannot_move_it(self) -> None:
        replaced, updated, kept = ("delete", "create"), ("update",), ("no-op",)
        wanted = {
            "other_channels": {"slack": updated, "teams": replaced},
            "other_workspace_and_team": {"slack": replaced, "teams": replaced},
            "other_tenant": {"slack": kept, "teams": replaced},
        }
        found = plans_of(self.directory, "channel_chat.tftest.hcl")
        for run, actions in wanted.items():
            done = {change["address"]: tuple(change["change"]["actions"]) for change in found[run]["resource_changes"]}
            for name, action in actions.items():
                address = f'module.channel_chat["{name}"].aws_chatbot_{name}_channel_configuration.chat[0]'
                self.assertEqual(done[address], action, f"{run}: {address}")

    def test_the_readmes_policy_is_taken_with_all_defaults(self) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        policies = re.findall(r"^```hcl\n(tag_policy = .*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
        self.assertEqual(len(policies), 1)
        test = self.directory / "tests" / "readme.tftest.hcl"
        test.write_text(
            f'mock_provider "aws" {{\n  source = "./tests/mocks"\n}}\n\nvariables {{\n{policies[0]}\n'
            'lambda_zip_path = "tests/fixtures/bootstrap.zip"\nsuffix = "x"\n}\n\nrun "readme" {\n  command = plan\n}\n',
            encoding="utf-8",
        )
        self.addCleanup(test.unlink)
        policy = json.loads(planned(self.directory, test.name, "readme")["output_changes"]["tag_policy"]["after"])
        self.assertEqual([rule["key"] for rule in policy["required_tags"]], ["Environment", "Owner", "CostCenter"])

    def test_all_json_is_taken_from_the_file_that_the_documentation_names(self) -> None:
        """`-var` reads JSON as HCL, in which templates, some escapes and surrogate pairs are something else."""
        file = self.directory / "policy.auto.tfvars.json"
        self.assertIn(f"terraform/{file.name}", (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"))
        self.addCleanup(file.unlink, missing_ok=True)
        for text in (
            r'{"description": "Ask ${owner}, %{if}"}',
            r'{"pattern": "[a-z]+\/[0-9]+"}',
            r'{"description": "\ud83e\udd80"}',
            r'{"description": "bell\b, page\f"}',
        ):
            rule = {"key": "Owner", **json.loads(text)}
            file.write_text(f'{{"tag_policy": {{"required_tags": [{{"key": "Owner", {text[1:-1]}}}]}}}}', encoding="utf-8")
            self.assertEqual(console(self.directory, "var.tag_policy.required_tags", "-var=suffix=x"), [rule], text)

    def test_the_policys_fields_are_the_schemas(self) -> None:
        schema = json.loads((ROOT / "docs" / "tag-policy.schema.json").read_text(encoding="utf-8"))
        definitions = schema["$defs"]
        kinds = {"policy": schema, "date": definitions["DateRequirement"], "number": definitions["NumberRequirement"]} | {
            kind: definitions["".join(word.title() for word in kind.split("_"))]
            for kind in (
                "required_tag", "forbidden_tag", "scope", "exemption", "condition", "inner_condition", "tag_condition"
            )
        }
        kinds |= {kind: definitions[f"{kind.title()}Requirement"] for kind in ("date", "number")}
        module = self.directory / "modules" / "tag-policy"
        fields = console(module, "local.fields", "-var=own_tags={}", "-var=tag_policy={required_tags=[]}")
        wanted = {
            kind: {name: kind_of(part) for name, part in definition["properties"].items()}
            for kind, definition in kinds.items()
        }
        self.assertEqual(fields, wanted)

    def test_the_plan_warns_of_nothing_in_a_companys_policy(self) -> None:
        module = self.directory / "modules" / "tag-policy"
        shutil.copy(ROOT / "tests" / "fixtures" / "policies" / "company.yaml", module)
        policy = console(module, 'yamldecode(file("company.yaml"))', "-var=own_tags={}", "-var=tag_policy={}")
        settings = {"tag_policy": policy, "own_tags": {}, "now": "2026-11-27T00:00:00Z"}
        (module / "company.tfvars.json").write_text(json.dumps(settings), encoding="utf-8")
        warnings = console(module, "local.policy_warnings", "-var-file=company.tfvars.json")
        self.assertEqual(warnings, [])

    def test_the_plan_refuses_and_accepts_what_the_function_does(self) -> None:
        """The function's own tests hold it to the same lists: what only the function refused would deploy and not start."""
        folder = ROOT / "tests" / "fixtures" / "policies"
        refused, accepted = (
            json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("refused", "accepted")
        )
        faults = self.faults_of([entry["policy"] for entry in refused + accepted])
        for entry, found in zip(refused, faults, strict=False):
            self.assertNotEqual(found, [], entry["why"])
            if "expected" in entry:
                words = f"; it must be {entry['expected']}."
                self.assertTrue(any(fault.endswith(words) for fault in found), (entry["why"], found))
        for entry, found in zip(accepted, faults[len(refused) :], strict=True):
            self.assertEqual(found, [], entry["why"])

    def faults_of(self, policies: list[Any]) -> list[list[str]]:
        """What the module finds wrong with each policy."""
        root = self.directory.parent / "policies"
        self.addCleanup(shutil.rmtree, root)
        shutil.copytree(self.directory / "modules" / "tag-policy", root / "module")
        # The module's own outputs end the run at the first policy that is refused.
        (root / "module" / "outputs.tf").write_text('output "faults" {\n  value = local.policy_faults\n}\n', encoding="utf-8")
        (root / "policies.json").write_text(json.dumps(policies), encoding="utf-8")
        (root / "main.tf").write_text(
            'module "policies" {\n  source = "./module"\n'
            '  for_each = { for index, policy in jsondecode(file("policies.json")) : index => policy }\n'
            '  tag_policy = each.value\n  own_tags = {}\n  now = "2026-11-27T00:00:00Z"\n}\n',
            encoding="utf-8",
        )
        terraform_ok(root, "init", "-input=false", "-no-color")
        found = console(root, "{ for index, policy in module.policies : index => policy.faults }")
        return [found[str(index)] for index in range(len(policies))]

    def test_the_architecture_is_that_of_the_zip_that_was_built(self) -> None:
        built = self.directory.parent / "target" / "lambda"
        built.mkdir(parents=True)
        for there, architecture in (((), "arm64"), (("x86_64",), "x86_64"), (("arm64", "x86_64"), "arm64")):
            for name in there:
                (built / f"bootstrap-{name}.zip").touch()
            found = console(self.directory, "[local.architecture, local.lambda_zip_path]", "-var=suffix=x")
            self.assertEqual(found[0], architecture, there)
            self.assertTrue(found[1].endswith(f"/target/lambda/bootstrap-{architecture}.zip"), found)
        given = console(self.directory, "local.architecture", "-var=suffix=x", "-var=lambda_zip_path=x.zip")
        self.assertEqual(given, "arm64", "what an environment of before was applied with")

    def test_the_examples_are_valid(self) -> None:
        examples = sorted(path.parent for path in self.directory.glob("examples/*/main.tf"))
        self.assertEqual(len(examples), 4)
        for example in examples:
            init(example)
            result = terraform(example, "validate", "-no-color")
            self.assertEqual(result.returncode, 0, f"{example.name}: {result.stderr}")


def kind_of(part: dict[str, Any]) -> str:
    """What a property of the schema is, in the words of fields.tf."""
    types = part.get("type")
    if types is None:
        # A reference: to an object, but for the one enumeration.
        return "text" if "Severity" in json.dumps(part) else "object"
    kind = next(name for name in ([types] if isinstance(types, str) else types) if name != "null")
    if kind == "array":
        return "objects" if "$ref" in part["items"] else "texts"
    return {"string": "text", "integer": "number", "number": "number", "boolean": "bool"}[kind]
