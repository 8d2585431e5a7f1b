/** What a browser keeps for a page, shared by "tabs" of one test. */
export class MemoryStorage implements Storage {
  private readonly held = new Map<string, string>();
  full = false;

  get length(): number {
    return this.held.size;
  }

  key = (i: number): string | null => [...this.held.keys()][i] ?? null;
  getItem = (key: string): string | null => this.held.get(key) ?? null;
  removeItem = (key: string): void => void this.held.delete(key);
  clear = (): void => this.held.clear();

  setItem = (key: string, value: string): void => {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.held.set(key, value);
  };
}
