import { useEffect, useReducer, useRef } from "preact/hooks";

/** A value that changes as a whole, and whoever watches it. */
export class Store<T> {
  private readonly watchers = new Set<() => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(next: T): void {
    if (Object.is(next, this.value)) return;
    this.value = next;
    for (const watcher of [...this.watchers]) watcher();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** The part of a store a component shows; it is drawn again only when that part changes. */
export function useStore<T, S = T>(store: Store<T>, select: (value: T) => S = (value) => value as unknown as S): S {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const selected = select(store.get());
  const held = useRef({ selected, select });
  held.current = { selected, select };
  useEffect(() => {
    const look = () => {
      if (!Object.is(held.current.select(store.get()), held.current.selected)) redraw(undefined as never);
    };
    look();
    return store.watch(look);
  }, [store]);
  return selected;
}

/** The time, `everyMs` while `on`: for durations that tick. */
export function useNow(on: boolean, everyMs = 250): number {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(() => redraw(undefined as never), everyMs);
    return () => clearInterval(timer);
  }, [on, everyMs]);
  return Date.now();
}
