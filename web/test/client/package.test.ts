import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FeedServer, someEvents } from "./feed-server.ts";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "apex-client-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("is a package that a program of plain Node can use", { timeout: 120_000 }, async () => {
  await run("npx", ["tsc", "-p", "src/client"], { cwd: root });
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder, join(root, "src/client")], { cwd: folder });
  await run("tar", ["-xzf", join(folder, stdout.trim().split("\n").at(-1)!), "-C", folder]);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "program.mjs"), `
    import { WebSocket } from "ws";
    import { Connection } from "./package/dist/index.js";
    const connection = new Connection({ url: process.argv[2], token: () => Promise.resolve("t"), WebSocket, cursor: { epoch: "epoch-1", seq: 0 } });
    const seqs = [];
    connection.on("event", (event) => {
      if (seqs.push(event.seq) < 3) return;
      console.log(seqs.join());
      connection.stop();
    });
    connection.start();
  `);
  const server = await FeedServer.start();
  server.events = someEvents(3);

  const program = await run("node", [join(folder, "program.mjs"), server.url]);
  await server.stop();

  expect(program.stdout.trim()).toBe("1,2,3");
});
