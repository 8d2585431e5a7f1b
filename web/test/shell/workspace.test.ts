// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket as Socket } from "ws";
import { ApiError, Session, type ApexEvent, type ApprovalView } from "../../src/client/index.ts";
import { Workspace } from "../../src/shell/workspace.ts";
import { FeedServer } from "../client/feed-server.ts";
import { MemoryStorage } from "../client/memory-storage.ts";

// Connections come back after seconds, and on a busy machine later.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: FeedServer;
let workspace: Workspace;
/** What GET /api/approvals answers; held back until a test lets it. */
let listed: Promise<ApprovalView[]>;

const user = { id: "u", email: "ada@example.org", tier: "free", roles: [] };
const head = (seq: number) => ({ event_id: `run-1:${seq}`, seq, run_seq: seq, timestamp: "2026-05-01T12:00:00Z", thread_id: "t", run_id: "run-1", agent_name: "data" });
const began: ApexEvent = { ...head(1), type: "agent_started", task: "Ask", attempt: 1 };
const asks = (seq: number, id: string): ApexEvent => ({
  ...head(seq), type: "approval_requested", approval_id: id, kind: "approval", reason: `May ${id}?`, arguments_hash: "h",
  expires_at: "2026-05-02T12:00:00Z", tool_name: "sign", tool_call_id: `call-${id}`,
});
const ends = (seq: number, id: string): ApexEvent => ({ ...head(seq), type: "tool_completed", tool_name: "sign", tool_call_id: `call-${id}`, status: "cancelled", duration_ms: 1 });
const view = (id: string): ApprovalView => ({ id, run_id: "run-1", thread_id: "t", kind: "approval", state: "pending", reason: `May ${id}?` });

beforeEach(async () => {
  server = await FeedServer.start();
  listed = Promise.resolve([]);
  // The DOM of these tests has no sockets of its own.
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", async (url: string) => {
    const body = url.startsWith("/api/approvals") ? { approvals: await listed } : url.startsWith("/api/threads") ? { threads: [] } : { broadcasts: [] };
    return new Response(JSON.stringify(body));
  });
  const session = new Session({ refresh: () => Promise.reject(new Error("not needed")), storage: new MemoryStorage() });
  session.signIn({ access_token: "header.body.signature", refresh_token: "r", token_type: "Bearer", expires_in: 900, user });
  workspace = new Workspace(user, session, server.url);
});

afterEach(async () => {
  workspace.dispose();
  await server.stop();
  vi.unstubAllGlobals();
});

const asked = () => workspace.asked.get().map((a) => a.id);
const isLive = () => vi.waitFor(() => expect(workspace.connection.get().is).toBe("live"), { timeout: 30_000 });
const heard = (seq: number) => vi.waitFor(() => expect(workspace.feed.get().seq).toBe(seq), { timeout: 30_000 });
/** Cuts the connection, and every further one as soon as it is made. */
const goAway = () => {
  server.onConnect = ({ socket }) => (socket.terminate(), false);
  server.connections.at(-1)!.socket.terminate();
};
const say = (...events: ApexEvent[]) => {
  for (const event of events) server.send(server.connections.at(-1)!, event);
};

it("tells what runs ask, and no longer what is decided or withdrawn while the run goes on", async () => {
  workspace.start();
  await isLive();

  say(began, asks(2, "a"), asks(3, "b"), asks(4, "c"));
  await heard(4);
  expect(asked()).toEqual(["c", "b", "a"]);
  say({ ...head(5), type: "approval_decided", approval_id: "a", decision: "approve", decided_by: "u" }, ends(6, "b"));
  await heard(6);

  expect(asked()).toEqual(["c"]);
});

it("does not believe a list that is older than what was heard", async () => {
  let give: (list: ApprovalView[]) => void = () => undefined;
  listed = new Promise((done) => (give = done));
  workspace.start();
  await isLive();
  say(began, asks(2, "a"), asks(3, "b"), ends(4, "a"));
  await heard(4);

  // Read before b was asked and before a was withdrawn.
  give([view("a"), { ...view("other"), run_id: "run-2" }]);

  await vi.waitFor(() => expect(asked()).toEqual(["b", "other"]), { timeout: 30_000 });
});

it("keeps a wish to stop until it can be said, and says it once", async () => {
  workspace.start();
  await isLive();
  say(began);
  await heard(1);
  goAway();
  await vi.waitFor(() => expect(workspace.connection.get().is).not.toBe("live"), { timeout: 30_000 });

  workspace.stopRun("run-1");
  expect(workspace.feed.get().runs["run-1"]!.stopping).toBe(true);
  server.onConnect = () => true;
  workspace.retryNow();
  await server.until(() => server.connections.some((c) => c.frames.some((f) => f.type === "stop_agent")));
  await isLive();

  expect(server.connections.flatMap((c) => c.frames).filter((f) => f.type === "stop_agent")).toEqual([{ type: "stop_agent", run_id: "run-1" }]);
  expect(workspace.lostAt.get()).toBeNull();
});

it("reads again what the network cut short when it is back, and no longer says that it is away", async () => {
  workspace.start();
  await isLive();
  goAway();
  await vi.waitFor(() => expect(workspace.lostAt.get()).not.toBeNull(), { timeout: 30_000 });
  const unreachable = new ApiError(0, "unreachable", "The server cannot be reached.");
  let isAway = true;
  let reads = 0;

  await workspace.read("rules", () => (isAway ? Promise.reject(unreachable) : Promise.resolve(void reads++)));
  expect(workspace.notices.get()).toEqual([]);
  workspace.report(unreachable);
  workspace.notify("warning", "This stays.");
  isAway = false;
  server.onConnect = () => true;
  workspace.retryNow();
  await isLive();

  await vi.waitFor(() => expect(reads).toBe(1), { timeout: 30_000 });
  expect(workspace.notices.get().map((notice) => notice.text)).toEqual(["This stays."]);
});
