import { describe, expect, it } from "vitest";
import { emptyFeed, reduce, type ApexEvent, type FeedAction, type FeedState } from "../../src/client/index.ts";
import { activeRun } from "../../src/client/feed.ts";
import { asEvents } from "../fixtures/overview-run.ts";

const run = asEvents({ run: "run-1", thread: "thread-1" });
const live = (event: ApexEvent): FeedAction => ({ type: "event", event });
const fold = (actions: FeedAction[], from: FeedState = emptyFeed) => actions.reduce(reduce, from);
const start = reduce(emptyFeed, { type: "positioned", epoch: "e", seq: 0 });
const whole = fold(run.map(live), start);

/** A generator of numbers that is the same in every run of the tests. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function shuffled<T>(items: T[], random: () => number): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

describe("the feed", () => {
  it("shows a run with its agents, tools and answer", () => {
    const known = whole.runs["run-1"]!;

    expect(known.status).toBe("completed");
    expect(Object.values(known.agents).map((a) => a.name)).toEqual(["supervisor", "triage", "data", "data_helper", "optimization", "actions", "reporting"]);
    expect(Object.values(known.agents).every((a) => a.status === "success")).toBe(true);
    expect(Object.keys(known.tools)).toHaveLength(5);
    expect(known.report?.figures).toHaveLength(14);
    expect(whole.messages["thread-1"]!.items.map((m) => m.role)).toEqual(["assistant"]);
    expect(activeRun(whole, "thread-1")).toBeUndefined();
  });

  it("counts every event once however often each comes", () => {
    const twice = fold(run.flatMap((e) => [live(e), live(e), live(run[0]!)]), start);

    expect(twice).toEqual(whole);
  });

  it("does not take an event that leaves one out", () => {
    const before = fold(run.slice(0, 10).map(live), start);

    const after = reduce(before, live(run[12]!));

    expect(after).toBe(before);
    expect(after.seq).toBe(10);
  });

  it("comes to the same from every place the feed can be cut and read again", () => {
    for (let cut = 0; cut <= run.length; cut++) {
      const replayed = fold([...run.slice(0, cut), ...run.slice(Math.max(0, cut - 3))].map(live), start);

      expect(replayed).toEqual(whole);
    }
  });

  it("reads on behind a gap, and names the open runs that must be read from history", () => {
    const before = fold(run.slice(0, 12).map(live), start);

    const lost = reduce(before, { type: "gap", earliest: 20 });
    const after = reduce(lost, live(run[24]!));

    expect(lost.holes).toEqual(["run-1"]);
    expect(lost.threadsLoaded).toBe(false);
    expect(after.seq).toBe(25);
    expect(after.runs["run-1"]!.applied).toBe(12);
    expect(after.holes).toEqual(["run-1"]);
  });

  it("fills the hole from history and goes on live", () => {
    const opened = reduce(emptyFeed, { type: "positioned", epoch: "e", seq: 15 });
    const late = fold(run.slice(15, 20).map(live), opened);
    expect(late.holes).toEqual(["run-1"]);
    expect(late.runs["run-1"]!.applied).toBe(0);

    const filled = reduce(late, { type: "history_read", run_id: "run-1", thread_id: "thread-1", events: run.slice(0, 18) });
    expect(filled.holes).toEqual([]);
    expect(filled.runs["run-1"]!.applied).toBe(20);

    const ended = fold(run.slice(20).map(live), filled);
    expect(ended.runs["run-1"]).toEqual(whole.runs["run-1"]);
  });

  it("builds the same run from history as from the live feed", () => {
    const read = reduce(start, { type: "history_read", run_id: "run-1", thread_id: "thread-1", events: run });

    expect(read.runs["run-1"]).toEqual(whole.runs["run-1"]);
  });

  it("builds the same run whatever order its events come in, through live feed and history at once", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      // Another device's feed numbers differ; here only the run's own order counts.
      const mixed = shuffled(run, random).map((event, i): FeedAction => live({ ...event, seq: i + 1 }));
      const pageAt = Math.floor(random() * mixed.length);
      const page: FeedAction = { type: "history_read", run_id: "run-1", thread_id: "thread-1", events: run.slice(0, Math.floor(random() * run.length)) };

      const built = fold([...mixed.slice(0, pageAt), page, ...mixed.slice(pageAt)], start);

      expect(built.runs["run-1"]).toEqual(whole.runs["run-1"]);
      expect(built.holes).toEqual([]);
    }
  });

  it("does not wait for steps the store no longer has", () => {
    const kept = run.slice(8);

    const read = reduce(start, { type: "history_read", run_id: "run-1", thread_id: "thread-1", events: kept });

    expect(read.runs["run-1"]!.status).toBe("completed");
    expect(Object.keys(read.runs["run-1"]!.tools)).toHaveLength(5);
  });

  it("leaves earlier states as they were", () => {
    const frozen = run.reduce<FeedState[]>((states, event) => [...states, reduce(states.at(-1)!, live(event))], [start]);
    const copies = structuredClone(frozen);

    fold(run.map(live), start);

    expect(frozen).toEqual(copies);
  });
});

describe("a run", () => {
  it("puts what a sub-agent does under it, also when two work at once", () => {
    const known = whole.runs["run-1"]!;
    const named = (name: string) => Object.values(known.agents).find((a) => a.name === name)!;

    expect(named("data").steps.filter((s) => s.kind === "tool").map((s) => s.id)).toEqual(["call-1", "call-2", "call-3"]);
    expect(named("data_helper").steps.map((s) => s.id)).toEqual(["call-5"]);
    expect(named("supervisor").steps.filter((s) => s.kind === "agent")).toHaveLength(6);
  });

  it("shows agents and tools as running until they end", () => {
    const upTo = run.findIndex((e) => e.type === "tool_completed");
    const known = fold(run.slice(0, upTo).map(live), start).runs["run-1"]!;

    expect(known.status).toBe("running");
    expect(Object.values(known.tools).filter((t) => !t.status)).toHaveLength(4);
    expect(known.progress).toBe(18);
  });

  it("ends what was still open when it is stopped", () => {
    const upTo = run.findIndex((e) => e.type === "tool_completed");
    const stop = { ...run[upTo]!, type: "run_cancelled", reason: "You stopped the run." } as ApexEvent;

    const known = fold([...run.slice(0, upTo), stop].map(live), start).runs["run-1"]!;

    expect(known.status).toBe("cancelled");
    expect(Object.values(known.agents).every((a) => a.status !== undefined)).toBe(true);
  });

  it("writes its answer down as it comes, and drops pieces that come twice or do not fit", () => {
    const working = fold(run.slice(0, 5).map(live), start);
    const delta = (offset: number, text: string): FeedAction => ({
      type: "transient", frame: { type: "text_delta", run_id: "run-1", message_id: "m", delta: text, offset },
    });

    const written = fold([delta(0, "You "), delta(4, "spent"), delta(4, "spent"), delta(20, "lost")], working);

    expect(written.runs["run-1"]!.draft).toBe("You spent");
    expect(fold(run.slice(5).map(live), written).runs["run-1"]!.draft).toBe("");
  });

  it("recovers in the open and goes on", () => {
    const recovering = { ...run[5]!, type: "run_recovering", reason: "Its server stopped.", attempt: 2 } as ApexEvent;
    const states = [...run.slice(0, 5), recovering, run[6]!].map((e, i) => ({ ...e, seq: i + 1, run_seq: i + 1 }));

    const before = fold(states.slice(0, 6).map(live), start);
    const after = fold(states.slice(6).map(live), before);

    expect(before.runs["run-1"]!.status).toBe("recovering");
    expect(after.runs["run-1"]!.status).toBe("running");
  });
});

describe("messages and threads", () => {
  const question = { id: "m1", thread_id: "t", role: "user" as const, content: "why?", created_at: "2026-11-20T10:00:00.000Z", run_id: "r" };
  const head = (seq: number) => ({ event_id: `u:${seq}`, seq, timestamp: "2026-11-20T10:00:00.000Z" });
  const created: FeedAction = live({ ...head(1), type: "message_created", message: question });
  const accepted: FeedAction = { type: "accepted", thread_id: "t", run_id: "r", message_id: "cm1", content: "why?", created_at: question.created_at };

  it("shows a sent message once, whichever comes first: the word that it is stored, or its event", () => {
    const events = [[accepted, created], [created, accepted]];

    for (const order of events) expect(fold(order, start).messages.t!.items).toEqual([question]);
  });

  it("merges history with what came live", () => {
    const older = { ...question, id: "m0", run_id: "r0", created_at: "2026-11-19T10:00:00.000Z" };

    const read = fold([created, { type: "messages_read", thread_id: "t", messages: [question, older] }], start);

    expect(read.messages.t).toEqual({ items: [older, question], loaded: true });
  });

  it("keeps the newer of two titles", () => {
    const thread = { id: "t", title: "old", created_at: "2026-11-20T10:00:00Z", updated_at: "2026-11-20T10:00:00Z", message_count: 1 };
    const renamed = { ...thread, title: "new", updated_at: "2026-11-20T11:00:00Z" };

    const state = fold([live({ ...head(1), type: "thread_renamed", thread: renamed }), { type: "threads_read", threads: [thread], first: true }], start);

    expect(state.threads.t!.title).toBe("new");
  });

  it("counts events it does not know", () => {
    const state = reduce(start, live({ ...head(1), type: "approval_requested" } as unknown as ApexEvent));

    expect(state.seq).toBe(1);
  });

  it("tells what is degraded until it has recovered", () => {
    const down = fold([live({ ...head(1), type: "system_degraded", component: "archive", message: "away" })], start);
    const up = fold([live({ ...head(2), type: "system_recovered", component: "archive", message: "back" })], down);

    expect(Object.keys(down.degraded)).toEqual(["archive"]);
    expect(up.degraded).toEqual({});
  });

  it("tells what is said to be degraded on this connection until it recovers or the connection is another", () => {
    const said = (state: "degraded" | "recovered", message: string, expected_recovery_ms?: number): FeedAction => ({
      type: "transient",
      frame: { type: "service_status", component: "bridge", state, message, ...(expected_recovery_ms === undefined ? {} : { expected_recovery_ms }) },
    });
    const lasting = fold([live({ ...head(1), type: "system_degraded", component: "archive", message: "away" })], start);
    const down = fold([said("degraded", "full", 3_000), said("degraded", "still full", 5_500)], lasting);

    expect(down.degraded.bridge).toEqual({ message: "still full", expectedRecoveryMs: 5_500, passing: true });
    expect(Object.keys(fold([said("recovered", "room again")], down).degraded)).toEqual(["archive"]);
    expect(Object.keys(fold([{ type: "connected" }], down).degraded)).toEqual(["archive"]);
  });
});
