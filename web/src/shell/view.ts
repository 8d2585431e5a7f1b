import { Store } from "./store.ts";

/** What fills the middle of the page. */
export type View = { is: "chat" } | { is: "dashboard" } | { is: "analyses"; tool?: string } | { is: "alerts" } | { is: "limits" };

const analyses = /^#\/analyses(?:\/([\w-]+))?$/;

/** The view an address names; every other address is a conversation's. */
export function viewOf(hash: string): View {
  if (hash === "#/dashboard") return { is: "dashboard" };
  if (hash === "#/alerts") return { is: "alerts" };
  if (hash === "#/limits") return { is: "limits" };
  const match = analyses.exec(hash);
  if (match) return match[1] ? { is: "analyses", tool: match[1] } : { is: "analyses" };
  return { is: "chat" };
}

const addressOf = (view: View): string => {
  if (view.is === "chat") return "#/";
  return view.is === "analyses" && view.tool ? `#/analyses/${view.tool}` : `#/${view.is}`;
};

export const view = new Store<View>(viewOf(typeof location === "undefined" ? "" : location.hash));

export function show(next: View): void {
  view.set(next);
  if (location.hash !== addressOf(next)) history.pushState(null, "", addressOf(next));
}

/** A conversation was opened and has set the address itself. */
export const showChat = (): void => {
  if (view.get().is !== "chat") view.set({ is: "chat" });
};

if (typeof window !== "undefined") {
  window.addEventListener("popstate", () => view.set(viewOf(location.hash)));
}
