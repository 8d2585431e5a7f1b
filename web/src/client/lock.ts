/** Runs `work` while no other tab of this origin runs work under the same name. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Browsers offer locks only to secure pages (https or localhost); a page on a plain-http address takes a lease instead.
  if (typeof navigator !== "undefined" && navigator.locks) return navigator.locks.request(name, work) as Promise<T>;
  return withLease(name, work);
}

const leaseMs = 15_000;
const settleMs = 25;

/** A lease in localStorage: written, and read again after other tabs had time to write theirs; the last writer has it. */
export async function withLease<T>(name: string, work: () => Promise<T>, storage: Storage = localStorage): Promise<T> {
  const key = `${name}.lease`;
  const mine = Math.random().toString(36).slice(2);
  for (;;) {
    const [holder, until] = (storage.getItem(key) ?? "").split(" ");
    if (holder === mine) break;
    if (!holder || Number(until) < Date.now()) storage.setItem(key, `${mine} ${Date.now() + leaseMs}`);
    await new Promise((done) => setTimeout(done, settleMs + Math.random() * settleMs));
  }
  try {
    return await work();
  } finally {
    if (storage.getItem(key)?.startsWith(`${mine} `)) storage.removeItem(key);
  }
}
