import type { ApexEvent, Decision, EventOf, FormSchema, ResultRef, ToolStatus } from "./protocol.ts";
import type { Report } from "./report.ts";

export type RunStatus = "queued" | "running" | "waiting" | "paused" | "recovering" | "completed" | "failed" | "cancelled";

export interface Thought {
  kind: "thought";
  id: string;
  text: string;
  at: string;
}

/** The server stopped in the middle, and the run went on from its last checkpoint. */
export interface Interruption {
  kind: "interruption";
  id: string;
  text: string;
  at: string;
}

export interface ToolCall {
  kind: "tool";
  id: string;
  name: string;
  purpose: string;
  parameters?: unknown;
  startedAt: string;
  estimatedMs?: number;
  /** Absent while it runs. */
  status?: ToolStatus;
  durationMs?: number;
  result?: unknown;
  resultRef?: ResultRef;
  error?: string;
}

export interface Trouble {
  kind: "error";
  id: string;
  text: string;
  detail: string;
  severity: "critical" | "high" | "medium";
  suggestions: string[];
  supportCode: string;
}

export interface Agent {
  kind: "agent";
  /** The invocation, so that an agent called twice stands twice in the tree. */
  id: string;
  name: string;
  task: string;
  startedAt: string;
  status?: ToolStatus;
  durationMs?: number;
  summary?: string;
  step?: { number: number; total: number };
  /** In the order it happened; agents and tools by id, for they change after they were entered. */
  steps: (Thought | Trouble | Interruption | { kind: "agent" | "tool"; id: string })[];
}

/** Something the run asked its user. */
export interface Approval {
  id: string;
  kind: "approval" | "question";
  reason: string;
  agent?: string;
  toolName?: string;
  toolCallId?: string;
  /** What is approved, whole but for secrets. */
  arguments?: unknown;
  /** Names what is decided on. */
  hash: string;
  /** Of a question's answer. */
  schema?: FormSchema;
  expiresAt: string;
  decided?: { decision: Decision | "expired"; at: string; reason?: string; arguments?: unknown };
  /** Invocation of the sub-agent that asked: what it asked is withdrawn with its end. */
  invocation?: string;
  withdrawn?: boolean;
}

/** A run as far as it is known: the result of folding its events, in order of `run_seq`, over an empty one. */
export interface Run {
  id: string;
  threadId: string;
  /** The last `run_seq` folded in. */
  applied: number;
  /** Events that came before ones still missing, by `run_seq`. */
  held: Record<number, ApexEvent>;
  status: RunStatus;
  startedAt?: string;
  endedAt?: string;
  /** From its beginning to its end, less what it waited. */
  durationMs?: number;
  /** Since when it waits for its user or a budget. */
  pausedAt?: string;
  /** How long it has waited before. */
  pausedMs: number;
  /** How often it was taken up again after the server had stopped. */
  restarts: number;
  rootId?: string;
  agents: Record<string, Agent>;
  tools: Record<string, ToolCall>;
  /** In the order asked. */
  approvals: Approval[];
  progress: number;
  remainingMs?: number;
  operation: string;
  stopping: boolean;
  reason?: string;
  /** The answer as it is being written; the durable report replaces it. */
  draft: string;
  report?: Report;
  messageId?: string;
  /** The run it went on from, after so many steps: what those found is there. */
  forkOf?: string;
  forkStep?: number;
}

export const emptyRun = (id: string, threadId: string): Run => ({
  id,
  threadId,
  applied: 0,
  held: {},
  status: "queued",
  agents: {},
  tools: {},
  approvals: [],
  pausedMs: 0,
  restarts: 0,
  progress: 0,
  operation: "",
  stopping: false,
  draft: "",
});

export const hasEnded = (run: Run): boolean =>
  run.status === "completed" || run.status === "failed" || run.status === "cancelled";

/** Whether somebody can still decide it. */
export const isOpen = (approval: Approval, run: Run): boolean => !approval.decided && !approval.withdrawn && !hasEnded(run);

/** Whether earlier events must be fetched before what is held can be shown. */
export const hasHole = (run: Run): boolean => Object.keys(run.held).length > 0;

/**
 * Takes one event in, whatever order it comes in: one already folded in changes nothing, one that is early is held
 * until those before it are here. Live events, replayed ones and history all pass through this door.
 */
export function takeEvent(run: Run, event: ApexEvent): Run {
  const at = event.run_seq;
  if (at === undefined || at <= run.applied || at in run.held) return run;
  if (at > run.applied + 1) return { ...run, held: { ...run.held, [at]: event } };
  return releaseHeld(fold(run, event));
}

/**
 * Takes a page of stored events. What the store no longer has is not waited for: the first event after a hole in the
 * page is folded in as it comes.
 */
export function takeHistory(run: Run, events: ApexEvent[]): Run {
  const ordered = events.filter((e) => e.run_seq !== undefined).sort((a, b) => a.run_seq! - b.run_seq!);
  let next = run;
  for (const event of ordered) {
    if (event.run_seq! > next.applied) next = releaseHeld(fold(next, event));
  }
  return next;
}

