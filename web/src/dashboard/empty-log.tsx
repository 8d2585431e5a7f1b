import { useChat } from "../chat/context.ts";
import { Icon } from "../shell/icons.tsx";
import { knownLogs } from "../usage/known-logs.ts";
import { usageLog } from "../usage/usage-log.ts";

/** Where there is nothing to show yet: how to get something in. The page fills itself as soon as rows arrive. */
export function EmptyLog() {
  const { workspace, openImport, chooseFiles } = useChat();
  return (
    <div class="page empty" data-testid="dashboard-empty">
      <h2>No usage is logged yet</h2>
      <p class="lead">This page fills by itself as rows arrive.</p>
      <div class="starts">
        <button type="button" class="start" onClick={() => chooseFiles("usage")}><Icon name="upload" /><strong>Choose a usage log</strong><span>or drop it anywhere: {knownLogs}</span></button>
        <button type="button" class="start" onClick={() => { void usageLog(workspace).loadDemo(); openImport(); }}><Icon name="sparkle" /><strong>Load demonstration data</strong><span>A generated organisation, plainly labelled as such</span></button>
      </div>
    </div>
  );
}
