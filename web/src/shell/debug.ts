import type { Workspace } from "./workspace.ts";

declare global {
  interface Window {
    /** Read-only: what has been applied, for end-to-end tests. */
    __apex?: { readonly seqs: number[]; readonly state: unknown; readonly connection: string };
  }
}

export function exposeForTests(workspace: Workspace): void {
  window.__apex = {
    get seqs() {
      return [...workspace.appliedSeqs];
    },
    get state() {
      return workspace.feed.get();
    },
    get connection() {
      return workspace.connection.get().is;
    },
  };
}
