import { describe, expect, it } from "vitest";
import { activeRun, emptyFeed, emptyRun, isOpen, reduce, takeEvent, type ApexEvent, type Run } from "../../src/client/index.ts";

const head = (run_seq: number) => ({
  event_id: `run-1:${run_seq}`, seq: run_seq, run_seq, timestamp: `2026-05-01T12:00:0${run_seq % 10}Z`, thread_id: "t", run_id: "run-1", agent_name: "data",
});

const story: ApexEvent[] = [
  { ...head(1), type: "agent_started", task: "Ask", attempt: 1 },
  { ...head(2), type: "tool_executing", tool_name: "sign", tool_call_id: "call-1", tool_purpose: "Signs.", parameters: {} },
  {
    ...head(3), type: "approval_requested", approval_id: "a", kind: "approval", reason: "May it?", arguments_hash: "h",
    expires_at: "2026-05-02T12:00:00Z", tool_name: "sign", tool_call_id: "call-1", arguments: { what: "Lease" },
  },
  { ...head(4), type: "run_paused", reason: "Waits for your approval of sign.", needs: "approval" },
  { ...head(5), type: "approval_decided", approval_id: "a", decision: "edit", decided_by: "user-1", arguments: { what: "Will" } },
  { ...head(6), type: "run_resumed", reason: "It was decided." },
];

const fold = (events: ApexEvent[]): Run => events.reduce(takeEvent, emptyRun("run-1", "t"));

describe("what a run asks", () => {
  it("is open while the run waits, with what would be done", () => {
    const run = fold(story.slice(0, 4));
    expect(run.status).toBe("waiting");
    expect(run.approvals).toMatchObject([{ id: "a", toolName: "sign", hash: "h", arguments: { what: "Lease" } }]);
    expect(isOpen(run.approvals[0]!, run)).toBe(true);
  });

  it("is decided on every device by the same event, and the run goes on", () => {
    const run = fold(story);
    expect(run.status).toBe("running");
    expect(run.approvals[0]!.decided).toMatchObject({ decision: "edit", arguments: { what: "Will" } });
    expect(isOpen(run.approvals[0]!, run)).toBe(false);
    expect(run.tools["call-1"]!.status).toBeUndefined();
  });

  it("is withdrawn with the end of its run", () => {
    const run = fold([...story.slice(0, 4), { ...head(5), type: "run_cancelled", reason: "Enough." }]);
    expect(run.approvals[0]!.decided).toBeUndefined();
    expect(isOpen(run.approvals[0]!, run)).toBe(false);
  });

  it.each<[string, ApexEvent]>([
    ["its call", { ...head(5), type: "tool_completed", tool_name: "sign", tool_call_id: "call-1", status: "cancelled", duration_ms: 5 }],
    ["the sub-agent that asked", { ...head(5), type: "subagent_completed", status: "cancelled", summary: "", duration_ms: 5, context: { invocation_id: "i-1" } }],
  ])("is withdrawn with the end of %s, while its run goes on", (_, event) => {
    const asking = { ...story[2]!, context: { invocation_id: "i-1" } } as ApexEvent;
    const run = fold([story[0]!, story[1]!, asking, { ...head(4), type: "run_resumed", reason: "It goes on." }, event]);
    expect(run.status).toBe("running");
    expect(run.approvals[0]!.decided).toBeUndefined();
    expect(isOpen(run.approvals[0]!, run)).toBe(false);
  });

  it("does not count the time it waits as work", () => {
    const waiting = fold(story.slice(0, 4));
    expect(waiting.pausedAt).toBe("2026-05-01T12:00:04Z");
    const ended = fold([...story, { ...head(7), type: "run_cancelled", reason: "Enough." }]);
    expect(ended.pausedAt).toBeUndefined();
    // From 1 to 7 s, of which 4 to 6 waiting.
    expect(ended.durationMs).toBe(4_000);
  });

  it("folds to the same whatever order its events come in", () => {
    const backwards = [...story].reverse().reduce(takeEvent, emptyRun("run-1", "t"));
    expect(backwards).toEqual(fold(story));
  });

  it("does not keep a thread busy", () => {
    const waiting = story.slice(0, 4).reduce((feed, event) => reduce(feed, { type: "event", event }), emptyFeed);
    expect(activeRun(waiting, "t")).toBeUndefined();
  });
});
