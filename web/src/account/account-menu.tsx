import { useEffect, useRef, useState } from "preact/hooks";
import type { DeviceSession } from "../client/index.ts";
import { Icon } from "../shell/icons.tsx";
import type { Workspace } from "../shell/workspace.ts";
import { deviceName } from "../text/device.ts";
import { moment } from "../text/format.ts";

/** Who is signed in, where else, and the way out. */
export function AccountMenu({ workspace, onSignOut }: { workspace: Workspace; onSignOut: () => void }) {
  const [open, setOpen] = useState(false);
  const [sessions, setSessions] = useState<DeviceSession[] | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { user } = workspace;

  useEffect(() => {
    if (!open) return;
    workspace.api.sessions().then((read) => setSessions(read.sessions), workspace.report);
    const onKey = (e: KeyboardEvent) => {
      if (e.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    const onPointer = (e: PointerEvent) => !box.current?.contains(e.target as Node) && setOpen(false);
    document.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", onPointer);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("pointerdown", onPointer);
    };
  }, [open]);

  const end = (id: string) =>
    workspace.api.endSession(id).then(() => setSessions((held) => held?.filter((s) => s.id !== id) ?? null), workspace.report);
  const others = sessions?.filter((s) => !s.current) ?? [];

  return (
    <div class="account" ref={box}>
      {open && (
        <div class="account-menu" data-testid="account-menu">
          <p><strong>{user.name || user.email}</strong><br /><span class="muted">{user.email} · {user.tier}{user.roles.includes("admin") ? " · administrator" : ""}</span></p>
          {others.length > 0 && (
            <>
              <h3>Also signed in</h3>
              <ul>
                {others.map((s) => (
                  <li key={s.id}>
                    <span title={s.device}>{deviceName(s.device)} <span class="muted">{moment(s.last_used_at)}</span></span>
                    <button type="button" class="quiet" onClick={() => void end(s.id)}>Sign out</button>
                  </li>
                ))}
              </ul>
            </>
          )}
          <button type="button" class="small" onClick={onSignOut} data-testid="sign-out">Sign out</button>
        </div>
      )}
      <button type="button" class="account-button" ref={button} aria-expanded={open} onClick={() => setOpen(!open)} data-testid="account">
        <Icon name="user" /> <span>{user.name || user.email}</span>
      </button>
    </div>
  );
}