function releaseHeld(run: Run): Run {
  let next = run;
  for (let event = next.held[next.applied + 1]; event; event = next.held[next.applied + 1]) next = fold(next, event);
  const stale = Object.keys(next.held).filter((at) => Number(at) <= next.applied);
  if (stale.length === 0) return next;
  const held = { ...next.held };
  for (const at of stale) delete held[Number(at)];
  return { ...next, held };
}

function fold(run: Run, event: ApexEvent): Run {
  const next = change({ ...run, applied: event.run_seq ?? run.applied }, event);
  return next.status === "recovering" && event.type !== "run_recovering" ? { ...next, status: "running" } : next;
}

function change(run: Run, event: ApexEvent): Run {
  switch (event.type) {
    case "agent_started":
      return startRun(run, event);
    case "subagent_started":
      return startSubagent(run, event);
    case "subagent_completed":
      return changeAgent(withdraw(run, (asked) => asked.invocation !== undefined && asked.invocation === event.context?.invocation_id), actor(run, event), {
        status: event.status,
        summary: event.summary,
        durationMs: event.duration_ms,
      });
    case "agent_thinking":
      return think(run, event);
    case "tool_executing":
      return startTool(run, event);
    case "tool_completed":
      return endTool(withdraw(run, (asked) => asked.toolCallId === event.tool_call_id), event);
    case "agent_error":
      return addStep(run, event, {
        kind: "error",
        id: event.event_id,
        text: event.user_friendly_message,
        detail: event.error_message,
        severity: event.severity,
        suggestions: event.recovery_suggestions,
        supportCode: event.support_code,
      });
    case "run_recovering":
      return recover(run, event);
    case "run_paused":
      return { ...run, status: event.needs === "budget" ? "paused" : "waiting", reason: event.reason, pausedAt: event.timestamp };
    case "run_resumed":
      return { ...goOn(run, event), status: "running" };
    case "approval_requested":
      return ask(run, event);
    case "approval_decided":
      return decide(run, event);
    case "agent_completed":
      return {
        ...end(run, event, "completed", "success"),
        report: event.result,
        messageId: event.message_id,
        progress: 100,
      };
    case "run_failed":
      return { ...end(run, event, "failed", "error"), reason: event.reason };
    case "run_cancelled":
      return { ...end(run, event, "cancelled", "cancelled"), reason: event.reason };
    default:
      return run;
  }
}

function startRun(run: Run, event: EventOf<"agent_started">): Run {
  const id = invocation(event);
  const root: Agent = run.agents[id] ?? {
    kind: "agent", id, name: event.agent_name ?? "supervisor", task: event.task, startedAt: event.timestamp, steps: [],
  };
  return {
    ...run,
    status: "running",
    startedAt: run.startedAt ?? event.timestamp,
    operation: run.operation || event.task,
    rootId: id,
    agents: { ...run.agents, [id]: root },
    ...(event.fork_of ? { forkOf: event.fork_of, forkStep: event.fork_step ?? 0 } : {}),
  };
}

function startSubagent(run: Run, event: EventOf<"subagent_started">): Run {
  const id = invocation(event);
  if (run.agents[id]) return run;
  const agent: Agent = {
    kind: "agent",
    id,
    name: event.agent_name ?? "agent",
    task: event.task,
    startedAt: event.timestamp,
    step: { number: event.step_number, total: event.total_steps },
    steps: [],
  };
  const parent = event.context?.parent_invocation_id;
  const next = withRoot(run, event);
  const under = parent && next.agents[parent] ? parent : next.rootId!;
  return append({ ...next, agents: { ...next.agents, [id]: agent } }, under, { kind: "agent", id });
}

function think(run: Run, event: EventOf<"agent_thinking">): Run {
  // After a restart an agent thinks once more what it had thought before it; that is no news.
  const again = run.restarts > 0 && run.agents[actor(run, event)]?.steps.some((step) => step.kind === "thought" && step.text === event.thought);
  const next = again ? run : addStep(run, event, { kind: "thought", id: event.event_id, text: event.thought, at: event.timestamp });
  return {
    ...next,
    // A sub-agent that starts late may count from a lower mark; a bar that moves back only worries people.
    progress: Math.max(next.progress, event.progress_percentage),
    remainingMs: event.estimated_remaining_ms,
    operation: event.current_operation || next.operation,
  };
}

function startTool(run: Run, event: EventOf<"tool_executing">): Run {
  const tool: ToolCall = {
    kind: "tool",
    id: event.tool_call_id,
    name: event.tool_name,
    purpose: event.tool_purpose,
    parameters: event.parameters,
    startedAt: event.timestamp,
    ...(event.estimated_duration_ms === undefined ? {} : { estimatedMs: event.estimated_duration_ms }),
  };
  const next = addStep(run, event, { kind: "tool", id: tool.id });
  return { ...next, tools: { ...next.tools, [tool.id]: tool } };
}

