import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, Session, type TokenReply } from "../../src/client/index.ts";
import { withLease } from "../../src/client/lock.ts";
import { MemoryStorage } from "./memory-storage.ts";

/** Refresh tokens that work once; a second use ends the session, as the server does it. */
class Accounts {
  spent = new Set<string>();
  calls = 0;
  ended = false;
  away = false;

  issue = (): TokenReply => {
    const n = ++this.calls;
    return {
      access_token: `access-${n}`, refresh_token: `refresh-${n}`, token_type: "Bearer", expires_in: 900,
      user: { id: "u", email: "a@b", tier: "free", roles: [] },
    };
  };

  refresh = async (token: string): Promise<TokenReply> => {
    await Promise.resolve();
    if (this.away) throw new ApiError(0, "unreachable", "away");
    if (this.ended || this.spent.has(token)) {
      this.ended = true;
      throw new ApiError(401, "unauthorized", "dead");
    }
    this.spent.add(token);
    return this.issue();
  };
}

let storage: MemoryStorage;
let accounts: Accounts;
let clock: number;
const open: Session[] = [];

beforeEach(() => {
  // Where there are no locks, as in the Node these tests run on, tabs take turns by a lease in what they share.
  vi.stubGlobal("localStorage", (storage = new MemoryStorage()));
  accounts = new Accounts();
  clock = 0;
});

afterEach(() => {
  for (const session of open.splice(0)) session.dispose();
  vi.unstubAllGlobals();
});

function tab(): Session {
  const session = new Session({ refresh: accounts.refresh, storage, now: () => clock });
  open.push(session);
  return session;
}

it("gives the token it has while it lasts, and a new one after", async () => {
  const session = tab();
  session.signIn(accounts.issue());

  expect(await session.token()).toBe("access-1");
  clock = 899_000;
  expect(await session.token()).toBe("access-2");
});

it("spends each refresh token once, however many tabs ask at the same time", async () => {
  tab().signIn(accounts.issue());
  const tabs = Array.from({ length: 6 }, tab);
  clock = 900_000;

  const tokens = await Promise.all(tabs.flatMap((t) => [t.token(), t.token()]));

  expect(new Set(tokens)).toEqual(new Set(["access-2"]));
  expect(accounts.ended).toBe(false);
  expect(accounts.spent.size).toBe(1);
});

it("renews a token the server no longer takes although it has not run out", async () => {
  const session = tab();
  session.signIn(accounts.issue());

  expect(await session.token("access-1")).toBe("access-2");
  expect(await session.token("access-1")).toBe("access-2");
});

it("takes over what another tab has renewed instead of renewing again", async () => {
  const one = tab();
  one.signIn(accounts.issue());
  const two = tab();
  await one.token("access-1");

  expect(await two.token("access-1")).toBe("access-2");
  expect(accounts.calls).toBe(2);
});

it("signs out when the session is over, and says so", async () => {
  const session = tab();
  session.signIn(accounts.issue());
  const heard: unknown[] = [];
  session.on("changed", (user) => heard.push(user));
  accounts.ended = true;

  await expect(session.token("access-1")).rejects.toMatchObject({ status: 401 });

  expect(heard).toEqual([null]);
  expect(storage.length).toBe(0);
});

it("signs nobody out because the server is away", async () => {
  const session = tab();
  session.signIn(accounts.issue());
  accounts.away = true;

  await expect(session.token("access-1")).rejects.toMatchObject({ status: 0 });

  expect(session.user?.id).toBe("u");
});

it("is still signed in after a reload, and survives rubbish in storage", () => {
  tab().signIn(accounts.issue());
  expect(tab().user?.id).toBe("u");

  storage.setItem("apex.session", "{not json");
  expect(tab().user).toBeNull();
});

it("lets one holder of a lease work at a time", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((done) => setTimeout(done, 5));
    inside--;
  };

  await Promise.all(Array.from({ length: 5 }, () => withLease("test", work, storage)));

  expect(most).toBe(1);
  expect(storage.length).toBe(0);
});
