import { expect, it } from "vitest";
import { viewOf } from "../../src/shell/view.ts";

it("reads what an address names, and a conversation from every other", () => {
  expect(viewOf("#/dashboard")).toEqual({ is: "dashboard" });
  expect(viewOf("#/analyses")).toEqual({ is: "analyses" });
  expect(viewOf("#/analyses/cost_breakdown")).toEqual({ is: "analyses", tool: "cost_breakdown" });
  expect(viewOf("#/alerts")).toEqual({ is: "alerts" });
  expect(viewOf("#/t/thread_1")).toEqual({ is: "chat" });
  expect(viewOf("")).toEqual({ is: "chat" });
});
