import type { FeedState, Message, OutgoingMessage, Run } from "../client/index.ts";

/** A question, the work on it and the answer; any of them may be missing. */
export interface Exchange {
  key: string;
  question?: Message;
  runId?: string;
  run?: Run;
  answer?: Message;
}

/** A thread's messages as exchanges: an answer stands under its question, also when another question came between. */
export function exchanges(state: FeedState, threadId: string): Exchange[] {
  const found: Exchange[] = [];
  const byRun = new Map<string, Exchange>();
  for (const message of state.messages[threadId]?.items ?? []) {
    const existing = message.role === "assistant" && message.run_id ? byRun.get(message.run_id) : undefined;
    if (existing && !existing.answer) {
      existing.answer = message;
      continue;
    }
    const exchange: Exchange = message.role === "user" ? { key: message.run_id ?? message.id, question: message } : { key: message.id, answer: message };
    if (message.run_id) {
      exchange.runId = message.run_id;
      const run = state.runs[message.run_id];
      if (run) exchange.run = run;
      if (message.role === "user") byRun.set(message.run_id, exchange);
    }
    found.push(exchange);
  }
  // A run whose question has not been seen, because history is not read yet.
  for (const run of Object.values(state.runs)) {
    const shown = found.some((e) => e.runId === run.id);
    if (run.threadId === threadId && !shown) found.push({ key: run.id, runId: run.id, run });
  }
  return found;
}

/** Messages on their way to this place that the thread does not show yet. */
export function unsent(
  outgoing: OutgoingMessage[], place: { thread?: string | undefined; draft?: string | undefined }, stored: Message[],
): OutgoingMessage[] {
  return outgoing.filter((item) => {
    const here = place.thread ? item.thread_id === place.thread : item.draft_id !== undefined && item.draft_id === place.draft;
    // Its event can arrive before the word that it was accepted.
    const since = Date.parse(item.created_at) - 60_000;
    const twin = stored.some((m) => m.role === "user" && m.content === item.content && Date.parse(m.created_at) > since);
    return here && (!twin || item.refused !== undefined);
  });
}
