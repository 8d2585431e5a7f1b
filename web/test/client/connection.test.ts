import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { Connection, type ApexEvent, type ConnectionOptions, type ConnectionState } from "../../src/client/index.ts";
import { FeedServer, someEvents } from "./feed-server.ts";

let server: FeedServer;
let connections: Connection[] = [];

beforeEach(async () => {
  server = await FeedServer.start();
});

afterEach(async () => {
  for (const connection of connections) connection.stop();
  connections = [];
  await server.stop();
});

const zero = { epoch: "epoch-1", seq: 0 };

function connect(options: Partial<ConnectionOptions> = {}) {
  const connection = new Connection({
    url: server.url,
    token: () => Promise.resolve("head.body.sign"),
    WebSocket: NodeSocket as unknown as typeof WebSocket,
    longestWaitMs: 20,
    cursor: zero,
    ...options,
  });
  connections.push(connection);
  const seqs: number[] = [];
  const states: ConnectionState["is"][] = [];
  const gaps: number[] = [];
  connection.on("event", (e: ApexEvent) => seqs.push(e.seq));
  connection.on("state", (s) => states.push(s.is));
  connection.on("gap", (g) => gaps.push(g.earliest));
  connection.start();
  return { connection, seqs, states, gaps };
}

const becomes = (connection: Connection, is: ConnectionState["is"]) =>
  new Promise<void>((done) => {
    if (connection.current.is === is) return done();
    const off = connection.on("state", (s) => {
      if (s.is !== is) return;
      off();
      done();
    });
  });

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe("Connection", () => {
  it("says how much is still to come while it catches up", async () => {
    const { connection } = connect();
    const pendings: (number | undefined)[] = [];
    connection.on("state", (s) => s.is === "catching_up" && pendings.push(s.pending));
    server.onResume = (served) => {
      server.send(served, { type: "backlog", pending: 1_234, oldest_ms: 60_000 });
      server.send(served, { type: "caught_up", seq: 0 });
    };
    await becomes(connection, "live");

    expect(pendings).toEqual([undefined, 1_234]);
  });

  it("offers the protocol and the token as subprotocols, and resumes after its cursor", async () => {
    server.events = someEvents(5);

    const { connection, seqs } = connect({ cursor: { epoch: "epoch-1", seq: 2 } });
    await becomes(connection, "live");

    expect(server.connections[0]!.protocols).toEqual(["apex.v1", "jwt.head.body.sign"]);
    expect(server.connections[0]!.frames[0]).toEqual({ type: "resume", after: 2, epoch: "epoch-1" });
    expect(seqs).toEqual([3, 4, 5]);
  });

  it("starts at the head when it has no cursor", async () => {
    server.events = someEvents(5);

    const connection = new Connection({
      url: server.url, token: () => Promise.resolve("t"), WebSocket: NodeSocket as unknown as typeof WebSocket,
    });
    connections.push(connection);
    connection.start();
    await becomes(connection, "live");

    expect(connection.cursor).toEqual({ epoch: "epoch-1", seq: 5 });
  });

  it("delivers every event once and in order when the socket is cut at each message boundary in turn", async () => {
    server.events = someEvents(30);
    let sent = 0;
    server.onResume = (served, after, attempt) => {
      // The nth connection survives n events, sends some of them twice, and dies without a word.
      for (const event of server.events.filter((e) => e.seq > after - 2).slice(0, attempt + 2)) {
        server.send(served, event);
        sent++;
      }
      if (after + attempt >= 30) server.send(served, { type: "caught_up", seq: 30 });
      else setImmediate(() => served.socket.terminate());
    };

    const { connection, seqs } = connect();
    await becomes(connection, "live");

    expect(seqs).toEqual(upTo(30));
    expect(sent).toBeGreaterThan(30);
    expect(server.connections.length).toBeGreaterThan(4);
  });

  for (let boundary = 0; boundary <= 12; boundary++) {
    it(`loses nothing when the socket is cut after ${boundary} of 12 events`, async () => {
      server.events = someEvents(12);
      server.onResume = (served, after, attempt) => {
        if (attempt > 1) return server.sendAfter(served, after);
        for (const event of server.events.slice(0, boundary)) server.send(served, event);
        served.socket.close(1011);
      };

      const { connection, seqs } = connect();
      await becomes(connection, "live");

      expect(seqs).toEqual(upTo(12));
      expect(server.connections[1]!.frames[0]).toMatchObject({ type: "resume", after: boundary });
    });
  }

  it("begins again from what it holds when an event is missing", async () => {
    server.events = someEvents(6);
    server.onResume = (served, after, attempt) => {
      if (attempt > 1) return server.sendAfter(served, after);
      for (const event of server.events) if (event.seq !== 4) server.send(served, event);
    };

    const { connection, seqs } = connect();
    await becomes(connection, "live");

    expect(seqs).toEqual(upTo(6));
    expect(server.connections[1]!.frames[0]).toMatchObject({ after: 3 });
  });

  it("reads again from what it holds when a frame cannot be read", async () => {
    server.events = someEvents(4);
    server.onResume = (served, after, attempt) => {
      if (attempt > 1) return server.sendAfter(served, after);
      server.send(served, server.events[0]!);
      served.socket.send('{"type":"system_rec');
    };

    const { connection, seqs } = connect();
    await becomes(connection, "live");

    expect(seqs).toEqual(upTo(4));
  });

  it("tells of a gap and reads on behind it", async () => {
    server.events = someEvents(3, 41);
    server.onResume = (served) => {
      server.send(served, { type: "gap", earliest: 40, snapshot: "/api/threads" });
      server.sendAfter(served, 40);
    };

    const { connection, seqs, gaps } = connect({ cursor: { epoch: "epoch-1", seq: 7 } });
    await becomes(connection, "live");

    expect(gaps).toEqual([40]);
    expect(seqs).toEqual([41, 42, 43]);
  });

  it("takes a new epoch as a gap and starts at its head, for an application that reads its state anew", async () => {
    server.events = someEvents(4);
    const { connection, seqs, gaps } = connect({ lostPlace: "head" });
    await becomes(connection, "live");

    server.epoch = "epoch-2";
    server.events = someEvents(2);
    server.connections[0]!.socket.terminate();
    await server.until(() => server.connections.length === 2 && server.connections[1]!.frames.length > 0);

    expect(server.connections[1]!.frames[0]).toEqual({ type: "resume", after: 2, epoch: "epoch-2" });
    expect(gaps).toEqual([2]);
    expect(seqs).toEqual([1, 2, 3, 4]);
  });

  it("acknowledges what it has processed", async () => {
    server.events = someEvents(9);

    connect();
    await server.until(() => server.connections[0]?.frames.some((f) => f.type === "ack") ?? false);

    expect(server.connections[0]!.frames.find((f) => f.type === "ack")).toEqual({ type: "ack", seq: 9 });
  });

  it("leaves a peer that has gone silent and finds its events on a new socket", async () => {
    server.events = someEvents(2);
    server.onResume = (served, after, attempt) => {
      // The first connection is half-open: it has said all it will ever say, and never answers a ping.
      server.sendAfter(served, after);
      if (attempt === 1) server.events = someEvents(5);
    };

    const { connection, seqs } = connect({ quietMs: 30, pongMs: 30 });
    await server.until(() => server.connections.length === 2);
    await becomes(connection, "live");
    await server.until(() => server.connections[1]!.frames.length > 0);

    expect(server.connections[0]!.frames.at(-1)).toEqual({ type: "ping" });
    expect(seqs).toEqual(upTo(5));
  });

  it("keeps a silent connection whose peer answers pings", async () => {
    let pings = 0;
    server.onFrame = (served, frame) => {
      if (frame.type !== "ping") return;
      pings++;
      server.send(served, { type: "pong", server_time: new Date().toISOString() });
    };

    connect({ quietMs: 20, pongMs: 500 });
    await server.until(() => pings >= 3);

    expect(server.connections.length).toBe(1);
  });

  it("moves within the time a goaway gives", async () => {
    server.events = someEvents(3);
    const { connection, seqs } = connect();
    await becomes(connection, "live");

    server.send(server.connections[0]!, { type: "goaway", after_ms: 40, reason: "restart" });
    await server.until(() => server.connections.length === 2);
    server.events = someEvents(5);
    await becomes(connection, "live");
    await server.until(() => server.connections[1]!.frames.some((f) => f.type === "resume"));

    expect(server.connections[1]!.frames[0]).toMatchObject({ after: 3 });
    expect(seqs.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it("waits as long as a goaway asked when the server closes at once", async () => {
    const { connection, states } = connect();
    await becomes(connection, "live");
    const began = Date.now();

    server.send(server.connections[0]!, { type: "goaway", after_ms: 60, reason: "restart" });
    server.connections[0]!.socket.close(1001, "restart");
    await server.until(() => server.connections.length === 2);

    expect(Date.now() - began).toBeGreaterThanOrEqual(55);
    expect(states).toContain("waiting");
  });

  it("asks for a new token after 4401 and comes back with it", async () => {
    const asked: (string | undefined)[] = [];
    server.onResume = (served, after, attempt) => {
      if (attempt === 1) served.socket.close(4401, "expired");
      else server.sendAfter(served, after);
    };

    const { connection } = connect({
      token: (rejected) => {
        asked.push(rejected);
        return Promise.resolve(rejected === undefined ? "old" : "new");
      },
    });
    await becomes(connection, "live");

    expect(asked).toEqual([undefined, "old"]);
    expect(server.connections[1]!.protocols).toContain("jwt.new");
  });

  it("waits between attempts when every token is refused", async () => {
    server.onResume = (served) => served.socket.close(4401, "expired");

    const { states } = connect({ longestWaitMs: 10 });
    await server.until(() => server.connections.length >= 5);

    expect(states.filter((s) => s === "waiting").length).toBeGreaterThanOrEqual(3);
  });

  it("comes back with its cursor after being too slow", async () => {
    server.events = someEvents(8);
    server.onResume = (served, after, attempt) => {
      if (attempt > 1) return server.sendAfter(served, after);
      for (const event of server.events.slice(0, 5)) server.send(served, event);
      served.socket.close(4408, "too slow");
    };

    const { connection, seqs } = connect();
    await becomes(connection, "live");

    expect(server.connections[1]!.frames[0]).toMatchObject({ after: 5 });
    expect(seqs).toEqual(upTo(8));
  });

  it("comes back after being replaced, and the third time stays away until it is wanted again", async () => {
    const { connection } = connect();

    for (let time = 0; time < 3; time++) {
      await becomes(connection, "live");
      server.connections[time]!.socket.close(4409, "replaced");
      if (time < 2) await becomes(connection, "connecting");
    }
    await becomes(connection, "replaced");
    expect(server.connections.length).toBe(3);
    connection.retryNow();
    await becomes(connection, "live");

    expect(server.connections.length).toBe(4);
  });

  it("hands a renewed token to the open connection when the server asks", async () => {
    server.onResume = (served, after) => {
      server.sendAfter(served, after);
      server.send(served, { type: "auth_expiring", expires_at: "2026-11-20T10:00:00.000Z" });
    };

    connect({ token: (rejected) => Promise.resolve(rejected === undefined ? "first" : "second") });
    await server.until(() => server.connections[0]?.frames.some((f) => f.type === "auth_refresh") ?? false);

    expect(server.connections[0]!.frames.find((f) => f.type === "auth_refresh")).toEqual({ type: "auth_refresh", token: "second" });
  });

  it("looks over HTTP why an upgrade was refused", async () => {
    let probes = 0;
    server.onConnect = (served) => {
      served.socket.terminate();
      return false;
    };

    connect({ probe: () => (probes++, Promise.resolve()) });
    await server.until(() => server.connections.length >= 3);

    expect(probes).toBeGreaterThanOrEqual(2);
  });

  it("says nothing after it was stopped", async () => {
    server.events = someEvents(2);
    const { connection, seqs } = connect();
    await becomes(connection, "live");

    connection.stop();
    await server.until(() => server.connections[0]!.socket.readyState === 3);

    expect(connection.send({ type: "ping" })).toBe(false);
    expect(server.connections.length).toBe(1);
    expect(seqs).toEqual([1, 2]);
  });
});
