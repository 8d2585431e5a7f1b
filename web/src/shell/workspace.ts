import {
  Api, ApiError, Connection, DEFAULT_CONTENT_LIMIT, Outbox, Session, emptyFeed, hasEnded, isOpen, reduce,
  type ApexEvent, type Approval, type ApprovalView, type ConnectionState, type Decision, type ErrorFrame, type FeedAction, type FeedState, type OutgoingMessage, type ReceivedBroadcast, type Run, type ServerFrame, type ToolCall, type UserView, type WhenBusy,
} from "../client/index.ts";
import { newId } from "../client/ids.ts";
import { Store } from "./store.ts";
import { viewOf } from "./view.ts";

export interface Notice {
  id: string;
  tone: "info" | "warning" | "error";
  text: string;
  hints: string[];
  /** That the server could not be reached: true no longer once it is heard again. */
  passing?: boolean;
}

/** What is open: a stored thread, or a conversation whose first message is not sent yet; a thread begun here is both. */
export type Place = { thread: string; draft?: string } | { draft: string };

/** The same before and after a conversation is stored: what is being typed must not be lost in between. */
export const placeKey = (place: Place): string => place.draft ?? ("thread" in place ? place.thread : "");

const isUnreachable = (fault: unknown): boolean => fault instanceof ApiError && fault.status === 0;

const mostNotices = 4;
const historyRetryMs = 4_000;

/** One signed-in user's work: the feed, what is on its way, and the calls the page makes. Components only read and ask. */
export class Workspace {
  readonly feed = new Store<FeedState>(emptyFeed);
  readonly connection: Store<ConnectionState>;
  /** Since when nothing is heard from the server, in ms since 1970; null while it is heard. */
  readonly lostAt = new Store<number | null>(null);
  readonly outgoing: Store<OutgoingMessage[]>;
  readonly notices = new Store<Notice[]>([]);
  /** What administrators have said to this user and it has not put away, newest first. */
  readonly broadcasts = new Store<ReceivedBroadcast[]>([]);
  /** What runs of all conversations wait to hear from this user, newest first. */
  readonly asked = new Store<ApprovalView[]>([]);
  /** Of what is asked the one to be brought before the user's eyes. */
  readonly sought = new Store<string | null>(null);
  /** What an administrator may change while the page is open. */
  readonly account: Store<Pick<UserView, "tier" | "roles">>;
  readonly contentLimit = new Store(DEFAULT_CONTENT_LIMIT);
  readonly place = new Store<Place>({ draft: newId("draft") });
  readonly api: Api;
  /** Every `seq` applied, in order: for tests that look for doubles and holes. */
  readonly appliedSeqs: number[] = [];
  /** Server's clock minus ours, in ms. */
  clockOffset = 0;

  private readonly link: Connection;
  private readonly outbox: Outbox;
  private readonly loadingRuns = new Map<string, Promise<void>>();
  /** What the page reads by itself and the network cut short: read again when the connection is back. */
  private readonly unread = new Map<string, () => Promise<void>>();
  /** What the user stopped while nothing could be sent. */
  private readonly stops: Record<string, unknown>[] = [];
  private readonly cleanups: (() => void)[] = [];

  constructor(
    readonly user: UserView,
    private readonly session: Session,
    socketUrl = `${location.origin.replace(/^http/, "ws")}/ws`,
  ) {
    this.account = new Store({ tier: user.tier, roles: user.roles });
    this.api = new Api(session.token);
    this.link = new Connection({ url: socketUrl, token: session.token, lostPlace: "head", probe: () => this.api.me().then(() => undefined) });
    this.outbox = new Outbox({ owner: user.id, send: (frame) => this.link.send(frame) });
    this.connection = new Store(this.link.current);
    this.outgoing = new Store(this.outbox.messages);
    this.listen();
  }

  start(): void {
    this.readAddress();
    this.link.start();
  }

  dispose(): void {
    this.link.stop();
    this.outbox.dispose();
    for (const clean of this.cleanups) clean();
  }

  retryNow = (): void => this.link.retryNow();

  open(place: Place): void {
    this.place.set(place);
    const hash = "thread" in place ? `#/t/${place.thread}` : "#/";
    if (location.hash !== hash && !(hash === "#/" && location.hash === "")) history.pushState(null, "", hash);
    if ("thread" in place) this.readMessages(place.thread);
  }

  newConversation = (): void => this.open({ draft: newId("draft") });

