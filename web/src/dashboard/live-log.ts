import { ApiError, type Api } from "../client/index.ts";

const awayMs = 5_000;
const gentleMs = 1_000;

/**
 * Calls back whenever the usage log has other rows or costs than at the revision last read: the server answers a waiting call as soon
 * as there is news, so nothing is asked in vain. While it is away, every few seconds.
 */
export function follow(api: Pick<Api, "growth">, known: () => number, news: () => Promise<void>, report: (live: boolean) => void): () => void {
  let stopped = false;
  const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
  const loop = async () => {
    while (!stopped) {
      try {
        const { revision } = await api.growth(known());
        if (stopped) return;
        report(true);
        if (revision === known()) continue;
        await news();
        // An import stores many batches a second; the figures need not.
        await wait(gentleMs);
      } catch (fault) {
        if (stopped) return;
        report(false);
        if (fault instanceof ApiError && fault.status === 401) return;
        await wait(awayMs);
      }
    }
  };
  void loop();
  return () => { stopped = true; };
}