function endTool(run: Run, event: EventOf<"tool_completed">): Run {
  const known = run.tools[event.tool_call_id];
  const next = known ? run : addStep(run, event, { kind: "tool", id: event.tool_call_id });
  const tool: ToolCall = {
    ...(known ?? { kind: "tool", id: event.tool_call_id, name: event.tool_name, purpose: "", startedAt: event.timestamp }),
    status: event.status,
    durationMs: event.duration_ms,
    ...(event.result === undefined ? {} : { result: event.result }),
    ...(event.result_ref === undefined ? {} : { resultRef: event.result_ref }),
    ...(event.error === undefined ? {} : { error: event.error }),
  };
  return { ...next, tools: { ...next.tools, [tool.id]: tool } };
}

function ask(run: Run, event: EventOf<"approval_requested">): Run {
  const asked: Approval = {
    id: event.approval_id,
    kind: event.kind,
    reason: event.reason,
    hash: event.arguments_hash,
    expiresAt: event.expires_at,
    ...(event.agent_name === undefined ? {} : { agent: event.agent_name }),
    ...(event.tool_name === undefined ? {} : { toolName: event.tool_name }),
    ...(event.tool_call_id === undefined ? {} : { toolCallId: event.tool_call_id }),
    ...(event.arguments === undefined ? {} : { arguments: event.arguments }),
    ...(event.schema === undefined ? {} : { schema: event.schema }),
    ...(event.context?.invocation_id === undefined ? {} : { invocation: event.context.invocation_id }),
  };
  return { ...run, approvals: [...run.approvals.filter((a) => a.id !== asked.id), asked] };
}

/** What was asked and not decided goes with the end of whoever asked. */
function withdraw(run: Run, isGone: (asked: Approval) => boolean): Run {
  if (!run.approvals.some((a) => isGone(a) && !a.decided)) return run;
  return { ...run, approvals: run.approvals.map((a) => (isGone(a) && !a.decided ? { ...a, withdrawn: true } : a)) };
}

function recover(run: Run, event: EventOf<"run_recovering">): Run {
  const next: Run = { ...run, status: "recovering", reason: event.reason, restarts: run.restarts + 1 };
  // A run that had not begun has nothing to go on from.
  if (!run.rootId) return next;
  return append(next, run.rootId, { kind: "interruption", id: event.event_id, text: event.reason, at: event.timestamp });
}

/** Waiting is over: it does not count as work. */
function goOn(run: Run, event: ApexEvent): Run {
  if (run.pausedAt === undefined) return run;
  const { pausedAt, ...rest } = run;
  return { ...rest, pausedMs: run.pausedMs + between(pausedAt, event.timestamp) };
}

function decide(run: Run, event: EventOf<"approval_decided">): Run {
  const decided = {
    decision: event.decision,
    at: event.timestamp,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.arguments === undefined ? {} : { arguments: event.arguments }),
  };
  return { ...run, approvals: run.approvals.map((a) => (a.id === event.approval_id ? { ...a, decided } : a)) };
}

function end(before: Run, event: ApexEvent, status: RunStatus, agentStatus: ToolStatus): Run {
  const run = goOn(before, event);
  const rootId = run.rootId;
  const agents = Object.fromEntries(
    Object.values(run.agents).map((agent) => {
      if (agent.status) return [agent.id, agent];
      const own = agent.id === rootId ? agentStatus : "cancelled";
      return [agent.id, { ...agent, status: own, durationMs: between(agent.startedAt, event.timestamp) }];
    }),
  );
  return {
    ...run,
    agents,
    status,
    endedAt: event.timestamp,
    stopping: false,
    draft: "",
    held: {},
    // By its first and last event: a server that took the run over knows only how long it worked on it itself.
    ...(run.startedAt ? { durationMs: Math.max(0, between(run.startedAt, event.timestamp) - run.pausedMs) } : {}),
  };
}

function addStep(run: Run, event: ApexEvent, step: Agent["steps"][number]): Run {
  const next = withRoot(run, event);
  return append(next, actor(next, event), step);
}

function append(run: Run, agentId: string, step: Agent["steps"][number]): Run {
  const agent = run.agents[agentId];
  return agent ? changeAgent(run, agentId, { steps: [...agent.steps, step] }) : run;
}

function changeAgent(run: Run, id: string, fields: Partial<Agent>): Run {
  const agent = run.agents[id];
  return agent ? { ...run, agents: { ...run.agents, [id]: { ...agent, ...fields } } } : run;
}

/** A tree needs a trunk, also where the store no longer has the event that planted it. */
function withRoot(run: Run, event: ApexEvent): Run {
  if (run.rootId) return run;
  const root: Agent = { kind: "agent", id: "root", name: "supervisor", task: "", startedAt: event.timestamp, steps: [] };
  return { ...run, status: "running", rootId: root.id, agents: { ...run.agents, [root.id]: root } };
}

function actor(run: Run, event: ApexEvent): string {
  const id = event.context?.invocation_id;
  if (id && run.agents[id]) return id;
  const named = Object.values(run.agents).filter((a) => a.name === event.agent_name);
  return (named.findLast((a) => !a.status) ?? named.at(-1))?.id ?? run.rootId ?? "root";
}

const invocation = (event: ApexEvent): string => event.context?.invocation_id ?? `${event.agent_name}:${event.run_seq}`;

const between = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from));
