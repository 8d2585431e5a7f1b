import { Backoff } from "./backoff.ts";
import { Emitter } from "./emitter.ts";
import { newId } from "./ids.ts";
import { CloseCode, type ApexEvent, type ConnectionEstablished, type ServerFrame } from "./protocol.ts";

export type ConnectionState =
  | { is: "stopped" }
  | { is: "connecting" }
  /** Connected, and reading what happened meanwhile; `pending` events of it where that is much. */
  | { is: "catching_up"; pending?: number }
  | { is: "live" }
  /** `at` is when the next attempt starts, in ms since 1970. */
  | { is: "waiting"; at: number }
  /** Another program of this device's name took its place time and again; `retryNow` takes it back. */
  | { is: "replaced" };

/** Where a reader stands: the last event it has, in the feed of that epoch. */
export interface Cursor {
  epoch: string;
  seq: number;
}

export interface ConnectionOptions {
  url: string;
  /** Gives a token to connect with; `rejected` is one the server no longer takes. */
  token: (rejected?: string) => Promise<string>;
  /** Asks over HTTP whether the token still holds: a browser hides why an upgrade was refused. */
  probe?: () => Promise<void>;
  cursor?: Cursor;
  /**
   * What to read where the server no longer has what follows the cursor, after `gap` was told: "tail", everything it still has; or "head",
   * only what happens from now on, for an application that reads its state anew over HTTP. Default "tail".
   */
  lostPlace?: "tail" | "head";
  WebSocket?: typeof WebSocket;
  random?: () => number;
  /** Silence after which the connection is tested with a ping; default 30 s. */
  quietMs?: number;
  /** How long the answer to that ping may take; default 8 s. */
  pongMs?: number;
  /** Largest wait between two attempts; default 30 s. */
  longestWaitMs?: number;
  /** Longest time to `connection_established`; default 15 s. */
  openMs?: number;
}

type Events = {
  state: ConnectionState;
  established: ConnectionEstablished & { resumed: boolean };
  event: ApexEvent;
  frame: ServerFrame;
  /** Events up to `earliest` are lost to this reader; state must be read anew. */
  gap: { earliest: number };
};

