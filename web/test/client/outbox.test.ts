import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Outbox } from "../../src/client/outbox.ts";
import { MemoryStorage } from "./memory-storage.ts";

let storage: MemoryStorage;
let sent: Record<string, unknown>[];
let connected: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  storage = new MemoryStorage();
  sent = [];
  connected = true;
});

afterEach(() => vi.useRealTimers());

const open = () =>
  new Outbox({ owner: "u", storage, send: (frame) => (connected ? (sent.push(frame), true) : false) });

it("sends a message under its own id and key, and lets it go once it is stored", () => {
  const outbox = open();
  const item = outbox.add("why?", { thread_id: "t" });

  expect(sent).toEqual([
    { type: "user_message", payload: { content: "why?", thread_id: "t" }, message_id: item.message_id, idempotency_key: item.idempotency_key, traceparent: item.traceparent },
  ]);
  expect(item.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  outbox.accepted(item.message_id, "t", "r");
  expect(outbox.messages).toEqual([]);
  expect(storage.length).toBe(0);
});

it("keeps what is written without a connection over a reload, and sends it under the same key", () => {
  connected = false;
  const item = open().add("offline", { draft_id: "d" });

  connected = true;
  const reloaded = open();
  reloaded.flush();

  expect(sent.map((f) => f.idempotency_key)).toEqual([item.idempotency_key]);
});

it("sends again on every new connection until it is answered", () => {
  const outbox = open();
  const item = outbox.add("why?", { thread_id: "t" });

  outbox.flush();
  outbox.flush();

  expect(new Set(sent.map((f) => f.idempotency_key))).toEqual(new Set([item.idempotency_key]));
  expect(sent).toHaveLength(3);
});

it("holds a new conversation's second message until the first has given it a thread", () => {
  const outbox = open();
  const first = outbox.add("one", { draft_id: "d" });
  const second = outbox.add("two", { draft_id: "d" });
  expect(sent.map((f) => f.message_id)).toEqual([first.message_id]);

  outbox.accepted(first.message_id, "t9", "r");

  expect(sent.at(-1)).toMatchObject({ message_id: second.message_id, payload: { content: "two", thread_id: "t9" } });
});

it("waits as long as the server asks and tries again", () => {
  const outbox = open();
  const item = outbox.add("why?", { thread_id: "t" });

  outbox.refused({ type: "error", code: "rate_limited", message: "Slow down.", retry_after_ms: 5_000, ref: item.message_id });
  expect(outbox.messages[0]!.waiting).toBe("Slow down.");
  vi.advanceTimersByTime(4_999);
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(1);

  expect(sent).toHaveLength(2);
});

it("leaves a refused message to the user", () => {
  const outbox = open();
  const item = outbox.add("long", { thread_id: "t" });

  outbox.refused({ type: "error", code: "content_too_long", message: "Too long.", recovery_suggestions: ["Shorten it."], ref: item.message_id });
  outbox.flush();
  expect(sent).toHaveLength(1);
  expect(outbox.messages[0]!.refused).toEqual({ code: "content_too_long", message: "Too long.", suggestions: ["Shorten it."] });

  outbox.retry(item.message_id);
  expect(sent).toHaveLength(2);
  outbox.discard(item.message_id);
  expect(outbox.messages).toEqual([]);
});

it("lets errors about other things pass", () => {
  expect(open().refused({ type: "error", code: "busy", message: "", ref: "someone-else" })).toBe(false);
});

it("suspects a message after which the connection breaks every time", () => {
  const outbox = open();
  outbox.add("poison", { thread_id: "t" });

  for (let i = 0; i < 6; i++) outbox.flush();

  expect(sent).toHaveLength(5);
  expect(outbox.messages[0]!.refused?.code).toBe("no_answer");
});

it("still sends when the browser's storage is full", () => {
  storage.full = true;

  open().add("why?", { thread_id: "t" });

  expect(sent).toHaveLength(1);
});

it("does not show one user's unsent messages to another", () => {
  connected = false;
  open().add("mine", { thread_id: "t" });

  const other = new Outbox({ owner: "u2", storage, send: () => true });

  expect(other.messages).toEqual([]);
});

it("gives back a message that is not to wait, and asks it otherwise when its user says so", () => {
  const outbox = open();
  const item = outbox.add("why?", { thread_id: "t", when_busy: "reject" });

  outbox.refused({ type: "error", code: "busy", message: "A run has not ended.", retry_after_ms: 10, ref: item.message_id });
  vi.advanceTimersByTime(60_000);
  expect(sent).toHaveLength(1);
  expect(outbox.messages[0]!.refused?.code).toBe("busy");
  outbox.retry(item.message_id, "enqueue");

  expect(sent[1]).toMatchObject({ when_busy: "enqueue", payload: { content: "why?", thread_id: "t" } });
  expect(sent[1]!.idempotency_key).not.toBe(item.idempotency_key);
});
