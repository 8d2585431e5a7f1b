import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { asEvents, overviewReport, overviewRun } from "../test/fixtures/overview-run.ts";

/**
 * A rehearsed server for work on the page alone: one user, a feed in memory, and the same recorded run to every question.
 * It computes nothing and never ships. `?slow=N` on a question's text plays the run N times slower.
 */
type Json = Record<string, unknown>;

const user = { id: "user-1", email: "ada@example.org", name: "Ada", tier: "enterprise", roles: ["admin"] };
const epoch = "epoch-1";
const feed: Json[] = [];
const threads = new Map<string, Json>();
const messages = new Map<string, Json[]>();
const accepted = new Map<string, Json>();
const sockets = new Set<WebSocket>();
const stopped = new Set<string>();
const jobs = new Map<string, { started: number; name: string; size: number; rejects: boolean }>();
let ids = 0;
let rows = 0;

const now = () => new Date().toISOString();
const newId = (prefix: string) => `${prefix}-${++ids}`;

function append(event: Json): void {
  const stored = { timestamp: now(), ...event, seq: feed.length + 1 };
  feed.push(stored);
  const text = JSON.stringify(stored);
  for (const socket of sockets) socket.send(text);
}

function say(content: string, threadId: string | undefined, key: string): Json {
  const known = accepted.get(key);
  if (known) return known;
  const thread_id = threadId ?? newId("thread");
  if (!threads.has(thread_id)) {
    threads.set(thread_id, { id: thread_id, title: content.slice(0, 60), created_at: now(), updated_at: now(), message_count: 0 });
    append({ type: "thread_created", event_id: newId("e"), thread_id, thread: threads.get(thread_id)! });
  }
  const run_id = newId("run");
  const message = { id: newId("msg"), thread_id, role: "user", content, created_at: now(), run_id };
  keep(message);
  append({ type: "message_created", event_id: newId("e"), thread_id, message });
  const reply = { message_id: message.id, thread_id, run_id };
  accepted.set(key, reply);
  void play(run_id, thread_id, Number(/slow=(\d+)/.exec(content)?.[1] ?? 1), /fail/.test(content));
  return reply;
}

function keep(message: Json): void {
  const thread = String(message.thread_id);
  messages.set(thread, [...(messages.get(thread) ?? []), message]);
}

async function play(run: string, thread: string, slow: number, fail: boolean): Promise<void> {
  const events = asEvents({ run, thread }) as unknown as Json[];
  let before = 0;
  for (const [i, event] of events.entries()) {
    const at = overviewRun[i]!.at;
    await new Promise((done) => setTimeout(done, (at - before) * slow));
    before = at;
    const { seq: _, timestamp: __, ...rest } = event;
    if (stopped.has(run)) return append({ ...rest, type: "run_cancelled", reason: "You stopped the run." });
    if (fail && i === 14) return append({ ...rest, type: "run_failed", code: "storage_unavailable", reason: "The usage log could not be read: the disk is full. Free space and ask again." });
    append(rest);
  }
  keep({ id: `${run}-answer`, thread_id: thread, role: "assistant", content: "…", created_at: now(), run_id: run, metadata: { report: overviewReport } });
}

function importJob(id: string): Json {
  const job = jobs.get(id)!;
  const part = Math.min(1, (Date.now() - job.started) / 1500);
  const read = Math.floor(5563 * part);
  if (part === 1) rows = 5418;
  return {
    job_id: id, state: part < 1 ? "running" : "completed", file_name: job.name, format: "aider_csv",
    rows_read: read, rows_stored: Math.floor(read * 0.97), rows_duplicate: 0, rows_rejected: job.rejects ? Math.floor(part * 4) : 0,
    bytes_read: Math.floor(job.size * part), bytes_total: job.size,
    rejected: job.rejects && part === 1 ? [
      { line: 211, field: "prompt_tokens", value: "-14", reason: "A token count cannot be negative." },
      { line: 1402, field: "time_unix", value: "yesterday", reason: "Not a number of seconds since 1970." },
      { line: 3077, field: "total_tokens", value: "9120", reason: "Is not prompt_tokens + completion_tokens (8,120)." },
      { line: 5563, field: "row", value: "1776643,u1,gpt-", reason: "The line ends in the middle: 3 of 12 fields." },
    ] : [],
    quality_flags: { cost_outlier: 13, model_redacted: 142 },
    first_start: "2024-08-13T14:40:43.000Z", last_start: "2026-04-30T20:11:02.000Z",
  };
}

const tokens = () => ({ access_token: `header.${Date.now()}.signature`, refresh_token: newId("refresh"), token_type: "Bearer", expires_in: 900, user });