  say(content: string, whenBusy?: WhenBusy): void {
    const place = this.place.get();
    const to = "thread" in place ? { thread_id: place.thread } : { draft_id: place.draft };
    this.outbox.add(content, whenBusy ? { ...to, when_busy: whenBusy } : to);
  }

  resend = (id: string, whenBusy?: WhenBusy): void => this.outbox.retry(id, whenBusy);
  discard = (id: string): OutgoingMessage | undefined => this.outbox.discard(id);

  stopRun(runId: string): void {
    this.stop({ run_id: runId });
    this.apply({ type: "stopping", run_id: runId });
  }

  /** Stops one sub-agent or one tool call; the rest of the run goes on. */
  stopPart(runId: string, part: { invocation_id: string } | { tool_call_id: string }): void {
    this.stop({ run_id: runId, ...part });
  }

  /** A wish to stop holds until it could be said. */
  private stop(what: { run_id: string }): void {
    const frame = { type: "stop_agent", ...what };
    if (!this.link.send(frame)) this.stops.push(frame);
  }

  private sayStops(): void {
    const runs = this.feed.get().runs;
    for (const frame of this.stops.splice(0)) {
      const run = runs[String(frame.run_id)];
      if (run && !hasEnded(run)) this.link.send(frame);
    }
  }

  /** Opens the conversation in which something is asked, there. */
  seek(asked: ApprovalView): void {
    this.open({ thread: asked.thread_id });
    this.sought.set(asked.id);
  }

  /** Decides what a run asked; every device hears of it by the feed. */
  async decide(run: Run, approval: Approval, decision: Decision, more: { arguments?: unknown; reason?: string } = {}): Promise<void> {
    await this.api.decide(run.id, approval.id, { decision, arguments_hash: approval.hash, ...more });
  }

  /** Asks an earlier question otherwise; opens the new conversation. */
  async askOtherwise(thread: string, message: string, content: string): Promise<void> {
    this.open({ thread: (await this.api.forkThread(thread, message, content)).thread_id });
  }

  /** Goes on from a step of a run; opens the new conversation. */
  async goOnFrom(run: string, step: number): Promise<void> {
    this.open({ thread: (await this.api.forkRun(run, step)).thread_id });
  }

  /** Reads the run that made a tool call: the run itself, or the one it went on from. */
  async loadCall(runId: string, threadId: string, toolCallId: string): Promise<void> {
    let thread = threadId;
    for (let id: string | undefined = runId; id; ) {
      if (!this.feed.get().runs[id]?.tools[toolCallId]?.status) await this.loadRun(id, thread);
      const run: Run | undefined = this.feed.get().runs[id];
      if (run?.tools[toolCallId]) return;
      thread = this.feed.get().threads[thread]?.parent_id ?? "";
      id = run?.forkOf;
    }
  }

  async loadThreads(more = false): Promise<void> {
    const cursor = more ? this.feed.get().threadsNext : undefined;
    const page = await this.api.threads(cursor);
    this.apply({ type: "threads_read", threads: page.threads, first: !more, ...(page.next ? { next: page.next } : {}) });
  }

  async loadMessages(thread: string, more = false): Promise<void> {
    const held = this.feed.get().messages[thread];
    if (held?.loaded && !more) return;
    try {
      const page = await this.api.messages(thread, more ? held?.next : undefined);
      this.apply({ type: "messages_read", thread_id: thread, messages: page.messages, ...(page.next ? { next: page.next } : {}) });
    } catch (fault) {
      if (!(fault instanceof ApiError && fault.status === 404)) throw fault;
      this.notify("warning", "That conversation is not here. It may have been removed.");
      this.newConversation();
    }
  }

  async rename(thread: string, title: string): Promise<void> {
    this.apply({ type: "thread_read", thread: await this.api.renameThread(thread, title) });
  }

  async archive(thread: string): Promise<void> {
    await this.api.archiveThread(thread);
    const known = this.feed.get().threads[thread];
    if (known) this.apply({ type: "thread_read", thread: { ...known, archived: true } });
    const place = this.place.get();
    if ("thread" in place && place.thread === thread) this.newConversation();
  }

  /** Reads the stored events of a run that the page does not hold, once at a time. */
  loadRun(runId: string, threadId: string): Promise<void> {
    const running = this.loadingRuns.get(runId);
    if (running) return running;
    const work = (async () => {
      try {
        const after = this.feed.get().runs[runId]?.applied ?? 0;
        const events = await this.api.runEvents(runId, after);
        this.apply({ type: "history_read", run_id: runId, thread_id: threadId, events });
      } finally {
        this.loadingRuns.delete(runId);
      }
    })();
    this.loadingRuns.set(runId, work);
    return work;
  }

