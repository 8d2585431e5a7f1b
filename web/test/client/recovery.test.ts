import { expect, it } from "vitest";
import { emptyRun, takeEvent, type ApexEvent, type Run } from "../../src/client/index.ts";

const at = (run_seq: number, second: number) => ({
  event_id: `run-1:${run_seq}`, seq: run_seq, run_seq, timestamp: `2026-05-01T12:00:${String(second).padStart(2, "0")}Z`,
  thread_id: "t", run_id: "run-1", agent_name: "supervisor", context: { invocation_id: "root" },
});
const thought = (run_seq: number, second: number, words: string): ApexEvent => ({
  ...at(run_seq, second), type: "agent_thinking", thought: words, step_number: 1, total_steps: 2, progress_percentage: 10,
  estimated_remaining_ms: 0, current_operation: "planning",
});
const fold = (events: ApexEvent[]): Run => events.reduce(takeEvent, emptyRun("run-1", "t"));

const interrupted: ApexEvent[] = [
  { ...at(1, 0), type: "agent_started", task: "Ask", attempt: 1 },
  thought(2, 1, "The log holds what is needed."),
  { ...at(3, 20), type: "run_recovering", reason: "The server was restarted.", attempt: 2 },
  thought(4, 21, "The log holds what is needed."),
  thought(5, 22, "Now the rest."),
];

it("shows where a run was interrupted, and says nothing twice after it", () => {
  const run = fold(interrupted);

  expect(run.status).toBe("running");
  expect(run.agents.root!.steps.map((step) => ("text" in step ? step.text : step.kind))).toEqual([
    "The log holds what is needed.", "The server was restarted.", "Now the rest.",
  ]);
});

it("is recovering until something more is heard", () => {
  expect(fold(interrupted.slice(0, 3)).status).toBe("recovering");
});

it("keeps what an agent thinks twice without an interruption", () => {
  const run = fold([interrupted[0]!, thought(2, 1, "Again."), thought(3, 2, "Again.")]);

  expect(run.agents.root!.steps).toHaveLength(2);
});

it("took as long as from its first to its last event, whatever the server that ended it knows", () => {
  const ended = fold([
    ...interrupted,
    { ...at(6, 25), type: "agent_completed", message_id: "m", result: {} as never, final_response: "", summary: "", status: "completed", duration_ms: 366 },
  ]);

  expect(ended.durationMs).toBe(25_000);
});

it("can be told of a run that had not begun", () => {
  const run = fold([{ ...at(1, 0), type: "run_recovering", reason: "The server was restarted.", attempt: 2 }]);

  expect(run.status).toBe("recovering");
  expect(run.rootId).toBeUndefined();
});
