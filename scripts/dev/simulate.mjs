// Says what IAM would by some policies, with @cloud-copilot/iam-simulate. Unlike the evaluators of MiniStack and moto it holds
// each question against AWS's own list of actions, resource types and condition keys, so that no misspelled one passes as denied.
// Its license is the AGPL: the tests run it as a program of its own, and nothing of it is part of what is built or released.
// usage: node simulate.mjs NODE_MODULES <QUESTIONS; for each question, its answer: whether it is allowed, and the problems of the
// question itself: an action that does not exist, a resource of another type, keys that the action does not have.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { runSimulation, runUnsafeSimulation } = await import(
  pathToFileURL(`${process.argv[2]}/@cloud-copilot/iam-simulate/dist/esm/index.js`).href
);

// Lambda gives this to every call of a function's code, whatever the service; AWS lists it for none.
const onEveryCall = new Set(["lambda:sourcefunctionarn"]);
// Every identity provider has these two; AWS lists what GitHub's has beyond them.
const ofEveryProvider = /^token\.actions\.githubusercontent\.com:(aud|sub)$/;
// A question about one kind of resource is clear to IAM, which is told the kind.
const harmless = new Set(["multiple.resource.types"]);

// The keys of AWS's own aliases leave it to the account who may look at them; without such a policy, KMS asks no other.
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
  // The checking run leaves out the key that Lambda gives; the other one takes no resource policy.
  const decision = simulation.resourcePolicy ? checked.overallResult : runUnsafeSimulation(simulation, {});
  answers.push({ allowed: decision === "Allowed", problems: problemsOf(checked) });
}
process.stdout.write(JSON.stringify(answers));
