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

  it("folds to the same whatever order its events come in", () => {
    const backwards = [...story].reverse().reduce(takeEvent, emptyRun("run-1", "t"));
    expect(backwards).toEqual(fold(story));
  });

  it("does not keep a thread busy", () => {
    const waiting = story.slice(0, 4).reduce((feed, event) => reduce(feed, { type: "event", event }), emptyFeed);
    expect(activeRun(waiting, "t")).toBeUndefined();
  });
});
