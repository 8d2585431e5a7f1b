/**
 * Waits between attempts to reconnect: none for the first, then 1 s doubling to 30 s. All but the first are spread over
 * the upper half of the span, so that clients a restart cut off together do not come back together.
 */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly random: () => number = Math.random,
    private readonly firstMs = 1_000,
    private readonly longestMs = 30_000,
  ) {}

  next(): number {
    const attempt = this.attempts++;
    if (attempt === 0) return 0;
    const span = Math.min(this.longestMs, this.firstMs * 2 ** (attempt - 1));
    return Math.round(span / 2 + (span / 2) * this.random());
  }

  /** Skips the attempt at once, after a close that asks for patience. */
  requirePatience(): void {
    this.attempts = Math.max(this.attempts, 1);
  }

  reset(): void {
    this.attempts = 0;
  }
}
