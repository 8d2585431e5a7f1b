import { describe, expect, it } from "vitest";
import { exampleOf, lacks, withColumn } from "../../src/usage/mapping.ts";
import { withDiscount } from "../../src/usage/price-settings.tsx";

const columns = { ts_start: "t", input_tokens: "i", output_tokens: "o" };

describe("a mapping", () => {
  it("needs a start, both counts, and a name that can stand in an address", () => {
    expect(lacks({ name: "own", columns: { input_tokens: "i" } })).toBe("Choose a column for start, output tokens.");
    expect(lacks({ name: "a b", columns })).toContain("letters, digits");
    expect(lacks({ name: "own", columns })).toBeUndefined();
  });

  it("takes a column for a field, in place of a constant, and gives it back", () => {
    const taken = withColumn({ name: "own", columns, constants: { provider: "x" } }, "provider", "p");
    expect(taken.columns.provider).toBe("p");
    expect(taken.constants).toEqual({});
    expect(withColumn(taken, "provider", "").columns).toEqual(columns);
  });

  it("shows the first value of a column that has one", () => {
    const preview = { columns: ["a", "b"], sample: [["1", ""], ["2", "x"]], calls: [], rejected: [], assumptions: [] };
    expect([exampleOf(preview, "a"), exampleOf(preview, "b"), exampleOf(preview, "c")]).toEqual(["1", "x", ""]);
  });
});

describe("discounts", () => {
  it("are one for each beginning of a name, the narrower first, and none of nothing", () => {
    const held = [{ model_prefix: "", share: 0.1 }];
    const two = withDiscount(held, { model_prefix: "gpt-", share: 0.2 });
    expect(two.map((d) => d.model_prefix)).toEqual(["gpt-", ""]);
    expect(withDiscount(two, { model_prefix: "gpt-", share: 0 })).toEqual(held);
  });
});
