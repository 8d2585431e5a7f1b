import type { ConnectionState } from "../client/index.ts";
import { useNow, useStore } from "../shell/store.ts";
import { useChat } from "./context.ts";

/** Whether what is seen is live: always there, quiet while it is. */
export function ConnectionBadge() {
  const { workspace } = useChat();
  const state = useStore(workspace.connection);
  const now = useNow(state.is === "waiting", 500);
  const offered = state.is === "waiting" || state.is === "replaced";
  return (
    <div class={`connection ${state.is}`} data-testid="connection-state" data-state={state.is}>
      <span class="dot" aria-hidden="true" />
      <span aria-hidden="true">{words(state, now)}</span>
      {/* Spoken once per state, not once per second. */}
      <span class="sr-only" role="status">Connection: {words(state, 0).replace(/(: ).*/, "")}</span>
      {offered && <button type="button" class="link" onClick={workspace.retryNow} data-testid="connect-now">{state.is === "replaced" ? "Use it here" : "Try now"}</button>}
    </div>
  );
}

export const isOffline = (): boolean => navigator.onLine === false;

function words(state: ConnectionState, now: number): string {
  switch (state.is) {
    case "live": return "Live";
    case "catching_up": return state.pending ? `Catching up: ${state.pending.toLocaleString("en")} events` : "Catching up";
    case "connecting": return "Connecting";
    case "replaced": return "Open elsewhere";
    case "stopped": return "Not connected";
    case "waiting": {
      const seconds = Math.max(0, Math.ceil((state.at - now) / 1_000));
      return `${isOffline() ? "Offline" : "Connection lost"}: trying again${seconds > 1 ? ` in ${seconds} s` : ""}`;
    }
  }
}
