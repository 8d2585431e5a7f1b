import { expect, it } from "vitest";
import { jsonAround, pointerParts, readablePlace, valueAt } from "../../src/chat/pointer.ts";

const envelope = { tool: "t", result: { "a/b": 1, rows: [{ cost_usd: 1.5, model: "x" }, { cost_usd: 2.5, parts: [1, 2] }] } };

it("finds the value a pointer leads to", () => {
  expect(valueAt(envelope, pointerParts("/result/rows/1/cost_usd"))).toBe(2.5);
  expect(valueAt(envelope, pointerParts("/result/a~1b"))).toBe(1);
  expect(valueAt(envelope, pointerParts("/result/rows/7/cost_usd"))).toBeUndefined();
  expect(valueAt(envelope, pointerParts("/result/__proto__"))).toBeUndefined();
});

it("shows the JSON around a place with the place marked", () => {
  expect(jsonAround(envelope, pointerParts("/result/rows/1/cost_usd"))).toEqual([
    { text: "{", marked: false },
    { text: '  "cost_usd": 2.5,', marked: true },
    { text: '  "parts": [ … 2 ],', marked: false },
    { text: "}", marked: false },
  ]);
});

it("shows only the neighbours in a long list", () => {
  const lines = jsonAround({ values: Array.from({ length: 100 }, (_, i) => i) }, ["values", "50"]);

  expect(lines.map((l) => l.text)).toEqual(["[", "  … 48 before", "  48,", "  49,", "  50,", "  51,", "  52,", "  … 47 after", "]"]);
});

it("counts places from one for people", () => {
  expect(readablePlace(pointerParts("/result/rows/3/cost_usd"))).toEqual(["result", "rows", "#4", "cost_usd"]);
});
