import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket as ServerSocket } from "ws";
import type { ApexEvent } from "../../src/client/index.ts";

export interface Served {
  socket: ServerSocket;
  protocols: string[];
  frames: Record<string, unknown>[];
}

/** A real WebSocket server on loopback that speaks the wire as far as a test needs, and misbehaves as told. */
export class FeedServer {
  readonly connections: Served[] = [];
  epoch = "epoch-1";
  events: ApexEvent[] = [];
  /** Decides what follows `resume`; the default sends what lies after the cursor. */
  onResume: (served: Served, after: number, attempt: number) => void = (served, after) => this.sendAfter(served, after);
  onFrame: (served: Served, frame: Record<string, unknown>) => void = () => undefined;
  onConnect: (served: Served) => boolean = () => true;
  private readonly server: WebSocketServer;
  private waiters: (() => void)[] = [];

  private constructor(server: WebSocketServer) {
    this.server = server;
    server.on("connection", (socket, request) => this.serve(socket, request.headers["sec-websocket-protocol"] ?? ""));
  }

  static async start(): Promise<FeedServer> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "apex.v1" });
    await new Promise((done) => server.once("listening", done));
    return new FeedServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/ws`;
  }

  get head(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  async stop(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    await new Promise((done) => this.server.close(done));
  }

  send(served: Served, frame: object): void {
    served.socket.send(JSON.stringify(frame));
  }

  sendAfter(served: Served, after: number): void {
    for (const event of this.events) if (event.seq > after) this.send(served, event);
    this.send(served, { type: "caught_up", seq: this.head });
  }

  /** Waits until the condition holds, looking again whenever something arrives. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((done) => this.waiters.push(done));
  }

  private serve(socket: ServerSocket, protocols: string): void {
    const served: Served = { socket, protocols: protocols.split(",").map((p) => p.trim()), frames: [] };
    this.connections.push(served);
    const attempt = this.connections.length;
    this.wake();
    if (!this.onConnect(served)) return;
    this.send(served, {
      type: "connection_established", connection_id: `c${attempt}`, user_id: "u", server_time: new Date().toISOString(),
      epoch: this.epoch, head: this.head,
    });
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Record<string, unknown>;
      served.frames.push(frame);
      if (frame.type === "resume") this.onResume(served, Number(frame.after), attempt);
      this.onFrame(served, frame);
      this.wake();
    });
    socket.on("close", () => this.wake());
  }

  private wake(): void {
    const waiting = this.waiters;
    this.waiters = [];
    for (const go of waiting) go();
  }
}

export function someEvents(n: number, firstSeq = 1): ApexEvent[] {
  return Array.from({ length: n }, (_, i) => ({
    type: "system_recovered", event_id: `u:${firstSeq + i}`, seq: firstSeq + i, timestamp: "2026-11-20T10:00:00.000Z",
    component: "test", message: `event ${firstSeq + i}`,
  }));
}
