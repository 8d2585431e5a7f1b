import { describe, expect, it } from "vitest";
import { budgetName, budgetNote, changedWords, limitWords, settingWords } from "../../src/limits/limit-words.ts";

describe("limits in words", () => {
  it("says how many messages may go out now and over time", () => {
    expect(limitWords({ name: "messages_per_minute", most: 50, left: 10 })).toEqual({
      name: "Messages", value: "50 a minute", note: "10 can go out at this moment.",
    });
  });

  it("says what is left of the month, or that there is no limit", () => {
    expect(limitWords({ name: "messages_per_month", most: 1_000, left: 998, resets_at: "2026-12-01T00:00:00.000Z" })).toEqual({
      name: "Messages this month", value: "998 of 1,000 left", note: "All of them again on 1 Dec 2026.",
    });
    expect(limitWords({ name: "messages_per_month" }).value).toBe("no limit");
  });

  it("names a limit of tomorrow as the server does", () => {
    expect(limitWords({ name: "cups_of_tea", most: 3 })).toEqual({ name: "Cups of tea", value: "3" });
  });

  it("says of a budget what is spent, set aside, and when it is new", () => {
    const budget = { of: "user", limit: "usd_per_day", most: 1, spent: 0.25, reserved: 0.1, left: 0.65, resets_at: "2026-11-22T00:00:00.000Z" } as const;

    expect(budgetName(budget)).toBe("US dollars today");
    expect(budgetNote(budget)).toBe("$0.25 of $1.00 spent, $0.10 set aside for calls under way. New on 22 Nov 2026 00:00 UTC.");
  });

  it("says what an account is now, and what that ended or let go on", () => {
    const user = { id: "u1", email: "ada@example.com", tier: "mid", role: "user", organisation_id: "org", created_at: "2026-11-22T00:00:00.000Z" } as const;

    expect(changedWords({ user, sessions_ended: 0, runs_stopped: 0, runs_woken: 1 })).toBe(
      "ada@example.com: tier mid, role user. 1 question that waited for a budget goes on.",
    );
    expect(changedWords({ user: { ...user, disabled_at: "2026-11-22T00:00:00.000Z" }, sessions_ended: 2, runs_stopped: 1, runs_woken: 0 })).toBe(
      "ada@example.com: tier mid, role user, disabled. 2 log-ins ended, 1 question stopped.",
    );
  });

  it("says what was set, and when nothing was", () => {
    expect(settingWords({ usd_per_day: 5, tokens_per_month: 100_000 })).toBe("$5.00 a day, 100,000 tokens a month");
    expect(settingWords({})).toBe("as the tier allows");
    expect(settingWords({ of: "organisation" })).toBe("no limit of its own");
  });
});
