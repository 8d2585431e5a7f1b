import type { ApexEvent, Message, ServiceStatus, Thread, TransientFrame } from "./protocol.ts";
import { emptyRun, hasEnded, hasHole, takeEvent, takeHistory, type Run } from "./run.ts";

export interface ThreadMessages {
  /** By time, oldest first; each message once. */
  items: Message[];
  /** Whether history was read; before that only what happened since is here. */
  loaded: boolean;
  /** Cursor of the page before, when there is one. */
  next?: string;
}

/** All a client knows of one user's feed. Only `reduce` makes a new one. */
export interface FeedState {
  epoch: string;
  /** The last `seq` applied; -1 before a position is known. */
  seq: number;
  /** After a gap the next event may have any higher number: those between are no longer kept. */
  skipping: boolean;
  threads: Record<string, Thread>;
  threadsLoaded: boolean;
  threadsNext?: string;
  messages: Record<string, ThreadMessages>;
  runs: Record<string, Run>;
  /** Runs whose earlier events are missing and must be read from history. */
  holes: string[];
  degraded: Record<string, Degraded>;
}

/** A part of the server that does not do as it should. */
export interface Degraded {
  message: string;
  expectedRecoveryMs?: number;
  /** Said on this connection only: the next one is told again if it still holds. */
  passing?: true;
}

export type FeedAction =
  | { type: "positioned"; epoch: string; seq: number }
  | { type: "connected" }
  | { type: "gap"; earliest: number }
  | { type: "event"; event: ApexEvent }
  | { type: "transient"; frame: TransientFrame }
  | { type: "stopping"; run_id: string; refused?: boolean }
  | { type: "accepted"; thread_id: string; run_id: string; message_id: string; content: string; created_at: string }
  | { type: "threads_read"; threads: Thread[]; next?: string; first: boolean }
  | { type: "thread_read"; thread: Thread }
  | { type: "messages_read"; thread_id: string; messages: Message[]; next?: string }
  | { type: "history_read"; run_id: string; thread_id: string; events: ApexEvent[] };

export const emptyFeed: FeedState = {
  epoch: "",
  seq: -1,
  skipping: false,
  threads: {},
  threadsLoaded: false,
  messages: {},
  runs: {},
  holes: [],
  degraded: {},
};

/** The one place state changes. Pure: the same actions give the same state. */
export function reduce(state: FeedState, action: FeedAction): FeedState {
  switch (action.type) {
    case "positioned":
      return { ...state, epoch: action.epoch, seq: action.seq, skipping: false };
    case "connected":
      return { ...state, degraded: lastingOf(state.degraded) };
    case "gap":
      return gap(state, action.earliest);
    case "event":
      return takeFeedEvent(state, action.event);
    case "transient":
      return takeTransient(state, action.frame);
    case "stopping":
      return changeRun(state, action.run_id, (run) => (hasEnded(run) ? run : { ...run, stopping: !action.refused }));
    case "accepted":
      return accept(state, action);
    case "threads_read":
      return readThreads(state, action.threads, action.next, action.first);
    case "thread_read":
      return keepThread(state, action.thread);
    case "messages_read":
      return readMessages(state, action.thread_id, action.messages, action.next);
    case "history_read": {
      const run = state.runs[action.run_id] ?? emptyRun(action.run_id, action.thread_id);
      return withRun(state, takeHistory(run, action.events));
    }
  }
}

/** Runs of a thread that belong to no message yet known, and all others by the message they answer. */
export function runsOf(state: FeedState, threadId: string): Run[] {
  return Object.values(state.runs).filter((run) => run.threadId === threadId);
}

/** The run a new message of the thread would come after; one that waits for its user holds nothing up. */
export const activeRun = (state: FeedState, threadId: string): Run | undefined =>
  runsOf(state, threadId).find((run) => !hasEnded(run) && run.status !== "waiting" && run.status !== "paused");

function takeFeedEvent(state: FeedState, event: ApexEvent): FeedState {
  // A double, or one beyond a hole: the connection repairs holes by reading again from `seq`, so nothing is lost by refusing.
  const expected = state.seq < 0 || event.seq === state.seq + 1 || (state.skipping && event.seq > state.seq);
  if (!expected) return state;
  const next = { ...state, seq: event.seq, skipping: false };
  switch (event.type) {
    case "message_created":
      return keepMessage(next, event.message);
    case "thread_created":
    case "thread_renamed":
      return keepThread(next, event.thread);
    case "thread_archived":
      return keepThread(next, { ...event.thread, archived: true });
    case "system_degraded":
      return {
        ...next,
        degraded: {
          ...next.degraded,
          [event.component]: {
            message: event.message,
            ...(event.expected_recovery_ms === undefined ? {} : { expectedRecoveryMs: event.expected_recovery_ms }),
          },
        },
      };
    case "system_recovered": {
      const { [event.component]: _, ...degraded } = next.degraded;
      return { ...next, degraded };
    }
    default:
      return takeRunEvent(next, event);
  }
}

function takeRunEvent(state: FeedState, event: ApexEvent): FeedState {
  if (!event.run_id) return state;
  const run = state.runs[event.run_id] ?? emptyRun(event.run_id, event.thread_id ?? "");
  const next = withRun(state, takeEvent(run, event));
  if (event.type !== "agent_completed" || !event.thread_id) return next;
  return keepMessage(next, {
    id: event.message_id,
    thread_id: event.thread_id,
    role: "assistant",
    content: event.final_response,
    created_at: event.timestamp,
    run_id: event.run_id,
    metadata: { report: event.result },
  });
}

