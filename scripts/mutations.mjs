// Takes the guards of tests/mutations.json away one by one, in a copy of the last commit, and looks whether a test fails for each.
// Called by `./test --mutations [WORDS]`; with words only the guards whose names hold them. Ends with 1 where a guard was missed by no test.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2).join(" ");
const guards = JSON.parse(readFileSync(join(root, "tests/mutations.json"), "utf8")).filter(({ guard }) => guard.includes(words));
const copy = mkdtempSync(join(tmpdir(), "apex-mutations-"));
const testMs = 10 * 60_000;

const run = (command, args, cwd = copy) => spawnSync(command, args, { cwd, encoding: "utf8", timeout: testMs, maxBuffer: 256 * 1024 * 1024 });

function build(project) {
  if (project === "Web") return;
  // A guard taken away may leave a name unused: what counts here is the test, not the style.
  const built = run("dotnet", ["build", `tests/${project}.Tests`, "-v", "quiet", "-clp:NoSummary", "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false"]);
  if (built.status !== 0) throw new Error(`tests/${project}.Tests does not build:\n${built.stdout}${built.stderr}`);
}

/** What the test platform ends with when no test matched. */
const noTests = 8;

/** How many tests failed, and whether any were there; a runner that dies or hangs counts as a failure. */
function test({ project, class: name }) {
  if (project === "Web") return { failed: run("npx", ["vitest", "run", name], join(copy, "web")).status === 0 ? 0 : 1, ran: true };
  const { stdout, status } = run("dotnet", [
    `tests/${project}.Tests/bin/Debug/net10.0/Apex.${project}.Tests.dll`, "--no-ansi", "--no-progress", "--timeout", "5m", "--filter-class", `*.${name}`,
  ]);
  const count = (what) => Number(/** @type {string} */ (stdout).match(new RegExp(`^ *${what}: (\\d+)`, "m"))?.[1] ?? 0);
  return { failed: count("failed") || (status === 0 ? 0 : 1), ran: status !== noTests };
}

let survived = 0;
try {
  execFileSync("bash", ["-c", `git -C '${root}' archive HEAD | tar -x -C '${copy}'`]);
  symlinkSync(join(root, "web/node_modules"), join(copy, "web/node_modules"));
  for (const project of new Set(guards.map((one) => one.project))) {
    build(project);
    for (const guard of guards.filter((one) => one.project === project)) {
      const file = join(copy, guard.file);
      const whole = readFileSync(file, "utf8");
      if (whole.split(guard.find).length !== 2) throw new Error(`${guard.file} holds «${guard.find}» not exactly once.`);
      writeFileSync(file, whole.replace(guard.find, () => guard.replace));
      build(project);
      const { failed, ran } = test(guard);
      if (!ran) throw new Error(`${guard.project} has no test class ${guard.class}.`);
      if (failed === 0) survived++;
      console.log(`${failed > 0 ? "seen   " : "MISSED "} ${guard.guard} (${guard.class}: ${failed} failed)`);
      writeFileSync(file, whole);
    }
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

console.log(`${guards.length - survived} of ${guards.length} guards are missed by a test when they are taken away`);
process.exit(survived === 0 ? 0 : 1);
