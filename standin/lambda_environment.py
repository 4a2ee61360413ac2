"""The environment and logs of a custom runtime, as on AWS."""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.services import cloudwatch_logs, lambda_svc

from .permissions import role_exists, role_may


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

    def emit_where_allowed(function: dict, *args: Any, **kwargs: Any) -> None:
        if _may_log(function.get("config") or function):
            emit(function, *args, **kwargs)

    lambda_svc._provided_worker_env = environment
    lambda_svc._emit_lambda_logs = emit_where_allowed


def _log_group(config: dict) -> str:
    return (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName', '')}"


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
