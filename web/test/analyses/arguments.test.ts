import { describe, expect, it } from "vitest";
import { argumentsOf, fieldsOf } from "../../src/analyses/arguments.ts";

const schema = {
  properties: {
    window: { oneOf: [{ type: "string" }, { type: "object" }], default: "all", description: "Time span" },
    filters: {
      type: "array",
      items: { type: "object", properties: { dimension: { enum: ["model", "user"] }, operator: { enum: ["equal", "in", "is_missing"] } } },
    },
    group_by: { type: "array", items: { type: "string", enum: ["model", "month"] }, default: ["model"] },
    capacities: { type: "array", items: { type: "number", minimum: 0 } },
    order_by: { type: "string", enum: ["cost", "time"] },
    limit: { type: "integer", minimum: 1, maximum: 500, default: 20 },
    actions: { type: "array", items: { type: "object" } },
    strict: { type: "boolean" },
  },
};
const fields = fieldsOf(schema);

describe("the form of an analysis", () => {
  it("asks for each argument after its kind", () => {
    expect(fields.map((f) => f.kind)).toEqual(["window", "filters", "choices", "list", "choice", "whole", "json", "flag"]);
    expect(fields[5]).toMatchObject({ label: "Limit", min: 1, max: 500, fallback: 20 });
  });

  it("sends only what was filled in", () => {
    expect(argumentsOf(fields, {})).toEqual({ args: {} });
    expect(
      argumentsOf(fields, {
        window: { from: "2026-01-01", to: "2026-01-31" }, group_by: ["month", "model"], capacities: "1, 2.5", limit: "10", strict: true,
        filters: [{ dimension: "model", operator: "in", values: "a, b" }, { dimension: "user", operator: "is_missing", values: "x" }, { dimension: "", operator: "equal", values: "" }],
        actions: '[{"id":"a"}]',
      }),
    ).toEqual({
      args: {
        window: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00.000Z" },
        filters: [{ dimension: "model", operator: "in", values: ["a", "b"] }, { dimension: "user", operator: "is_missing", values: [] }],
        group_by: ["month", "model"], capacities: [1, 2.5], limit: 10, actions: [{ id: "a" }], strict: true,
      },
    });
  });

  it.each([
    [{ limit: "many" }, "limit"],
    [{ limit: "1.5" }, "limit"],
    [{ limit: "501" }, "limit"],
    [{ capacities: "1,x" }, "capacities"],
    [{ actions: "[" }, "actions"],
    [{ window: { from: "2026-01-01", to: "" } }, "window"],
  ])("names the field that cannot be read: %o", (values, field) => {
    expect(argumentsOf(fields, values)).toMatchObject({ field });
  });
});
