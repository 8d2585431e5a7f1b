import { expect, it } from "vitest";
import { powers } from "../../src/charts/scatter.tsx";
import { bottomOf, steps } from "../../src/charts/waterfall.ts";

it("leads from the first level over the changes to the last level", () => {
  expect(steps([100, 50, -30, 120])).toEqual([
    { from: 0, to: 100, level: true },
    { from: 100, to: 150, level: false },
    { from: 150, to: 120, level: false },
    { from: 0, to: 120, level: true },
  ]);
});

it("spans a logarithmic axis by whole powers of ten", () => {
  expect(powers(3, 450)).toEqual([1, 10, 100, 1000]);
  expect(powers(10, 10)).toEqual([10, 100]);
});

it("begins at zero unless the changes would be hairs beside the levels", () => {
  expect(bottomOf([100, 50, -30, 120])).toBe(0);
  expect(bottomOf([934, -36, -4, 894])).toBe(874);
  expect(bottomOf([10, -30, -20])).toBe(-20);
});