  /** As `loadRun`, without being asked. */
  readRun(runId: string, threadId: string): Promise<void> {
    return this.read(`run ${runId}`, () => this.loadRun(runId, threadId));
  }

  /** A tool's whole result, also where the event only pointed to it. */
  async resultOf(tool: ToolCall): Promise<unknown> {
    return tool.resultRef ? this.api.result(tool.resultRef.url) : tool.result;
  }

  /**
   * Reads without being asked, and again when the connection is back: with the network away the badge says so, and no notice lies over what
   * the user reads. `what` names it: of two of the same name the later one counts.
   */
  read(what: string, work: () => Promise<void>): Promise<void> {
    this.unread.delete(what);
    return work().catch((fault: unknown) => {
      if (!isUnreachable(fault)) return this.report(fault);
      this.unread.set(what, work);
      // The connection may be back before this reading knows that it was cut.
      this.later(historyRetryMs, () => {
        if (this.connection.get().is === "live") this.readTheUnread();
      });
    });
  }

  notify(tone: Notice["tone"], text: string, hints: string[] = [], passing = false): void {
    if (this.notices.get().some((n) => n.text === text)) return;
    this.notices.update((held) => [...held.slice(1 - mostNotices), { id: newId("n"), tone, text, hints, passing }]);
  }

  dismiss = (id: string): void => this.notices.update((held) => held.filter((n) => n.id !== id));

  putAway = (id: string): void => {
    this.broadcasts.update((held) => held.filter((b) => b.id !== id));
    this.api.dismissBroadcast(id).catch(this.report);
  };

  report = (fault: unknown): void => {
    const ended = fault instanceof ApiError && fault.status === 401;
    if (!ended) this.notify("error", fault instanceof Error ? fault.message : String(fault), [], isUnreachable(fault));
  };

  private apply(action: FeedAction): void {
    const before = this.feed.get();
    const after = reduce(before, action);
    if (action.type === "event" && after.seq !== before.seq) this.appliedSeqs.push(after.seq);
    this.feed.set(after);
    if (after.runs !== before.runs) this.setAsked(this.asked.get());
    for (const run of after.holes) if (!before.holes.includes(run)) this.fillHole(run);
  }

  private fillHole(runId: string): void {
    const again = () => {
      if (this.feed.get().holes.includes(runId)) this.later(historyRetryMs, () => this.fillHole(runId));
    };
    this.loadRun(runId, this.feed.get().runs[runId]?.threadId ?? "").then(again, again);
  }

  private later(ms: number, work: () => void): void {
    const timer = setTimeout(work, ms);
    this.cleanups.push(() => clearTimeout(timer));
  }

