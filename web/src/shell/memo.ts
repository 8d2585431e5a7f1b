import { Component, h, type FunctionComponent } from "preact";

/** Draws a component again only when one of its properties is another object. */
export function memo<P extends object>(draw: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const before = this.props as Record<string, unknown>;
      const after = next as Record<string, unknown>;
      return Object.keys({ ...before, ...after }).some((key) => !Object.is(before[key], after[key]));
    }

    override render() {
      return h(draw, this.props as P & { key?: never });
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
