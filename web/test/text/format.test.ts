import { expect, it } from "vitest";
import { axisTexts, bytes, deadline, duration, fieldLabel, inUnit, isPeriod, unitOf, usd, windowText } from "../../src/text/format.ts";

it("writes money with the digits its size needs", () => {
  expect([0, 1234.5, 0.1, 0.0213, 0.000021].map(usd)).toEqual(["$0.00", "$1,234.50", "$0.10", "$0.0213", "$0.000021"]);
});

it("writes durations as people say them", () => {
  expect([0, 840, 3_210, 48_000, 125_000, 3_720_000].map(duration)).toEqual(["0 ms", "840 ms", "3.2 s", "48 s", "2 min 05 s", "1 h 02 min"]);
});

it("reads units from the names of fields", () => {
  expect(["cost_usd", "share", "priced_share", "p95_ms", "requests", "match_rate"].map(unitOf)).toEqual(["usd", "share", "share", "ms", "count", "share"]);
  expect(fieldLabel("total_cost_usd")).toBe("Total cost");
});

it("writes values in their unit", () => {
  expect(inUnit(0.4241, "share")).toBe("42.4%");
  expect(inUnit(5418, "requests")).toBe("5,418");
  expect(bytes(840_314)).toBe("840 kB");
});

it("gives the texts of an axis equal decimals", () => {
  expect(axisTexts([0, 2.5, 5], "usd")).toEqual(["$0.00", "$2.50", "$5.00"]);
  expect(axisTexts([0, 20, 40], "usd")).toEqual(["$0", "$20", "$40"]);
  expect(axisTexts([0, 500_000, 1_000_000], "tokens")).toEqual(["0", "500K", "1M"]);
});

it("shows the last day of a window that ends at midnight", () => {
  expect(windowText("2024-08-13T00:00:00Z", "2025-08-01T00:00:00Z")).toBe("13 Aug 2024 – 31 Jul 2025");
});

it("knows a period, which must not break at its hyphens, from a name", () => {
  for (const period of ["2024-08", "2024-08-13", "2026-Q1", "2026-04-01T13:00Z"]) expect(isPeriod(period)).toBe(true);
  for (const name of ["claude-3-5", "2024", "gpt-4o-2024-08-06", 2024]) expect(isPeriod(name)).toBe(false);
});

it("names fields without their unit and nothing without a sign", () => {
  expect(["saving_usd_per_month", "cost_usd", "hit_share_of_all"].map(fieldLabel)).toEqual(["Saving per month", "Cost", "Hit share of all"]);
  expect([unitOf("hit_share_of_all"), unitOf("saving_usd_per_month")]).toEqual(["share", "usd"]);
  expect(inUnit(-0, "count")).toBe("0");
});

it("says until when something is open with its time, and the day where it is another", () => {
  const now = new Date(2026, 4, 1, 9, 0).getTime();
  expect(deadline(new Date(2026, 4, 1, 14, 5).toISOString(), now)).toBe("14:05");
  expect(deadline(new Date(2026, 4, 2, 14, 5).toISOString(), now)).toBe("2 May, 14:05");
});