  private listen(): void {
    this.link.on("state", (state) => {
      this.connection.set(state);
      if (state.is === "waiting" || state.is === "replaced") this.lostAt.update((since) => since ?? Date.now());
      if (state.is !== "live") return;
      this.lostAt.set(null);
      this.notices.update((held) => held.filter((notice) => !notice.passing));
      this.sayStops();
      this.outbox.flush();
      this.readTheUnread();
    });
    this.link.on("event", (event) => {
      // No event comes before it happened: the one that came quickest tells the server's clock best.
      this.clockOffset = Math.max(this.clockOffset, Date.parse(event.timestamp) - Date.now());
      if (event.type === "broadcast") this.hold({ ...event, id: event.broadcast_id });
      this.apply({ type: "event", event });
      this.noteAsked(event);
    });
    this.link.on("gap", ({ earliest }) => {
      this.apply({ type: "gap", earliest });
      this.readState();
    });
    this.link.on("established", (frame) => {
      this.clockOffset = Date.parse(frame.server_time) - Date.now();
      if (frame.limits?.max_content_characters) this.contentLimit.set(frame.limits.max_content_characters);
      this.apply({ type: "connected" });
      if (frame.resumed) return;
      this.apply({ type: "positioned", epoch: frame.epoch, seq: frame.head });
      // Read after the position is taken: what happens meanwhile arrives as events, and nothing falls between.
      this.readState();
    });
    this.link.on("frame", (frame) => this.takeFrame(frame));
    this.outbox.on("changed", (items) => this.outgoing.set(items));
    this.outbox.on("accepted", (item) => {
      const { thread_id, run_id, message_id, content } = item;
      // By the server's clock, as the messages it stands among.
      const created_at = new Date(Date.parse(item.created_at) + this.clockOffset).toISOString();
      this.apply({ type: "accepted", thread_id, run_id, message_id, content, created_at });
      const place = this.place.get();
      if (!("thread" in place) && place.draft === item.draft_id) this.open({ thread: item.thread_id, draft: place.draft });
    });
    this.cleanups.push(this.session.on("token", (token) => this.link.refreshAuth(token)));
    this.hear(window, "online", () => this.link.retryNow());
    this.hear(window, "popstate", () => this.readAddress());
    this.hear(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") this.link.retryNow();
    });
  }

  private hold(...received: ReceivedBroadcast[]): void {
    this.broadcasts.update((held) => [...received.filter((b) => !held.some((h) => h.id === b.id)), ...held]);
  }

  private noteAsked(event: ApexEvent): void {
    if (event.type === "approval_requested" && event.run_id && event.thread_id) {
      const { approval_id: id, kind, reason, tool_name, run_id, thread_id } = event;
      const asked: ApprovalView = { id, kind, reason, run_id, thread_id, state: "pending", ...(tool_name ? { tool_name } : {}) };
      this.setAsked([asked, ...this.asked.get().filter((a) => a.id !== id)]);
    } else if (event.type === "approval_decided") {
      this.setAsked(this.asked.get().filter((a) => a.id !== event.approval_id));
    } else if (event.type === "agent_completed" || event.type === "run_failed" || event.type === "run_cancelled") {
      this.setAsked(this.asked.get().filter((a) => a.run_id !== event.run_id));
    }
  }

  /** Without what is decided, expired or withdrawn by what the runs' own events tell, however late a list read over HTTP arrives. */
  private setAsked(asked: ApprovalView[]): void {
    const { runs } = this.feed.get();
    const open = asked.filter((a) => {
      const run = runs[a.run_id];
      const known = run?.approvals.find((one) => one.id === a.id);
      return !run || (known ? isOpen(known, run) : !hasEnded(run));
    });
    const held = this.asked.get();
    if (open.length !== held.length || open.some((a, i) => a !== held[i])) this.asked.set(open);
  }

  /** What the server listed, and what was asked while it was asked for the list. */
  private takeAskedList(listed: ApprovalView[]): void {
    const { runs } = this.feed.get();
    const newer = this.asked.get().filter((a) => runs[a.run_id]?.approvals.some((one) => one.id === a.id) && !listed.some((b) => b.id === a.id));
    this.setAsked([...newer, ...listed]);
  }

  private takeFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "message_accepted":
        this.outbox.accepted(frame.message_id, frame.thread_id, frame.run_id);
        break;
      case "stopping":
        if (!frame.invocation_id && !frame.tool_call_id) this.apply({ type: "stopping", run_id: frame.run_id });
        break;
      case "account_changed":
        this.account.set({ tier: frame.tier, roles: frame.roles });
        this.notify("info", `An administrator changed your account: tier ${frame.tier}${frame.roles.includes("admin") ? ", administrator" : ""}.`);
        break;
      case "error":
        this.takeError(frame);
        break;
      case "text_delta":
      case "progress":
      case "agent_typing":
      case "service_status":
        this.apply({ type: "transient", frame });
        break;
      default:
        break;
    }
  }

  private takeError(frame: ErrorFrame): void {
    if (this.outbox.refused(frame)) return;
    if (frame.ref) this.apply({ type: "stopping", run_id: frame.ref, refused: true });
    // The run that was to be stopped has ended by itself: the page shows how.
    if (frame.code !== "already_ended") this.notify("error", frame.message, frame.recovery_suggestions ?? []);
  }

  private readState(): void {
    void this.read("threads", () => this.loadThreads());
    void this.read("broadcasts", async () => this.hold(...(await this.api.broadcasts()).broadcasts));
    void this.read("approvals", async () => this.takeAskedList((await this.api.approvals()).approvals));
    const place = this.place.get();
    if ("thread" in place) this.readMessages(place.thread);
  }

  private readMessages(thread: string): void {
    void this.read(`messages of ${thread}`, () => this.loadMessages(thread));
  }

  private readTheUnread(): void {
    for (const [what, work] of [...this.unread]) void this.read(what, work);
  }

  private readAddress(): void {
    // Another view lies over the conversation, which stays as it is.
    if (viewOf(location.hash).is !== "chat") return;
    const thread = /^#\/t\/([\w:-]+)$/.exec(location.hash)?.[1];
    if (thread) this.open({ thread });
    else if ("thread" in this.place.get()) this.newConversation();
  }

  private hear(target: EventTarget, name: string, work: () => void): void {
    target.addEventListener(name, work);
    this.cleanups.push(() => target.removeEventListener(name, work));
  }
}
