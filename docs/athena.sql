-- The audit log in Amazon Athena (engine version 3).
-- Replace BUCKET by the output log_bucket_name, and run one statement at a time: Athena accepts only one.
-- After an upgrade, DROP TABLE tag_compliance.audit_log and run the statements of table and view again.
-- duckdb.sql beside it is the same for DuckDB, written by scripts/dev/duckdb_sql.py.

-- Database
CREATE DATABASE IF NOT EXISTS tag_compliance;

-- Table. It reads the records of single checks (.json), and of batches and sweeps (.jsonl), alike.
-- Keys are case-sensitive: tags named Owner and owner are two, and without it such a record would fail every query.
-- The days are projected, so no partition is ever added. Records older than 32 days have expired.
CREATE EXTERNAL TABLE IF NOT EXISTS tag_compliance.audit_log (
  `timestamp` string,
  instanceid string,
  state string,
  iscompliant boolean,
  requiredtags array<string>,
  tags map<string,string>,
  missingtags array<string>,
  invalidtags array<struct<key:string,value:string,reason:string,allowedvalues:array<string>,moreallowedvalues:int,didyoumean:string,surroundingblanks:boolean,pattern:string,example:string,minlength:int,maxlength:int,maxdaysahead:int,min:double,max:double>>,
  forbiddentags array<struct<key:string,value:string>>,
  misspelledtags array<struct<key:string,found:string>>,
  exemptfindings array<struct<key:string,finding:string,exemption:struct<owner:string,reason:string,expires:string,keys:array<string>>>>,
  upcoming array<struct<key:string,finding:string,enforcedfrom:string>>,
  status string,
  outofscope string,
  provisional boolean,
  severity string,
  exemption struct<owner:string,reason:string,expires:string,keys:array<string>>,
  expiredexemptions array<struct<owner:string,reason:string,expires:string,keys:array<string>>>,
  accountid string,
  region string,
  operator string,
  launchedat string,
  `trigger` string,
  eventid string,
  eventtime string,
  eventtimerejected boolean,
  eventstate string,
  policyhash string,
  fix struct<madeby:string,name:string,launchtemplateid:string,launchtemplateversion:string,stack:string,commands:array<string>,nextlaunch:string,nextlaunchcommands:array<string>>
)
PARTITIONED BY (day string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES (
  'case.insensitive' = 'false',
  'mapping.instanceid' = 'instanceId',
  'mapping.iscompliant' = 'isCompliant',
  'mapping.requiredtags' = 'requiredTags',
  'mapping.missingtags' = 'missingTags',
  'mapping.invalidtags' = 'invalidTags',
  'mapping.allowedvalues' = 'allowedValues',
  'mapping.moreallowedvalues' = 'moreAllowedValues',
  'mapping.didyoumean' = 'didYouMean',
  'mapping.surroundingblanks' = 'surroundingBlanks',
  'mapping.minlength' = 'minLength',
  'mapping.maxlength' = 'maxLength',
  'mapping.maxdaysahead' = 'maxDaysAhead',
  'mapping.forbiddentags' = 'forbiddenTags',
  'mapping.misspelledtags' = 'misspelledTags',
  'mapping.exemptfindings' = 'exemptFindings',
  'mapping.enforcedfrom' = 'enforcedFrom',
  'mapping.expiredexemptions' = 'expiredExemptions',
  'mapping.outofscope' = 'outOfScope',
  'mapping.launchedat' = 'launchedAt',
  'mapping.accountid' = 'accountId',
  'mapping.eventid' = 'eventId',
  'mapping.eventtime' = 'eventTime',
  'mapping.eventtimerejected' = 'eventTimeRejected',
  'mapping.eventstate' = 'eventState',
  'mapping.policyhash' = 'policyHash',
  'mapping.madeby' = 'madeBy',
  'mapping.launchtemplateid' = 'launchTemplateId',
  'mapping.launchtemplateversion' = 'launchTemplateVersion',
  'mapping.nextlaunch' = 'nextLaunch',
  'mapping.nextlaunchcommands' = 'nextLaunchCommands'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://BUCKET/scans/'
TBLPROPERTIES (
  'classification' = 'json',
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = 'NOW-32DAYS,NOW',
  'projection.day.interval' = '1',
  'projection.day.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://BUCKET/scans/${day}/'
);

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
  coalesce(nullif(trim(element_at(tags, 'Owner')), ''), '(nobody)') AS owner,
  instanceid, state, severity, since, missingtags, transform(invalidtags, t -> t.key) AS invalidkeys
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
CROSS JOIN UNNEST(transform(upcoming, t -> t.enforcedfrom || ': ' || t.key || ' is ' || t.finding)) AS upcoming_findings (finding)
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
CROSS JOIN UNNEST(transform(invalidtags, t -> t.key || '=' || t.value || ' is ' || t.reason)) AS invalid (tag)
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
SELECT coalesce(nullif(trim(element_at(tags, 'Owner')), ''), '(nobody)') AS owner,
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
