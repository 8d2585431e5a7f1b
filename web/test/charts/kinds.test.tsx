// @vitest-environment jsdom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, it } from "vitest";
import { ChartView } from "../../src/charts/chart.tsx";
import type { Chart } from "../../src/client/report.ts";

const place = document.createElement("div");
document.body.append(place);
afterEach(() => render(null, place));

const base: Chart = {
  id: "c", kind: "bar", title: "Cost", labels: ["a", "b", "c", "d"], unit: "usd", tool_call_id: "q",
  series: [{ name: "cost", values: [100, 50, -30, 120] }],
};
const show = (chart: Partial<Chart>) => act(() => render(<ChartView chart={{ ...base, ...chart }} />, place));

it.each<[Chart["kind"], Partial<Chart>, string]>([
  ["line", {}, "path.line"],
  ["line", { axis: { positions: [1, 10, 100, 1000], unit: "tokens", title: "size", logarithmic: true } }, "path.line"],
  ["bar", {}, "rect.bar"],
  ["stacked_bar", {}, "rect.bar"],
  ["histogram", {}, "rect.bar"],
  ["scatter", { axis: { positions: [1, 2, 3, 4], unit: "usd", title: "cost" } }, "circle.dot"],
  ["waterfall", {}, "rect.up, rect.down, rect.level"],
  ["heat_map", { series: [{ name: "Monday", values: [1, 2, 0, 4] }] }, ".heat-cell"],
])("draws a %s and gives its values as a table", async (kind, more, marks) => {
  await show({ kind, ...more });
  expect(place.querySelectorAll(marks).length).toBeGreaterThan(0);

  await act(() => [...place.querySelectorAll("button")].find((b) => b.textContent === "Table")!.click());

  expect(place.querySelectorAll("tbody tr")).toHaveLength(4);
  expect(place.textContent).toContain(kind === "heat_map" ? "$4.00" : "$120.00");
});

it("shows an empty cell of a heat map apart from a weak one", async () => {
  await show({ kind: "heat_map", labels: ["00", "01"], series: [{ name: "Monday", values: [0, 1] }, { name: "Tuesday", values: [100, null] }] });

  expect(place.querySelectorAll(".heat-cell.none")).toHaveLength(2);
  const [weak, strong] = [...place.querySelectorAll<HTMLElement>(".heat-cell:not(.none)")].map((c) => Number(c.style.opacity));
  expect(weak).toBeGreaterThan(0);
  expect(weak).toBeLessThan(strong!);
});
