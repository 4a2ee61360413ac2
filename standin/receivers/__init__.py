"""Local servers that accept messages as Slack, PagerDuty, Jira Service Management, Microsoft Teams and a webhook do.

Each keeps what it received, refuses what the vendor refuses, and fails on demand: :mod:`.server` has the control calls.
"""
