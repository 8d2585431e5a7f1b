import { expect, it } from "vitest";
import { Backoff } from "../../src/client/backoff.ts";

it("tries at once, then waits 1 s doubling to 30 s", () => {
  const backoff = new Backoff(() => 1);

  const waits = Array.from({ length: 8 }, () => backoff.next());

  expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

it("spreads clients over the upper half of each wait", () => {
  const soon = new Backoff(() => 0);
  const late = new Backoff(() => 0.999);
  soon.next();
  late.next();

  expect(soon.next()).toBe(500);
  expect(late.next()).toBe(1_000);
});

it("begins anew after a reset, and skips the attempt at once when patience is asked for", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();

  backoff.reset();
  backoff.requirePatience();

  expect(backoff.next()).toBe(1_000);
});
