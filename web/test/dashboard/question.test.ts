import { expect, it } from "vitest";
import { change, narrowed, queryOf, toggled, widened, type Question } from "../../src/dashboard/question.ts";

const whole: Question = { window: "last_30_days", by: "model", filters: [] };

it("asks for a named window, or for days of which the last is in", () => {
  expect(queryOf(whole)).toBe("by=model&window=last_30_days");
  expect(queryOf({ ...whole, from: "2026-01-01", to: "2026-01-31" })).toBe("by=model&from=2026-01-01T00%3A00%3A00Z&to=2026-02-01T00%3A00%3A00.000Z");
});

it("looks closer by a filter and divides by the next thing, and back again", () => {
  const closer = narrowed(whole, "gpt-4o");
  expect(closer).toEqual({ window: "last_30_days", by: "feature", filters: [{ dimension: "model", value: "gpt-4o" }] });
  expect(queryOf(narrowed(closer, null))).toBe("by=user&window=last_30_days&filter=model%3Agpt-4o&filter=feature%3A");
  expect(widened(closer, "model").filters).toEqual([]);
});

it("counts what is left out, and leaves it out again", () => {
  const all = toggled(toggled(whole, "duplicates"), "own_calls");
  expect(queryOf(all)).toBe("by=model&window=last_30_days&include=duplicates%2Cown_calls");
  expect(queryOf(toggled(toggled(all, "duplicates"), "own_calls"))).toBe(queryOf(whole));
});

it("compares only with something", () => {
  expect(change(150, 100)).toBeCloseTo(0.5);
  expect(change(1, 0)).toBeUndefined();
  expect(change(1, undefined)).toBeUndefined();
});
