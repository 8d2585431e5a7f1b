import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket as NodeSocket, WebSocketServer, type WebSocket as ServerSocket } from "ws";
import { Connection, Outbox, type ErrorFrame, type ServerFrame } from "../../src/client/index.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { someEvents } from "./feed-server.ts";

type Frame = Record<string, unknown>;

/** A step of the server's part; see `about` in the file of the cases. */
interface Step {
  established?: { epoch: string; head: number };
  events?: number[];
  frame?: Frame;
  text?: string;
  expect?: Frame;
  as?: string;
  same?: string;
  none?: string;
  seen?: number;
  cut?: boolean;
  close?: number;
}

interface Case {
  name: string;
  cursor: { epoch: string; seq: number } | null;
  send?: string[];
  connections: Step[][];
  sees: number[];
  gaps?: number[];
  accepted?: string[];
  refused?: string[];
  replaced?: number;
}

const { cases } = JSON.parse(readFileSync(new URL("../../../tests/client-cases.json", import.meta.url), "utf8")) as { cases: Case[] };
const patienceMs = 15_000;

/** Frames of one connection in the order of their coming, each taken once. */
class Heard {
  readonly all: Frame[] = [];
  private next = 0;
  private wake = () => undefined as void;

  take(frame: Frame): void {
    this.all.push(frame);
    this.wake();
  }

  /** The next frame of that type; others before it (a ping, an ack of less) are passed over. */
  async of(expected: Frame): Promise<Frame> {
    for (;;) {
      while (this.next < this.all.length) {
        const frame = this.all[this.next++]!;
        const less = frame.type === "ack" && Number(frame.seq) < Number(expected.seq);
        if (frame.type === expected.type && !less) return frame;
      }
      await new Promise<void>((done) => (this.wake = done));
    }
  }
}

async function play(script: Case, server: WebSocketServer, haveSeen: (count: number) => Promise<void>): Promise<void> {
  const kept = new Map<string, Frame>();
  for (const [index, steps] of script.connections.entries()) {
    const socket = await new Promise<ServerSocket>((done) => server.once("connection", done));
    const heard = new Heard();
    let lastMessage: unknown;
    socket.on("message", (data) => heard.take(JSON.parse(String(data)) as Frame));
    for (const step of steps) {
      if (step.established) {
        socket.send(JSON.stringify({ type: "connection_established", connection_id: `c${index}`, user_id: "u", server_time: new Date().toISOString(), ...step.established }));
      }
      for (const seq of step.events ?? []) socket.send(JSON.stringify(someEvents(1, seq)[0]));
      if (step.frame) socket.send(JSON.stringify(step.frame).replace("$message_id", String(lastMessage)));
      if (step.text) socket.send(step.text);
      if (step.expect) {
        const frame = await heard.of(step.expect);
        expect(frame).toMatchObject(step.expect);
        if (frame.type === "user_message") lastMessage = frame.message_id;
        if (step.as) kept.set(step.as, frame);
        if (step.same) expect(frame).toEqual(kept.get(step.same));
      }
      if (step.seen) await haveSeen(step.seen);
      if (step.none) expect(heard.all.map((f) => f.type)).not.toContain(step.none);
      if (step.close) socket.close(step.close);
      if (step.cut) socket.terminate();
    }
  }
}

describe("the cases every client keeps", () => {
  let clean: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const one of clean.reverse()) await one();
    clean = [];
  });

  it.each(cases.map((one) => [one.name, one] as const))("%s", async (_, script) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "apex.v1" });
    await new Promise((done) => server.once("listening", done));
    clean.push(() => new Promise<void>((done) => {
      for (const socket of server.clients) socket.terminate();
      server.close(() => done());
    }));
    const sees: number[] = [], gaps: number[] = [], accepted: string[] = [], refused: string[] = [];
    let look = () => undefined as void;
    const haveSeen = async (count: number): Promise<void> => {
      while (sees.length < count) await new Promise<void>((done) => (look = done));
    };
    const connection = new Connection({
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
      token: (rejected) => Promise.resolve(rejected ? "renewed" : "first"),
      WebSocket: NodeSocket as unknown as typeof WebSocket,
      longestWaitMs: 20,
      ...(script.cursor ? { cursor: script.cursor } : {}),
    });
    const outbox = new Outbox({ owner: script.name, send: (frame) => connection.send(frame), storage: new MemoryStorage() });
    clean.push(() => outbox.dispose(), () => connection.stop());
    connection.on("event", (event) => (sees.push(event.seq), look()));
    connection.on("gap", ({ earliest }) => gaps.push(earliest));
    let replaced = 0;
    connection.on("state", (state) => {
      if (state.is === "live") outbox.flush();
      if (state.is === "replaced") {
        replaced++;
        connection.retryNow();
      }
    });
    connection.on("frame", (frame: ServerFrame) => {
      if (frame.type === "message_accepted") outbox.accepted(frame.message_id, frame.thread_id, frame.run_id);
      if (frame.type === "error") outbox.refused(frame as ErrorFrame);
    });
    outbox.on("accepted", ({ run_id }) => accepted.push(run_id));
    outbox.on("changed", (items) => refused.splice(0, refused.length, ...items.flatMap((item) => (item.refused ? [item.refused.code] : []))));

    const playing = play(script, server, haveSeen);
    for (const content of script.send ?? []) outbox.add(content, { thread_id: "thread_1" });
    connection.start();
    await Promise.race([playing, new Promise((_, fail) => setTimeout(() => fail(new Error(`It stopped where the application saw ${sees.join()}.`)), patienceMs))]);
    await haveSeen(script.sees.length);

    expect({ sees, gaps, accepted, refused, replaced }).toEqual({
      sees: script.sees, gaps: script.gaps ?? [], accepted: script.accepted ?? [], refused: script.refused ?? [], replaced: script.replaced ?? 0,
    });
  });
});
