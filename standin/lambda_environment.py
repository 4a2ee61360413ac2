"""The environment and logs of a custom runtime, as on AWS."""

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.services import cloudwatch_logs, lambda_svc

from .permissions import role_exists, role_may


# From https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html, least severe first.
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_DEFAULT_LEVEL = "INFO"


def install() -> None:
    """Wrap the runtime's environment and the writing of function logs."""
    build = lambda_svc._provided_worker_env
    emit = lambda_svc._emit_lambda_logs

    def environment(config: dict, code_dir: str, port: int) -> dict[str, str]:
        variables: dict[str, str] = build(config, code_dir, port)
        variables["AWS_LAMBDA_LOG_GROUP_NAME"] = _log_group(config)
        logging_config = config.get("LoggingConfig") or {}
        variables["AWS_LAMBDA_LOG_FORMAT"] = logging_config.get("LogFormat") or "Text"
        if logging_config.get("ApplicationLogLevel"):
            variables["AWS_LAMBDA_LOG_LEVEL"] = logging_config["ApplicationLogLevel"]
        return variables

    def emit_where_allowed(function: dict, request_id: str, text: str, *args: Any, **kwargs: Any) -> None:
        config = function.get("config") or function
        if _may_log(config):
            emit(function, request_id, _let_through(config, text), *args, **kwargs)

    lambda_svc._provided_worker_env = environment
    lambda_svc._emit_lambda_logs = emit_where_allowed


def _log_group(config: dict) -> str:
    return (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName', '')}"


def _let_through(config: dict, text: str) -> str:
    """The lines that Lambda passes on: with the log format JSON, those of the configured level or more severe ones."""
    logging_config = config.get("LoggingConfig") or {}
    if not text or logging_config.get("LogFormat") != "JSON":
        return text
    least = _LEVELS.index(logging_config.get("ApplicationLogLevel") or _DEFAULT_LEVEL)
    return "\n".join(line for line in text.splitlines() if _LEVELS.index(_level(line)) >= least)


def _level(line: str) -> str:
    """A line's level: INFO unless it has another, and a timestamp."""
    try:
        fields = json.loads(line)
        level = fields["level"].upper() if fields["timestamp"] else _DEFAULT_LEVEL
    except (ValueError, TypeError, KeyError, AttributeError):
        return _DEFAULT_LEVEL
    return level if level in _LEVELS else _DEFAULT_LEVEL


def _may_log(config: dict) -> bool:
    """Whether a log line arrives: a deleted group only comes back if the role may create it."""
    role = config.get("Role", "")
    name = _log_group(config)
    group = cloudwatch_logs._make_group_arn(name).removesuffix(":*")
    if name not in cloudwatch_logs._log_groups:
        return role_exists(role) and role_may(role, "logs:CreateLogGroup", group)
    if not app.AUTH:
        return True
    stream = f"{group}:log-stream:standin"
    return all(role_may(role, action, stream) for action in ("logs:CreateLogStream", "logs:PutLogEvents"))