function parseFrame(data: unknown): ServerFrame | ApexEvent | null {
  try {
    const frame = JSON.parse(String(data)) as ServerFrame | ApexEvent | null;
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}

const ackEveryMs = 1_000;
const ackEveryEvents = 200;
const mostLostPlaces = 3;
const lostPlacesWithinMs = 60_000;

/**
 * One user's feed over a WebSocket that comes back by itself. Each event is emitted exactly once and in order of `seq`:
 * doubles are dropped, and a hole makes the connection start again from the last event it has.
 */
export class Connection extends Emitter<Events> {
  private socket: WebSocket | null = null;
  private state: ConnectionState = { is: "stopped" };
  private position: Cursor | null;
  private acked = 0;
  private usedToken: string | undefined;
  private rejected: string | undefined;
  private jumpTo: number | null = null;
  private epoch = "";
  private generation = 0;
  /** When a server that is going away wants this client to come back, in ms since 1970; 0 when it said nothing. */
  private moveAt = 0;
  /** Tells the server that a new socket takes the place of this one's last, which may hang half-open at its end. */
  private readonly device = newId("dev");
  /** When the server gave this connection's place to another, of late. */
  private lostPlaces: number[] = [];
  private readonly backoff: Backoff;
  private readonly timers = new Map<"retry" | "quiet" | "pong" | "ack" | "open" | "move", ReturnType<typeof setTimeout>>();

  constructor(private readonly options: ConnectionOptions) {
    super();
    this.position = options.cursor ?? null;
    this.backoff = new Backoff(options.random, 1_000, options.longestWaitMs);
  }

  get current(): ConnectionState {
    return this.state;
  }

  get cursor(): Cursor | null {
    return this.position;
  }

  start(): void {
    if (this.state.is === "stopped") this.connect();
  }

  stop(): void {
    this.drop(CloseCode.normal);
    this.become({ is: "stopped" });
  }

  /** Tries at once, whatever wait is running: the user asked, or the network came back. */
  retryNow(): void {
    if (this.state.is === "waiting" || this.state.is === "replaced") {
      this.backoff.reset();
      this.lostPlaces = [];
      this.connect();
    } else if (this.state.is !== "stopped") {
      this.testLife(Math.min(3_000, this.options.pongMs ?? 8_000));
    }
  }

  /** False when there is no open connection; whatever must not be lost belongs in the outbox. */
  send(frame: Record<string, unknown>): boolean {
    if (this.socket?.readyState !== 1 || (this.state.is !== "live" && this.state.is !== "catching_up")) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Hands a renewed token to the running connection. */
  refreshAuth(token: string): void {
    this.usedToken = token;
    this.send({ type: "auth_refresh", token });
  }

  private connect(): void {
    this.drop();
    this.become({ is: "connecting" });
    const generation = this.generation;
    this.options.token(this.rejected).then(
      (token) => {
        this.rejected = undefined;
        if (generation === this.generation) this.open(token);
      },
      // A session that is over was announced by whoever keeps it; until someone stops us we go on trying.
      () => generation === this.generation && this.wait(),
    );
  }

  private open(token: string): void {
    this.usedToken = token;
    const socket = new (this.options.WebSocket ?? WebSocket)(`${this.options.url}?device=${this.device}`, ["apex.v1", `jwt.${token}`]);
    this.socket = socket;
    let established = false;
    this.after("open", this.options.openMs ?? 15_000, () => this.lost(established));
    socket.onmessage = (e: MessageEvent) => {
      if (socket !== this.socket) return;
      this.heard();
      const frame = parseFrame(e.data);
      // What cannot be read cannot be skipped either: it may have been an event.
      if (!frame) return this.lost(established);
      if (frame.type === "connection_established") established = true;
      this.receive(frame);
    };
    socket.onclose = (e: CloseEvent) => socket === this.socket && this.closed(e.code, established);
    socket.onerror = () => {
      // A close event with the same news follows every error.
    };
  }

  private receive(frame: ServerFrame | ApexEvent): void {
    if ("seq" in frame && frame.type !== "caught_up") return this.take(frame);
    switch (frame.type) {
      case "connection_established":
        this.establish(frame);
        break;
      case "caught_up":
        this.backoff.reset();
        this.acknowledge();
        this.become({ is: "live" });
        break;
      case "gap":
        // The next event may be any from here on: what lies before is gone, and the application reads state instead.
        this.jumpTo = frame.earliest;
        this.place(frame.earliest - 1);
        this.emit("gap", { earliest: frame.earliest });
        break;
      case "backlog":
        if (this.state.is === "catching_up") this.become({ is: "catching_up", pending: frame.pending });
        break;
      case "goaway":
        this.moveAt = Date.now() + frame.after_ms;
        this.after("move", frame.after_ms, () => this.connect());
        break;
      case "auth_expiring":
        this.options.token(this.usedToken).then(
          (token) => this.refreshAuth(token),
          () => undefined, // The server closes with 4401 when nothing came, and the ordinary way back begins.
        );
        break;
      default:
        break;
    }
    this.emit("frame", frame as ServerFrame);
  }

  private establish(frame: ConnectionEstablished): void {
    clearTimeout(this.timers.get("open"));
    const resumed = this.position?.epoch === frame.epoch && this.position.seq <= frame.head;
    this.epoch = frame.epoch;
    if (this.position === null) this.place(frame.head);
    else if (!resumed && this.options.lostPlace === "head") {
      this.place(frame.head);
      this.emit("gap", { earliest: frame.head });
    }
    this.become({ is: "catching_up" });
    this.emit("established", { ...frame, resumed });
    // A place that means nothing there any more is for the server to judge: it answers with the gap and the tail.
    this.send({ type: "resume", after: this.position!.seq, epoch: this.position!.epoch });
  }

  private place(seq: number): void {
    this.position = { epoch: this.epoch, seq };
    this.acked = seq;
  }

  private take(event: ApexEvent): void {
    const position = this.position;
    if (!position) return;
    if (event.seq <= position.seq) return;
    // Who asked for all that is kept (0) begins where that begins; everybody else is told of a gap.
    if (position.seq > 0 && event.seq > position.seq + 1 && !(this.jumpTo !== null && event.seq >= this.jumpTo)) {
      // Something between is missing. The feed has it: begin again from what we hold.
      this.backoff.requirePatience();
      this.closed(1006, true);
      return;
    }
    this.jumpTo = null;
    this.position = { epoch: position.epoch, seq: event.seq };
    this.emit("event", event);
    if (event.seq - this.acked >= ackEveryEvents) this.acknowledge();
    else if (!this.timers.has("ack")) this.after("ack", ackEveryMs, () => this.acknowledge());
  }

  private acknowledge(): void {
    clearTimeout(this.timers.get("ack"));
    this.timers.delete("ack");
    const seq = this.position?.seq ?? 0;
    if (seq > this.acked && this.send({ type: "ack", seq })) this.acked = seq;
  }

  private closed(code: number, established: boolean): void {
    if (code === CloseCode.replaced && this.lostOnePlaceTooMany()) {
      this.drop();
      return this.become({ is: "replaced" });
    }
    if (code === CloseCode.expired) this.rejected = this.usedToken;
    // A refusal that would only repeat itself at once.
    if (code === CloseCode.rateLimited || code === CloseCode.policy || code === CloseCode.replaced) this.backoff.requirePatience();
    this.lost(established);
  }

  /**
   * Now and then what took the place is a late attempt of our own, which reached the server after a newer one; time and again it is
   * another program of the same name, and to come back each time would only hand the place to and fro.
   */
  private lostOnePlaceTooMany(): boolean {
    const now = Date.now();
    this.lostPlaces = [...this.lostPlaces.filter((at) => now - at <= lostPlacesWithinMs), now];
    return this.lostPlaces.length >= mostLostPlaces;
  }

  private lost(established: boolean): void {
    const probe = established ? undefined : this.options.probe;
    this.wait();
    // Refused before the upgrade, and the browser does not say why: an expired session must not look like a bad network.
    probe?.().catch(() => undefined);
  }

  private wait(): void {
    this.drop();
    // A server that goes away spreads its clients over the time it gave each, also where it closes before that is over.
    const wait = Math.max(this.backoff.next(), this.moveAt - Date.now(), 0);
    this.moveAt = 0;
    if (wait === 0) return this.connect();
    this.become({ is: "waiting", at: Date.now() + wait });
    this.after("retry", wait, () => this.connect());
  }

  /** Anything from the server proves the connection alive; silence is tested. */
  private heard(): void {
    clearTimeout(this.timers.get("pong"));
    this.timers.delete("pong");
    this.after("quiet", this.options.quietMs ?? 30_000, () => this.testLife(this.options.pongMs ?? 8_000));
  }

  private testLife(withinMs: number): void {
    if (this.timers.has("pong") || !this.send({ type: "ping" })) return;
    this.after("pong", withinMs, () => this.lost(true));
  }

  private drop(code?: number): void {
    this.generation++;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.jumpTo = null;
    const socket = this.socket;
    this.socket = null;
    // Not waited for: a half-open peer would never answer the close.
    socket?.close(...(code === undefined ? [] : [code]));
  }

  private after(name: Parameters<typeof this.timers.get>[0], ms: number, work: () => void): void {
    clearTimeout(this.timers.get(name));
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name);
        work();
      }, ms),
    );
  }

  private become(state: ConnectionState): void {
    if (state.is === this.state.is && state.is !== "waiting" && !("pending" in state)) return;
    this.state = state;
    this.emit("state", state);
  }
}