const lastingOf = (degraded: FeedState["degraded"]): FeedState["degraded"] =>
  Object.fromEntries(Object.entries(degraded).filter(([, part]) => !part.passing));

function takeStatus(state: FeedState, status: ServiceStatus): FeedState {
  const { [status.component]: _, ...others } = state.degraded;
  if (status.state === "recovered") return { ...state, degraded: others };
  const part: Degraded = { message: status.message, passing: true };
  if (status.expected_recovery_ms !== undefined) part.expectedRecoveryMs = status.expected_recovery_ms;
  return { ...state, degraded: { ...others, [status.component]: part } };
}

function takeTransient(state: FeedState, frame: TransientFrame): FeedState {
  if (frame.type === "service_status") return takeStatus(state, frame);
  if (frame.type === "text_delta") {
    return changeRun(state, frame.run_id, (run) => {
      if (hasEnded(run) || frame.offset > run.draft.length) return run;
      return { ...run, draft: run.draft.slice(0, frame.offset) + frame.delta };
    });
  }
  if (frame.type === "progress") {
    return changeRun(state, frame.subject, (run) =>
      hasEnded(run)
        ? run
        : { ...run, operation: frame.operation, progress: Math.max(run.progress, frame.percentage ?? 0) },
    );
  }
  return state;
}

/** Position moves on; what the lost events would have said must be read: threads, messages, and runs still open. */
function gap(state: FeedState, earliest: number): FeedState {
  const messages = Object.fromEntries(
    Object.entries(state.messages).map(([id, held]) => [id, { ...held, loaded: false }]),
  );
  const open = Object.values(state.runs).filter((run) => !hasEnded(run)).map((run) => run.id);
  return {
    ...state,
    seq: Math.max(state.seq, earliest - 1),
    skipping: true,
    threadsLoaded: false,
    messages,
    holes: [...new Set([...state.holes, ...open])],
  };
}

const localPrefix = "local:";

/** Stored, but its event may still be on the way: what was typed stands in for it until then. */
function accept(state: FeedState, action: Extract<FeedAction, { type: "accepted" }>): FeedState {
  const { run_id, thread_id } = action;
  const next = state.runs[run_id] ? state : withRun(state, emptyRun(run_id, thread_id));
  const stored = next.messages[thread_id]?.items.some((m) => m.role === "user" && m.run_id === run_id);
  if (stored) return next;
  return keepMessage(next, {
    id: localPrefix + action.message_id,
    thread_id,
    role: "user",
    content: action.content,
    created_at: action.created_at,
    run_id,
  });
}

function readThreads(state: FeedState, threads: Thread[], next: string | undefined, first: boolean): FeedState {
  let read = state;
  for (const thread of threads) read = keepThread(read, thread);
  const { threadsNext: _, ...rest } = read;
  // A re-read of the first page must not move the place from which older pages go on.
  const cursor = first && state.threadsLoaded ? state.threadsNext : next;
  return { ...rest, threadsLoaded: true, ...(cursor ? { threadsNext: cursor } : {}) };
}

function readMessages(state: FeedState, threadId: string, messages: Message[], next?: string): FeedState {
  let read = state;
  for (const message of messages) read = keepMessage(read, message);
  const items = read.messages[threadId]?.items ?? [];
  return { ...read, messages: { ...read.messages, [threadId]: { items, loaded: true, ...(next ? { next } : {}) } } };
}

function keepThread(state: FeedState, thread: Thread): FeedState {
  const known = state.threads[thread.id];
  // History read before a live event arrived may come after it.
  if (known && Date.parse(known.updated_at) > Date.parse(thread.updated_at) && !thread.archived) return state;
  return { ...state, threads: { ...state.threads, [thread.id]: thread } };
}

function keepMessage(state: FeedState, message: Message): FeedState {
  const held = state.messages[message.thread_id] ?? { items: [], loaded: false };
  const others = held.items.filter((m) => m.id !== message.id && !standsInFor(m, message));
  const known = held.items.find((m) => m.id === message.id);
  const items = [...others, { ...known, ...message }].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  const next = { ...state, messages: { ...state.messages, [message.thread_id]: { ...held, items } } };

  const thread = next.threads[message.thread_id];
  if (!thread || Date.parse(thread.updated_at) >= Date.parse(message.created_at)) return next;
  return { ...next, threads: { ...next.threads, [thread.id]: { ...thread, updated_at: message.created_at } } };
}

const standsInFor = (local: Message, stored: Message): boolean =>
  local.id.startsWith(localPrefix) && stored.role === "user" && local.run_id === stored.run_id;

function changeRun(state: FeedState, id: string, work: (run: Run) => Run): FeedState {
  const run = state.runs[id];
  if (!run) return state;
  const next = work(run);
  return next === run ? state : withRun(state, next);
}

function withRun(state: FeedState, run: Run): FeedState {
  const runs = { ...state.runs, [run.id]: run };
  const wasHole = state.holes.includes(run.id);
  const isHole = hasHole(run);
  if (wasHole === isHole) return { ...state, runs };
  return { ...state, runs, holes: isHole ? [...state.holes, run.id] : state.holes.filter((id) => id !== run.id) };
}
