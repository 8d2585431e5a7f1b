import type { BudgetAmounts, BudgetLimit, BudgetView, LimitView, ManagedUserReply } from "../client/index.ts";
import { count, day, fieldLabel, instant, plural, usd } from "../text/format.ts";

export const budgetLimits: readonly BudgetLimit[] = ["usd_per_day", "usd_per_month", "tokens_per_day", "tokens_per_month"];

const isMoney = (limit: BudgetLimit): boolean => limit.startsWith("usd");

/** In whole tokens, or in dollars as exact as they are charged. */
export const amount = (limit: BudgetLimit, value: number): string => (isMoney(limit) ? usd(value) : count(value));

/** "US dollars today" */
export const budgetName = ({ limit }: Pick<BudgetView, "limit">): string =>
  `${isMoney(limit) ? "US dollars" : "Tokens"} ${limit.endsWith("day") ? "today" : "this month"}`;

/** What became of the rest, and when all of it is there again. */
export function budgetNote({ limit, most, spent, reserved, resets_at }: BudgetView): string {
  const held = reserved > 0 ? `, ${amount(limit, reserved)} set aside for calls under way` : "";
  return `${amount(limit, spent)} of ${amount(limit, most)} spent${held}. New on ${instant(resets_at).slice(0, -3)} UTC.`;
}

interface LimitWords {
  name: string;
  value: string;
  note?: string;
}

const seconds = (n: number): string => (n % 60 === 0 && n >= 120 ? `${count(n / 60)} min` : `${count(n)} s`);

/** A limit in the words of those whom it holds for. */
export function limitWords({ name, most, left, resets_at }: LimitView): LimitWords {
  const free = most === undefined ? "no limit" : left === undefined ? count(most) : `${count(left)} of ${count(most)} left`;
  switch (name) {
    case "messages_per_minute":
      return { name: "Messages", value: most === undefined ? free : `${count(most)} a minute`, ...(left === undefined ? {} : { note: `${count(left)} can go out at this moment.` }) };
    case "messages_per_month":
      return { name: "Messages this month", value: free, ...(resets_at && most !== undefined ? { note: `All of them again on ${day(resets_at)}.` } : {}) };
    case "connections": return { name: "Pages and programs connected", value: free, note: "Each open page, tab or program is one." };
    case "runs_at_once": return { name: "Questions worked on at once", value: free };
    case "runs_queued": return { name: "Questions waiting for their turn", value: free };
    case "run_deadline_seconds": return { name: "Time for one question", value: most === undefined ? free : seconds(most), note: "When it is over, the answer is written from what is there." };
    case "tool_calls_per_run": return { name: "Analyses for one question", value: free };
    case "result_mib_per_run": return { name: "Results kept for one question", value: most === undefined ? free : `${count(most)} MiB` };
    default: return { name: fieldLabel(name), value: free };
  }
}

/** "$5.00 a day, 100,000 tokens a month", or that nothing was set. */
export function settingWords(amounts: BudgetAmounts & { of?: "user" | "organisation" }): string {
  const set = budgetLimits.flatMap((limit) => {
    const value = amounts[limit];
    return value === undefined ? [] : [`${amount(limit, value)}${isMoney(limit) ? "" : " tokens"} a ${limit.endsWith("day") ? "day" : "month"}`];
  });
  if (set.length === 0) return amounts.of === "organisation" ? "no limit of its own" : "as the tier allows";
  return set.join(", ");
}

/** What an account is now, and what that ended or let go on. */
export function changedWords({ user, sessions_ended, runs_stopped, runs_woken }: ManagedUserReply): string {
  const followed = [
    ...(sessions_ended > 0 ? [`${plural(sessions_ended, "log-in")} ended`] : []),
    ...(runs_stopped > 0 ? [`${plural(runs_stopped, "question")} stopped`] : []),
    ...(runs_woken > 0 ? [`${plural(runs_woken, "question")} that waited for a budget ${runs_woken === 1 ? "goes" : "go"} on`] : []),
  ];
  const now = `${user.email}: tier ${user.tier}, role ${user.role}${user.disabled_at === undefined ? "" : ", disabled"}.`;
  return followed.length === 0 ? now : `${now} ${followed.join(", ")}.`;
}
