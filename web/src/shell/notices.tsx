import { Icon } from "./icons.tsx";
import { useStore } from "./store.ts";
import type { Workspace } from "./workspace.ts";

const mostBroadcasts = 3;
const toneOf = { info: "info", warning: "warning", critical: "error" } as const;

/** Things the user should know that belong to no place on the page. They stay until dismissed. */
export function Notices({ workspace }: { workspace: Workspace }) {
  const notices = useStore(workspace.notices);
  const broadcasts = useStore(workspace.broadcasts);
  return (
    <ul class="notices" role="status" aria-live="polite">
      {broadcasts.slice(0, mostBroadcasts).map((said) => (
        <li key={said.id} class={toneOf[said.severity]} data-testid="broadcast">
          <Icon name="warning" />
          <div>
            <p><strong>{said.title}</strong></p>
            <p>{said.body}</p>
          </div>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => workspace.putAway(said.id)}><Icon name="close" /></button>
        </li>
      ))}
      {notices.map((notice) => (
        <li key={notice.id} class={notice.tone} data-testid="notice">
          <Icon name="warning" />
          <div>
            <p>{notice.text}</p>
            {notice.hints.length > 0 && <p class="muted">{notice.hints.join(" ")}</p>}
          </div>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => workspace.dismiss(notice.id)}><Icon name="close" /></button>
        </li>
      ))}
    </ul>
  );
}
