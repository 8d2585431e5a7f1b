import { expect, it } from "vitest";
import { extent, labelStep, linePath, ticks } from "../../src/charts/scale.ts";

it("chooses round values that hold all", () => {
  expect(ticks(0, 53)).toEqual([0, 20, 40, 60]);
  expect(ticks(0, 11.9)).toEqual([0, 2.5, 5, 7.5, 10, 12.5]);
  expect(ticks(0, 0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticks(-4, 6)).toEqual([-4, -2, 0, 2, 4, 6]);
  expect(ticks(0, 0)).toHaveLength(6);
});

it("stacks what belongs on one another", () => {
  const series = [{ values: [1, 5, null] }, { values: [2, 4, 3] }];

  expect(extent(series, false)).toEqual([0, 5]);
  expect(extent(series, true)).toEqual([0, 9]);
});

it("breaks a line where a value is missing", () => {
  expect(linePath([1, 2, null, 3], (i) => i, (v) => v)).toBe("M0.0 1.0L1.0 2.0M3.0 3.0");
});

it("writes as many labels as there is room for", () => {
  expect(labelStep(["Jan", "Feb"], 100)).toBe(1);
  expect(labelStep(["a rather long name"], 60)).toBe(3);
});
