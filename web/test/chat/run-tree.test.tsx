// @vitest-environment jsdom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Chat } from "../../src/chat/context.ts";
import { RunTree } from "../../src/chat/run-tree.tsx";
import { emptyRun, Session, takeEvent, type ApexEvent, type Run } from "../../src/client/index.ts";
import { Workspace } from "../../src/shell/workspace.ts";
import { MemoryStorage } from "../client/memory-storage.ts";

const place = document.createElement("div");
document.body.append(place);
let workspace: Workspace;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-05-01T12:00:10Z") });
  const session = new Session({ refresh: () => Promise.reject(new Error("not needed")), storage: new MemoryStorage() });
  workspace = new Workspace({ id: "u", email: "ada@example.org", tier: "free", roles: [] }, session, "ws://127.0.0.1:1/ws");
});
afterEach(() => {
  render(null, place);
  workspace.dispose();
  vi.useRealTimers();
});

const head = (run_seq: number, second: number) => ({
  event_id: `r:${run_seq}`, seq: run_seq, run_seq, timestamp: `2026-05-01T12:00:0${second}Z`, thread_id: "t", run_id: "r", agent_name: "supervisor",
});
const working: ApexEvent[] = [
  { ...head(1, 0), type: "agent_started", task: "Ask", attempt: 1 },
  { ...head(2, 4), type: "tool_executing", tool_name: "sign", tool_call_id: "c", tool_purpose: "Signs.", parameters: {} },
];
const waiting: ApexEvent[] = [
  ...working,
  { ...head(3, 5), type: "approval_requested", approval_id: "a", kind: "approval", reason: "May it?", arguments_hash: "h", expires_at: "2026-05-02T12:00:00Z", tool_name: "sign", tool_call_id: "c" },
  { ...head(4, 6), type: "run_paused", reason: "Waits for you.", needs: "approval" },
];
const fold = (events: ApexEvent[]): Run => events.reduce(takeEvent, emptyRun("r", "t"));
const show = (run: Run) => act(() =>
  render(<Chat.Provider value={{ workspace, showEvidence: () => undefined, openImport: () => undefined, chooseFiles: () => undefined }}><RunTree run={run} /></Chat.Provider>, place));
const pass = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
const text = (selector: string) => place.querySelector(selector)?.textContent ?? "";

it("counts on while the run works", async () => {
  await show(fold(working));
  expect(text(".run-facts")).toContain("10 s");

  await pass(5_000);

  expect(text(".run-facts")).toContain("15 s");
});

it("says that it shows what was last heard, and counts no further, while nothing is heard", async () => {
  await show(fold(working));

  await act(() => workspace.lostAt.set(Date.now()));
  await pass(60_000);

  expect(text("[data-testid=as-last-heard]")).toContain("what was last heard");
  expect(text(".run-facts")).toContain("10 s");
  expect(text("[data-testid=tool-sign] .row-time")).toBe("6.0 s");
  await act(() => workspace.lostAt.set(null));
  expect(place.querySelector("[data-testid=as-last-heard]")).toBeNull();
});

it("turns and counts for nobody who waits", async () => {
  await show(fold(waiting));
  await pass(60_000);

  expect(place.querySelector(".spinner")).toBeNull();
  expect(text("[data-testid=tool-sign]")).toContain("Waits for your approval");
  expect(text(".run-facts")).toContain("6.0 s");
});
