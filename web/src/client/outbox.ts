import { Emitter } from "./emitter.ts";
import { newId, newTraceparent } from "./ids.ts";
import type { ErrorFrame, WhenBusy } from "./protocol.ts";

/** A message on its way. It leaves the outbox when the server has stored it, or by the user's hand. */
export interface OutgoingMessage {
  message_id: string;
  idempotency_key: string;
  content: string;
  /** Of the thread it belongs to; a conversation not yet stored has only `draft_id`. */
  thread_id?: string;
  draft_id?: string;
  when_busy?: WhenBusy;
  created_at: string;
  /** Where it was written; kept, so that it is sent again as part of the same trace. */
  traceparent?: string;
  /** Set when the server refused it for good; the user decides. */
  refused?: { code: string; message: string; suggestions: string[] };
  /** Set while the server asked to wait. */
  waiting?: string;
}

export interface OutboxOptions {
  owner: string;
  send: (frame: Record<string, unknown>) => boolean;
  storage?: Storage;
}

/** Refusals that time alone heals; any other waits for the user. */
const passing = new Set([
  "rate_limited", "too_many_runs", "busy", "storage_unavailable", "not_ready", "internal_error", "interrupted",
]);
const defaultRetryMs = 3_000;

/** How often a message may be cut off without any answer before it is suspected of causing the cut. */
const mostSilentAttempts = 5;

/**
 * Messages not yet known to be stored, kept over reloads. Each is sent again on every new connection under the same
 * idempotency key, so the server runs it once however often it arrives, and from however many tabs.
 */
