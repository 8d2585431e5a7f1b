// @vitest-environment jsdom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, it, vi } from "vitest";
import { Chat } from "../../src/chat/context.ts";
import { Composer } from "../../src/chat/composer.tsx";
import { emptyFeed, reduce, Session, type ApexEvent } from "../../src/client/index.ts";
import { Workspace } from "../../src/shell/workspace.ts";
import { MemoryStorage } from "../client/memory-storage.ts";

vi.stubGlobal("matchMedia", () => ({ matches: false }));
const place = document.createElement("div");
document.body.append(place);
afterEach(() => render(null, place));

const began = (run: string, seq: number): ApexEvent => ({
  event_id: `${run}:1`, seq, run_seq: 1, timestamp: "2026-05-01T12:00:00Z", thread_id: "t", run_id: run, agent_name: "supervisor",
  type: "agent_started", task: "Ask", attempt: 1,
});
const ended = (run: string, seq: number): ApexEvent => ({ ...began(run, seq), run_seq: 2, type: "run_cancelled", reason: "Enough." });

it("forgets what was to become of a question once the answer it was chosen for is there", async () => {
  const session = new Session({ refresh: () => Promise.reject(new Error("not needed")), storage: new MemoryStorage() });
  const workspace = new Workspace({ id: "u", email: "ada@example.org", tier: "free", roles: [] }, session, "ws://127.0.0.1:1/ws");
  workspace.place.set({ thread: "t" });
  const choice = () => place.querySelector<HTMLSelectElement>("[data-testid=when-busy]");
  const hear = (event: ApexEvent) => act(() => workspace.feed.update((feed) => reduce(feed, { type: "event", event })));
  workspace.feed.set(emptyFeed);
  await act(() => render(
    <Chat.Provider value={{ workspace, showEvidence: () => undefined, openImport: () => undefined, chooseFiles: () => undefined }}><Composer placeKey="t" /></Chat.Provider>, place));

  await hear(began("r1", 1));
  await act(() => {
    choice()!.value = "interrupt";
    choice()!.dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect(choice()!.value).toBe("interrupt");
  await hear(ended("r1", 2));
  expect(choice()).toBeNull();
  await hear(began("r2", 3));

  expect(choice()!.value).toBe("enqueue");
  workspace.dispose();
});
