import { expect, it, vi } from "vitest";
import { follow } from "../../src/dashboard/live-log.ts";

it("reads again once per revision, says when the server is away, and stops for good", async () => {
  vi.useFakeTimers();
  let known = 1;
  const answers = [{ revision: 1 }, { revision: 2 }, new Error("away"), { revision: 3 }];
  const growth = vi.fn(() => {
    const answer = answers.shift();
    if (answer === undefined) return new Promise<never>(() => undefined);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const live: boolean[] = [];
  const news = vi.fn(async () => { known++; });

  const stop = follow({ growth }, () => known, news, (is) => live.push(is));
  await vi.advanceTimersByTimeAsync(10_000);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(news).toHaveBeenCalledTimes(2);
  expect(live).toEqual([true, true, false, true]);
  expect(growth.mock.calls.map(([after]: unknown[]) => after)).toEqual([1, 1, 2, 2, 3]);
  vi.useRealTimers();
});