function answer(method: string, path: string, query: URLSearchParams, body: string): [number, unknown] {
  const json = (): Json => (body ? (JSON.parse(body) as Json) : {});
  const thread = /^\/api\/threads\/([^/]+)(\/messages)?$/.exec(path);
  if (path === "/auth/config") return [200, { registration: true, first_run: false, oauth_providers: [], development_login: false }];
  if (path === "/auth/login" && json().password === "wrong-password") {
    return [401, { title: "Unauthorized", status: 401, detail: "This e-mail address and password do not go together.", code: "invalid_credentials" }];
  }
  if (["/auth/login", "/auth/register", "/auth/refresh"].includes(path)) return [200, tokens()];
  if (path === "/api/stage/cut") {
    for (const socket of sockets) socket.terminate();
    return [200, { head: feed.length }];
  }
  if (path === "/auth/me") return [200, user];
  if (path === "/auth/sessions") return [200, { sessions: [{ id: "s1", device: "Chromium on Linux", created_at: now(), last_used_at: now(), current: true }, { id: "s2", device: "Firefox on Android", created_at: now(), last_used_at: now(), current: false }] }];
  if (path === "/api/threads" && method === "GET") return [200, { threads: [...threads.values()].reverse() }];
  if (thread && thread[2]) return [200, { messages: messages.get(thread[1]!) ?? [] }];
  if (thread && method === "PATCH") {
    const renamed = { ...threads.get(thread[1]!)!, title: json().title, updated_at: now() };
    threads.set(thread[1]!, renamed);
    append({ type: "thread_renamed", event_id: newId("e"), thread: renamed });
    return [200, renamed];
  }
  if (thread && method === "DELETE") return threads.delete(thread[1]!), [204, undefined];
  const events = /^\/api\/runs\/([^/]+)\/events$/.exec(path)?.[1];
  if (events) {
    const after = Number(query.get("after"));
    const found = feed.filter((e) => e.run_id === events && Number(e.run_seq) > after);
    return [200, { events: found, next: found.at(-1)?.run_seq ?? after, ended: true }];
  }
  if (path === "/api/usage/imports") return [200, { jobs: [] }];
  if (path === "/api/usage/mappings") return [200, { names: [] }];
  if (path === "/api/usage/extent") return [200, rows ? { rows, first_start: "2024-08-13T14:40:43.000Z", last_start: "2026-04-30T20:11:02.000Z" } : { rows: 0 }];
  if (path === "/api/usage/import" || path === "/api/usage/demo" || path === "/api/usage/prices/import") {
    const job_id = newId("job");
    jobs.set(job_id, { started: Date.now(), name: "message_send.csv", size: 840_314, rejects: path.endsWith("import") });
    return [202, { job_id }];
  }
  if (path === "/api/usage/events") {
    return [200, { events: (query.get("ids") ?? "").split(",").map((event_id, i) => ({ event_id, started_at: now(), response_model: "gpt-4o", in_uncached: 1200 + i, out_visible: 80, cost_recorded: 0.0131 })) }];
  }
  const job = /^\/api\/usage\/imports\/(.+)$/.exec(path)?.[1];
  if (job) return [200, importJob(job)];
  return [404, { title: "Not found", status: 404, detail: `There is nothing at ${path}.`, code: "not_found" }];
}

function serve(socket: WebSocket): void {
  const send = (frame: Json) => socket.send(JSON.stringify(frame));
  send({ type: "connection_established", connection_id: newId("c"), user_id: user.id, server_time: now(), epoch, head: feed.length, limits: { max_content_characters: 32_000 }, features: [] });
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as Json;
    const payload = frame.payload as { content: string; thread_id?: string } | undefined;
    if (frame.type === "resume") {
      for (const event of feed.slice(Number(frame.after))) send(event);
      send({ type: "caught_up", seq: feed.length });
      sockets.add(socket);
    }
    if (frame.type === "ping") send({ type: "pong", server_time: now() });
    if (frame.type === "user_message" && payload) {
      if (payload.content.includes("refuse")) {
        return send({ type: "error", code: "content_too_long", message: "A message holds at most 32,000 characters.", severity: "high", recovery_suggestions: ["Shorten it, or send it in parts."], ref: frame.message_id });
      }
      const reply = say(payload.content, payload.thread_id, String(frame.idempotency_key));
      send({ type: "message_accepted", ...reply, message_id: frame.message_id });
    }
    if (frame.type === "stop_agent") {
      stopped.add(String(frame.run_id));
      send({ type: "stopping", run_id: frame.run_id });
    }
  });
  socket.on("close", () => sockets.delete(socket));
}

interface Middlewares {
  use(handle: (request: IncomingMessage, response: ServerResponse, next: () => void) => void): unknown;
}

/** Puts the rehearsed server in front of Vite's own. */
export function attach(middlewares: Middlewares, http: Server): void {
  middlewares.use((request, response, next) => {
    const url = new URL(request.url ?? "/", "http://stage");
    if (!/^\/(api|auth)\//.test(url.pathname)) return next();
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const [status, body] = answer(request.method ?? "GET", url.pathname, url.searchParams, /json/.test(request.headers["content-type"] ?? "") ? text : "");
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: (offered) => (offered.has("apex.v1") ? "apex.v1" : false) });
  http.on("upgrade", (request, socket, head) => {
    if (request.url?.startsWith("/ws")) upgrades.handleUpgrade(request, socket, head, (accepted) => serve(accepted));
  });
}
