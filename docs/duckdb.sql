-- The audit log in DuckDB: the table and the queries of athena.sql. Written by scripts/dev/duckdb_sql.py.
-- Run it in the folder that holds scans/, as "aws s3 sync s3://BUCKET/scans/ scans/" copies it:
--   duckdb < duckdb.sql        prints the answer to each query
--   duckdb -init duckdb.sql    the same, and then takes your own

-- Database
CREATE SCHEMA IF NOT EXISTS tag_compliance;

-- Table
CREATE OR REPLACE VIEW tag_compliance.audit_log AS
SELECT
  "timestamp" AS "timestamp",
  "instanceId" AS "instanceid",
  "state" AS "state",
  "isCompliant" AS "iscompliant",
  "requiredTags" AS "requiredtags",
  "tags" AS "tags",
  "missingTags" AS "missingtags",
  "invalidTags" AS "invalidtags",
  "forbiddenTags" AS "forbiddentags",
  "misspelledTags" AS "misspelledtags",
  "exemptFindings" AS "exemptfindings",
  "upcoming" AS "upcoming",
  "status" AS "status",
  "outOfScope" AS "outofscope",
  "provisional" AS "provisional",
  "severity" AS "severity",
  "exemption" AS "exemption",
  "expiredExemptions" AS "expiredexemptions",
  "accountId" AS "accountid",
  "region" AS "region",
  "operator" AS "operator",
  "launchedAt" AS "launchedat",
  "trigger" AS "trigger",
  "eventId" AS "eventid",
  "eventTime" AS "eventtime",
  "eventTimeRejected" AS "eventtimerejected",
  "eventState" AS "eventstate",
  "policyHash" AS "policyhash",
  "fix" AS "fix",
  filename AS "$path",
  regexp_extract(filename, '([^/]+)/[^/]+$', 1) AS day
FROM read_json('scans/*/*', format = 'newline_delimited', filename = true,
  columns = {
    'timestamp': 'VARCHAR',
    'instanceId': 'VARCHAR',
    'state': 'VARCHAR',
    'isCompliant': 'BOOLEAN',
    'requiredTags': 'VARCHAR[]',
    'tags': 'MAP(VARCHAR, VARCHAR)',
    'missingTags': 'VARCHAR[]',
    'invalidTags': 'STRUCT("key" VARCHAR, "value" VARCHAR, "reason" VARCHAR, "allowedValues" VARCHAR[], "moreAllowedValues" INTEGER, "didYouMean" VARCHAR, "surroundingBlanks" BOOLEAN, "pattern" VARCHAR, "example" VARCHAR, "minLength" INTEGER, "maxLength" INTEGER, "maxDaysAhead" INTEGER, "min" DOUBLE, "max" DOUBLE)[]',
    'forbiddenTags': 'STRUCT("key" VARCHAR, "value" VARCHAR)[]',
    'misspelledTags': 'STRUCT("key" VARCHAR, "found" VARCHAR)[]',
    'exemptFindings': 'STRUCT("key" VARCHAR, "finding" VARCHAR, "exemption" STRUCT("owner" VARCHAR, "reason" VARCHAR, "expires" VARCHAR, "keys" VARCHAR[]))[]',
    'upcoming': 'STRUCT("key" VARCHAR, "finding" VARCHAR, "enforcedFrom" VARCHAR)[]',
    'status': 'VARCHAR',
    'outOfScope': 'VARCHAR',
    'provisional': 'BOOLEAN',
    'severity': 'VARCHAR',
    'exemption': 'STRUCT("owner" VARCHAR, "reason" VARCHAR, "expires" VARCHAR, "keys" VARCHAR[])',
    'expiredExemptions': 'STRUCT("owner" VARCHAR, "reason" VARCHAR, "expires" VARCHAR, "keys" VARCHAR[])[]',
    'accountId': 'VARCHAR',
    'region': 'VARCHAR',
    'operator': 'VARCHAR',
    'launchedAt': 'VARCHAR',
    'trigger': 'VARCHAR',
    'eventId': 'VARCHAR',
    'eventTime': 'VARCHAR',
    'eventTimeRejected': 'BOOLEAN',
    'eventState': 'VARCHAR',
    'policyHash': 'VARCHAR',
    'fix': 'STRUCT("madeBy" VARCHAR, "name" VARCHAR, "launchTemplateId" VARCHAR, "launchTemplateVersion" VARCHAR, "stack" VARCHAR, "commands" VARCHAR[], "nextLaunch" VARCHAR, "nextLaunchCommands" VARCHAR[])'
  });