export class Outbox extends Emitter<{ changed: OutgoingMessage[]; accepted: OutgoingMessage & { thread_id: string; run_id: string } }> {
  private items: OutgoingMessage[];
  private readonly storage: Storage;
  private readonly prefix: string;
  /** Ids of messages written in this tab. */
  private readonly own = new Set<string>();
  private readonly attempts = new Map<string, number>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly options: OutboxOptions) {
    super();
    this.storage = options.storage ?? localStorage;
    // One entry per message: tabs share the storage, and none rewrites what another wrote.
    this.prefix = `apex.outbox.${options.owner}.`;
    this.items = this.load();
    if (typeof window !== "undefined") window.addEventListener("storage", this.onStorage);
  }

  get messages(): OutgoingMessage[] {
    return this.items;
  }

  add(content: string, to: { thread_id?: string; draft_id?: string; when_busy?: WhenBusy }): OutgoingMessage {
    const item: OutgoingMessage = {
      message_id: newId("cm"),
      idempotency_key: newId("key"),
      content,
      created_at: new Date().toISOString(),
      traceparent: newTraceparent(),
      ...to,
    };
    this.own.add(item.message_id);
    this.keep(item);
    this.change([...this.items, item]);
    this.sendNow(item);
    return item;
  }

  /** Sends everything that waits: called whenever a connection has become usable. */
  flush(): void {
    for (const item of this.items) this.sendNow(item);
  }

  accepted(message_id: string, thread_id: string, run_id: string): void {
    const item = this.items.find((i) => i.message_id === message_id);
    if (!item) return;
    this.forget(item);
    const rest = this.items.filter((i) => i !== item);
    const draft = item.draft_id;
    const next = rest.map((i) => (draft !== undefined && i.draft_id === draft ? this.keep({ ...i, thread_id }) : i));
    this.change(next);
    this.emit("accepted", { ...item, thread_id, run_id });
    for (const i of next) if (draft !== undefined && i.draft_id === draft) this.sendNow(i);
  }

  /** Whether the frame was about one of these messages. */
  refused(frame: ErrorFrame): boolean {
    const item = this.items.find((i) => i.message_id === frame.ref || i.idempotency_key === frame.ref);
    if (!item) return false;
    // A message that is not to wait is not to be sent again by itself either.
    const waits = passing.has(frame.code) && !(frame.code === "busy" && item.when_busy === "reject");
    if (waits) {
      const wait = Math.min(frame.retry_after_ms ?? defaultRetryMs, 120_000);
      this.replace(item, { ...item, waiting: frame.message });
      clearTimeout(this.timers.get(item.message_id));
      this.timers.set(item.message_id, setTimeout(() => this.sendById(item.message_id), wait));
    } else {
      this.refuse(item, frame.code, frame.message, frame.recovery_suggestions ?? []);
    }
    return true;
  }

  /** Sends a refused message again, as the user wished; with `whenBusy` otherwise than before. */
  retry(message_id: string, whenBusy?: WhenBusy): void {
    const item = this.items.find((i) => i.message_id === message_id);
    if (!item) return;
    const { refused: _, waiting: __, ...rest } = item;
    // What is said otherwise is another message, though it has the same words.
    const fresh = whenBusy ? { ...rest, when_busy: whenBusy, idempotency_key: newId("key") } : rest;
    this.attempts.delete(message_id);
    this.replace(item, fresh);
    this.sendNow(fresh);
  }

  discard(message_id: string): OutgoingMessage | undefined {
    const item = this.items.find((i) => i.message_id === message_id);
    if (!item) return undefined;
    this.forget(item);
    this.change(this.items.filter((i) => i !== item));
    return item;
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (typeof window !== "undefined") window.removeEventListener("storage", this.onStorage);
  }

  /**
   * The tab a message was written in has seen it stored, or its user has discarded it there. What was written here is
   * left alone: its own answer still comes, and tells which thread it began.
   */
  private readonly onStorage = (e: StorageEvent): void => {
    if (!e.key?.startsWith(this.prefix) || e.newValue !== null) return;
    const id = e.key.slice(this.prefix.length);
    if (!this.own.has(id) && this.items.some((i) => i.message_id === id)) this.change(this.items.filter((i) => i.message_id !== id));
  };

  private sendById(message_id: string): void {
    const item = this.items.find((i) => i.message_id === message_id);
    if (item) this.sendNow(item);
  }

  private sendNow(item: OutgoingMessage): void {
    if (item.refused) return;
    // The second message of a conversation the server does not know yet waits until the first has given it an id.
    const first = this.items.find((i) => i.draft_id !== undefined && i.draft_id === item.draft_id && !i.refused);
    if (!item.thread_id && first && first !== item) return;

    const attempts = this.attempts.get(item.message_id) ?? 0;
    if (attempts >= mostSilentAttempts) {
      return this.refuse(item, "no_answer", "The connection broke each time this message was sent.", ["Shorten it, or try again later."]);
    }
    const payload = { content: item.content, ...(item.thread_id ? { thread_id: item.thread_id } : {}) };
    const sent = this.options.send({
      type: "user_message",
      payload,
      message_id: item.message_id,
      idempotency_key: item.idempotency_key,
      ...(item.when_busy ? { when_busy: item.when_busy } : {}),
      ...(item.traceparent ? { traceparent: item.traceparent } : {}),
    });
    if (!sent) return;
    this.attempts.set(item.message_id, attempts + 1);
    if (item.waiting) {
      const { waiting: _, ...rest } = item;
      this.replace(item, rest);
    }
  }

  private refuse(item: OutgoingMessage, code: string, message: string, suggestions: string[]): void {
    const { waiting: _, ...rest } = item;
    this.replace(item, { ...rest, refused: { code, message, suggestions } });
  }

  private replace(old: OutgoingMessage, next: OutgoingMessage): void {
    this.keep(next);
    this.change(this.items.map((i) => (i.message_id === old.message_id ? next : i)));
  }

  private change(items: OutgoingMessage[]): void {
    this.items = items;
    this.emit("changed", items);
  }

  private keep(item: OutgoingMessage): OutgoingMessage {
    try {
      this.storage.setItem(this.prefix + item.message_id, JSON.stringify(item));
    } catch {
      // Storage full or forbidden: the message still goes out from memory, it only would not survive a reload.
    }
    return item;
  }

  private forget(item: OutgoingMessage): void {
    clearTimeout(this.timers.get(item.message_id));
    this.timers.delete(item.message_id);
    this.attempts.delete(item.message_id);
    this.storage.removeItem(this.prefix + item.message_id);
  }

  private load(): OutgoingMessage[] {
    const found: OutgoingMessage[] = [];
    for (let i = 0; i < this.storage.length; i++) {
      const key = this.storage.key(i);
      if (!key?.startsWith(this.prefix)) continue;
      try {
        found.push(JSON.parse(this.storage.getItem(key) ?? "") as OutgoingMessage);
      } catch {
        this.storage.removeItem(key);
      }
    }
    return found.sort((a, b) => a.created_at.localeCompare(b.created_at));
  }
}
