// Simulates IAM with @cloud-copilot/iam-simulate. Unlike the evaluators of MiniStack and moto, it checks each question against
// AWS's own list of actions, resource types and condition keys, so that a misspelled one does not pass as denied.
// Its license is the AGPL: the tests run it as a separate program, and no part of it is built or released.
// usage: node simulate.mjs NODE_MODULES <QUESTIONS; answers each question: whether it is allowed, and the problems of the question
// itself, such as an unknown action, a resource of the wrong type, or keys that the action does not have.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { runSimulation, runUnsafeSimulation } = await import(
  pathToFileURL(`${process.argv[2]}/@cloud-copilot/iam-simulate/dist/esm/index.js`).href
);

// Lambda adds this key to every call of a function's code, whatever the service; AWS lists it for none.
const onEveryCall = new Set(["lambda:sourcefunctionarn"]);
// Every identity provider has these two; AWS lists GitHub's others.
const ofEveryProvider = /^token\.actions\.githubusercontent\.com:(aud|sub)$/;
// IAM knows the resource type of a question.
const harmless = new Set(["multiple.resource.types"]);

// Keys with AWS's own aliases leave access to the account's IAM policies.
const keyPolicy = (partition, account) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: `arn:${partition}:iam::${account}:root` }, Action: "kms:*", Resource: "*" }],
});

const named = (policies) => Object.entries(policies).map(([name, policy]) => ({ name, policy }));

function problemsOf(result) {
  if (result.resultType === "error") {
    return harmless.has(result.errors.message) ? [] : [JSON.stringify(result.errors)];
  }
  const results = result.resultType === "single" ? [result.result] : result.results;
  const ignored = new Set(results.flatMap((one) => one.ignoredContextKeys));
  const unknown = [...ignored].filter((key) => !onEveryCall.has(key.toLowerCase()) && !ofEveryProvider.test(key));
  return unknown.map((key) => `the action has no key ${key}`);
}

const { account, partition, roles, steps } = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const step of steps) {
  const role = roles[step.role];
  const boundaries = named(role.boundary);
  const simulation = {
    request: {
      principal: `arn:${partition}:sts::${account}:assumed-role/role/session`,
      action: step.action,
      resource: { resource: step.resource, accountId: account },
      contextVariables: step.keys,
    },
    identityPolicies: named(role.policies),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(step.action.startsWith("kms:") ? { resourcePolicy: keyPolicy(partition, account) } : {}),
    ...(boundaries.length ? { permissionBoundaryPolicies: boundaries } : {}),
  };
  const checked = await runSimulation(simulation, {});
  // The checking run leaves out the key that Lambda adds; the other one takes no resource policy.
  const decision = simulation.resourcePolicy ? checked.overallResult : runUnsafeSimulation(simulation, {});
  answers.push({ allowed: decision === "Allowed", problems: problemsOf(checked) });
}
process.stdout.write(JSON.stringify(answers));