-- Latest evaluation of each instance that counts. Instances that are gone keep their last one until it expires.
CREATE OR REPLACE VIEW tag_compliance.latest AS
SELECT *
FROM (
  SELECT *, row_number() OVER (PARTITION BY instanceid ORDER BY "timestamp" DESC) AS age
  FROM tag_compliance.audit_log
  WHERE provisional IS NOT TRUE
)
WHERE age = 1;

-- Violating now, whose, since when. Since the first record after the last one that was not non-compliant, so at most
-- since the oldest record that has not expired; the state table knows it exactly.
SELECT
  coalesce(nullif(trim(tags['Owner']), ''), '(nobody)') AS owner,
  instanceid, state, severity, since, missingtags, list_transform(invalidtags, lambda t: t.key) AS invalidkeys
FROM tag_compliance.latest
JOIN (
  SELECT instanceid, min("timestamp") AS since
  FROM (
    SELECT instanceid, "timestamp",
      max(CASE WHEN status <> 'non-compliant' THEN "timestamp" END) OVER (PARTITION BY instanceid) AS ended
    FROM tag_compliance.audit_log
    WHERE provisional IS NOT TRUE
  )
  WHERE ended IS NULL OR "timestamp" > ended
  GROUP BY instanceid
) USING (instanceid)
ORDER BY since, instanceid;

-- Violations now
SELECT instanceid, state, "timestamp", severity, missingtags, invalidtags, forbiddentags
FROM tag_compliance.latest
WHERE status = 'non-compliant'
ORDER BY instanceid;

-- Exempt now
SELECT instanceid, exemption.owner, exemption.reason, exemption.expires, missingtags, invalidtags
FROM tag_compliance.latest
WHERE status = 'exempt'
ORDER BY exemption.expires, instanceid;

-- Out of scope now, by the condition of the policy
SELECT outofscope, count(*) AS instances
FROM tag_compliance.latest
WHERE status = 'out-of-scope'
GROUP BY outofscope
ORDER BY instances DESC, outofscope;

-- Upcoming findings, and the day from which each counts
SELECT finding, count(*) AS instances
FROM tag_compliance.latest
CROSS JOIN UNNEST(list_transform(upcoming, lambda t: t.enforcedfrom || ': ' || t.key || ' is ' || t.finding)) AS upcoming_findings (finding)
GROUP BY finding
ORDER BY finding;

-- Violations now by missing tag
SELECT tag, count(*) AS instances
FROM tag_compliance.latest
CROSS JOIN UNNEST(missingtags) AS missing (tag)
WHERE status = 'non-compliant'
GROUP BY tag
ORDER BY instances DESC, tag;

-- Violations now by invalid value
SELECT tag, count(*) AS instances
FROM tag_compliance.latest
CROSS JOIN UNNEST(list_transform(invalidtags, lambda t: t.key || '=' || t.value || ' is ' || t.reason)) AS invalid (tag)
WHERE status = 'non-compliant'
GROUP BY tag
ORDER BY instances DESC, tag;

-- Violations now by what made the instances, and where the next launch gets its tags
SELECT fix.madeby, fix.name, fix.nextlaunch, count(*) AS instances
FROM tag_compliance.latest
WHERE status = 'non-compliant'
GROUP BY fix.madeby, fix.name, fix.nextlaunch
ORDER BY instances DESC, fix.name;

-- Instances and violations now by owner
SELECT coalesce(nullif(trim(tags['Owner']), ''), '(nobody)') AS owner,
  count(*) AS instances,
  count_if(NOT iscompliant) AS violations
FROM tag_compliance.latest
WHERE status <> 'out-of-scope'
GROUP BY 1
ORDER BY violations DESC, owner;

-- History of an instance
SELECT "timestamp", "trigger", eventstate, state, iscompliant, provisional, missingtags, eventid
FROM tag_compliance.audit_log
WHERE instanceid = 'i-1234567890abcdef0'
ORDER BY "timestamp";

-- Evaluations by day, of the last week. A redelivered event has a record of each look, and counts once.
SELECT day,
  count(DISTINCT instanceid || '/' || coalesce(eventid, "timestamp")) AS evaluations,
  count(DISTINCT CASE WHEN NOT iscompliant THEN instanceid || '/' || coalesce(eventid, "timestamp") END) AS violations
FROM tag_compliance.audit_log
WHERE provisional IS NOT TRUE AND day >= CAST(CAST(current_date - INTERVAL '7' DAY AS date) AS varchar)
GROUP BY day
ORDER BY day;
