import { Icon } from "./icons.tsx";
import { useStore } from "./store.ts";
import type { Workspace } from "./workspace.ts";

/** Things the user should know that belong to no place on the page. They stay until dismissed. */
export function Notices({ workspace }: { workspace: Workspace }) {
  const notices = useStore(workspace.notices);
  return (
    <ul class="notices" role="status" aria-live="polite">
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
