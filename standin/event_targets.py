"""EventBridge's permission to reach a target, which targets it refuses, and a target's dead-letter queue."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import error_response_json, get_account_id, new_uuid
from ministack.services import eventbridge, lambda_svc, sns, stepfunctions

from . import dead_letters, state_machines
from .dead_letters import Refusal, is_schedule, queue_policy, target_role_may
from .event_connections import destination_of
from .permissions import service_may, service_may_assume

logger = logging.getLogger("standin.event_targets")

RULE_TICK_SECONDS = 1
MOST_TARGETS = 5
SERVICE = "events.amazonaws.com"

_ACTIONS = {
    "events": "events:InvokeApiDestination",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
    "states": "states:StartExecution",
}
# These have no policies of their own: a role of the target's must allow the call.
_REACHED_BY_ROLE = ("events", "states")


@dataclass(frozen=True)
class Origin:
    """The event that is handed to a target, and by which rule."""

    target: dict
    rule: dict
    view: Any


origin: ContextVar[Origin] = ContextVar("standin_origin")


def install() -> None:
    """Check each target before it is invoked, and some when they are put."""
    invoke, put_targets = eventbridge._invoke_target, eventbridge._put_targets

    def invoke_where_allowed(target: dict, event: dict, rule: dict, view: Any = None) -> None:
        view = view or eventbridge._pattern_event_view(event)
        if is_schedule(rule):
            target = _with_schedule_input(target, view)
        refusal = _refusal(target, rule) or _refusal_of_input(target, rule, view)
        if refusal is None:
            token = origin.set(Origin(target, rule, view))
            try:
                invoke(target, event, rule, view)
            finally:
                origin.reset(token)
        else:
            logger.warning("%s cannot reach %s: %s", rule.get("Arn"), target.get("Arn"), refusal.message)
            dead_letters.send(target, rule, view, refusal)

    def put_checked(data: dict) -> Any:
        if _count_after(data) > MOST_TARGETS:
            return error_response_json(
                "LimitExceededException", "The requested resource exceeds the maximum number allowed.", 400
            )
        problem = next(filter(None, map(_objection, data.get("Targets", []))), None)
        return error_response_json("ValidationException", problem, 400) if problem else put_targets(data)

    eventbridge._invoke_target = invoke_where_allowed
    eventbridge._put_targets = put_checked
    eventbridge._render_placeholder = _unescaped(eventbridge._render_placeholder)
    eventbridge._dispatch_to_stepfunctions = _start_execution
    eventbridge._SCHEDULER_TICK_INTERVAL = RULE_TICK_SECONDS


def _count_after(data: dict) -> int:
    """How many targets a rule has after a call of PutTargets."""
    held = eventbridge._targets.get(eventbridge._rule_key(data.get("Rule"), data.get("EventBusName", "default"))) or []
    return len({target.get("Id") for target in [*held, *data.get("Targets", [])]})


def _service(arn: str) -> str | None:
    """Whose action reaches the target; nothing where the stand-in does not check it."""
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return None
    if spec.service == "events" and not spec.resource.startswith("api-destination/"):
        return None
    if spec.service not in _ACTIONS or not eventbridge._target_matches_request_scope(spec):
        return None
    service: str = spec.service
    return service


def _objection(target: dict) -> str | None:
    """Why PutTargets refuses a target."""
    if _service(target.get("Arn", "")) in _REACHED_BY_ROLE and not target.get("RoleArn"):
        return f"RoleArn is required for target {target['Arn']}."
    template = (target.get("InputTransformer") or {}).get("InputTemplate", "")
    if _is_json(template):
        filled = dict.fromkeys(eventbridge._PLACEHOLDER_RE.findall(template), "")
        try:
            json.loads(eventbridge._render_input_template(template, filled))
        except ValueError as error:
            return f"Invalid InputTemplate for target {target.get('Id')} : {error}"
    return None


def _is_json(template: str) -> bool:
    return template.lstrip()[:1] in ("{", "[")


def _with_schedule_input(target: dict, view: Any) -> dict:
    """EventBridge Scheduler's own event carries its empty detail as a string."""
    if target.get("Input"):
        return target
    return {**target, "Input": json.dumps({**view.event_with_detail(), "detail": "{}"})}


def _refusal(target: dict, rule: dict) -> Refusal | None:
    arn = target.get("Arn", "")
    service = _service(arn)
    if service is None:
        return None
    action = _ACTIONS[service]
    policy = _resource_policy(service, arn)
    if policy is None:
        return Refusal("NO_RESOURCE", f"The target {arn} does not exist.")
    role = target.get("RoleArn")
    if role:
        caller = role
        if not is_schedule(rule) and not service_may_assume(role, SERVICE, rule.get("Arn", ""), get_account_id()):
            return Refusal("FAILED_TO_ASSUME_ROLE", f"{SERVICE} is not authorized to assume the role {role}")
        allowed = target_role_may(rule, role, action, arn)
    else:
        caller = SERVICE
        allowed = service_may(policy, caller, action, arn, rule.get("Arn", ""), get_account_id())
    if allowed:
        return None
    return Refusal("NO_PERMISSIONS", f"{caller} is not authorized to perform: {action} on resource: {arn}")


def _resource_policy(service: str, arn: str) -> str | dict | None:
    """The target's policy, empty if it has none; None if there is no such target."""
    if service == "lambda":
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        base, _, _ = lambda_svc._get_base_func_record_for_ref(arn)
        return base.get("policy") or {} if function and config and base else None
    if service == "sqs":
        return queue_policy(arn)
    if service == "states":
        return None if stepfunctions._resolve_state_machine_arn(arn) is None else ""
    if service == "events":
        return None if destination_of(arn) is None else ""
    topic = sns._topic_by_arn_any_scope(arn)
    return None if topic is None else topic.get("attributes", {}).get("Policy") or ""


def _refusal_of_input(target: dict, rule: dict, view: Any) -> Refusal | None:
    """A template that is JSON must be JSON once it is filled in."""
    transformer = target.get("InputTransformer") or {}
    if not _is_json(transformer.get("InputTemplate", "")):
        return None
    try:
        json.loads(eventbridge._apply_input_transformer(transformer, rule, view))
    except ValueError as error:
        return Refusal("INVALID_JSON", f"The transformed input is not valid JSON: {error}")
    return None


def _unescaped(render: Any) -> Any:
    """EventBridge quotes a string that is a whole value, and escapes nothing in it."""

    def render_placeholder(name: str, token: str, replacements: dict, in_string: bool) -> str:
        value = replacements.get(name)
        if isinstance(value, str) and not in_string:
            return f'"{value}"'
        rendered: str = render(name, token, replacements, in_string)
        return rendered

    return render_placeholder


def _start_execution(arn: str, payload: str) -> None:
    """Each execution has a new name, which begins with the event's id: EventBridge does not drop duplicates."""
    delivery = origin.get()
    name = f"{delivery.view.envelope()['id']}_{new_uuid()}"
    if len(payload.encode()) > state_machines.MOST_BYTES:
        status, body = 400, json.dumps({"message": f"The input has more than {state_machines.MOST_BYTES} bytes"})
    else:
        status, _, body = stepfunctions._start_execution({"stateMachineArn": arn, "input": payload, "name": name})
    if status != 200:
        refusal = Refusal("ERROR_FROM_TARGET", json.loads(body)["message"])
        dead_letters.send(delivery.target, delivery.rule, delivery.view, refusal)
