import type { Uncounted } from "../client/index.ts";

/** What of the log the dashboard looks at. */
export interface Question {
  window: string;
  /** Days, both in; instead of a named window. */
  from?: string;
  to?: string;
  by: string;
  filters: { dimension: string; value: string | null }[];
  /** What otherwise is in no sum. */
  include?: Uncounted[];
}

export const windows: [string, string][] = [
  ["last_hour", "Last hour"],
  ["last_24_hours", "24 hours"],
  ["last_7_days", "7 days"],
  ["last_30_days", "30 days"],
  ["last_90_days", "90 days"],
  ["all", "All"],
];

export const splits = ["model", "feature", "user", "team", "provider", "environment", "service_tier", "status", "source"];

/** As the server takes it. */
export function queryOf(question: Question, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ by: question.by, ...more });
  if (question.from && question.to) {
    const end = new Date(`${question.to}T00:00:00Z`);
    end.setUTCDate(end.getUTCDate() + 1);
    query.set("from", `${question.from}T00:00:00Z`);
    query.set("to", end.toISOString());
  } else query.set("window", question.window);
  for (const filter of question.filters) query.append("filter", `${filter.dimension}:${filter.value ?? ""}`);
  if (question.include?.length) query.set("include", question.include.join(","));
  return query.toString();
}

/** Looking closer: rows of this part alone, divided by the next thing that tells them apart. */
export function narrowed(question: Question, value: string | null): Question {
  const filters = [...question.filters.filter((f) => f.dimension !== question.by), { dimension: question.by, value }];
  const next = splits.find((split) => !filters.some((f) => f.dimension === split)) ?? question.by;
  return { ...question, filters, by: next };
}

export const widened = (question: Question, dimension: string): Question =>
  ({ ...question, filters: question.filters.filter((f) => f.dimension !== dimension) });

/** Counting what was left out, or leaving it out again. */
export function toggled(question: Question, name: Uncounted): Question {
  const include = question.include ?? [];
  return { ...question, include: include.includes(name) ? include.filter((held) => held !== name) : [...include, name] };
}

/** By how much more or less than before; nothing where there was nothing. */
export function change(now: number, before: number | undefined): number | undefined {
  return before === undefined || before === 0 ? undefined : now / before - 1;
}
