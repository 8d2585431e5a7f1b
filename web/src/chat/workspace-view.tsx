import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AccountMenu } from "../account/account-menu.tsx";
import { Icon } from "../shell/icons.tsx";
import { Notices } from "../shell/notices.tsx";
import { useStore } from "../shell/store.ts";
import { nextTheme, theme } from "../shell/theme.ts";
import { placeKey, type Workspace } from "../shell/workspace.ts";
import { AlertsView } from "../alerts/alerts-view.tsx";
import { AnalysesView } from "../analyses/analyses-view.tsx";
import { DashboardView } from "../dashboard/dashboard-view.tsx";
import { LimitsView } from "../limits/limits-view.tsx";
import { show, showChat, view as openView } from "../shell/view.ts";
import { DropAnywhere } from "../usage/drop-anywhere.tsx";
import { HiddenFileInputs, type FileInputs } from "../usage/file-inputs.tsx";
import { ImportPanel } from "../usage/import-panel.tsx";
import { usageLog } from "../usage/usage-log.ts";
import { Composer } from "./composer.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { Chat, type EvidenceRequest } from "./context.ts";
import { Conversation } from "./conversation.tsx";
import { EvidencePanel } from "./evidence-panel.tsx";
import { ThreadList } from "./thread-list.tsx";

type Side = { is: "none" } | { is: "import" } | { is: "evidence"; request: EvidenceRequest };

const none: Side = { is: "none" };
const themeNames = { system: "as the system", light: "light", dark: "dark" } as const;
const themeIcons = { system: "half", light: "sun", dark: "moon" } as const;

/** The page of a signed-in user: conversations, the one that is open, and a panel beside it. */
export function WorkspaceView({ workspace, onSignOut }: { workspace: Workspace; onSignOut: () => void }) {
  const place = useStore(workspace.place);
  const colours = useStore(theme);
  const title = useStore(workspace.feed, (feed) => ("thread" in place ? feed.threads[place.thread]?.title : undefined));
  const lost = useStore(workspace.lostAt) !== null;
  const waiting = useStore(workspace.asked, (asked) => asked.length);
  const [side, setSide] = useState<Side>(none);
  const [drawer, setDrawer] = useState(false);
  const view = useStore(openView);
  const key = placeKey(place);

  const inputs: FileInputs = { usage: useRef<HTMLInputElement>(null), prices: useRef<HTMLInputElement>(null) };

  const context = useMemo(
    () => ({
      workspace,
      showEvidence: (request: EvidenceRequest) => setSide({ is: "evidence", request }),
      openImport: () => setSide({ is: "import" }),
      chooseFiles: (kind: "usage" | "prices") => inputs[kind].current?.click(),
    }),
    [workspace],
  );
  const closeSide = useCallback(() => setSide(none), []);
  const takeFiles = useCallback(
    (files: File[], kind?: "usage" | "prices") => {
      usageLog(workspace).add(files, kind);
      setSide({ is: "import" });
    },
    [workspace],
  );

  // Evidence belongs to the conversation it was opened from.
  useEffect(() => setSide((held) => (held.is === "evidence" ? none : held)), [key]);
  useEffect(() => {
    const name = view.is === "chat" ? title : viewNames[view.is];
    // Seen on a tab in the background: a run there waits for its user.
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${name ? `${name} · ` : ""}Apex`;
  }, [title, view.is, waiting]);
  useEffect(() => {
    if (!drawer) return;
    const opener = document.activeElement;
    document.querySelector<HTMLElement>(".sidebar .new-thread")?.focus();
    const onKey = (e: KeyboardEvent) => e.key === "Escape" && setDrawer(false);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
      // A conversation that was chosen takes the focus itself; otherwise it goes back to where it came from.
      if (opener instanceof HTMLElement && document.activeElement?.closest(".sidebar")) opener.focus();
    };
  }, [drawer]);

  return (
    <Chat.Provider value={context}>
      <a class="skip" href="#composer" onClick={(e) => { e.preventDefault(); document.getElementById("composer")?.focus(); }}>Skip to the question</a>
      <div class={`layout ${side.is === "none" ? "" : "with-panel"} ${drawer ? "with-drawer" : ""} ${lost ? "lost" : ""}`}>
        <div class="sidebar">
          <div class="brand"><img src="/mark.svg" alt="" width="24" height="24" /><span>Apex</span></div>
          <Views current={view.is} onChosen={() => setDrawer(false)} />
          <ThreadList isShown={view.is === "chat"} onChosen={() => { showChat(); setDrawer(false); }} />
          <AccountMenu workspace={workspace} onSignOut={onSignOut} />
        </div>
        {drawer && <div class="scrim" onClick={() => setDrawer(false)} />}
        <main class="main">
          <header class="topbar">
            <button type="button" class="icon-button menu" aria-label="Conversations" aria-expanded={drawer} onClick={() => setDrawer(!drawer)} data-testid="menu"><Icon name="menu" /></button>
            <h1 class="topbar-title">{view.is === "chat" ? title ?? "" : viewNames[view.is]}</h1>
            <AskedBadge workspace={workspace} />
            <ConnectionBadge />
            <button type="button" class="small" onClick={context.openImport} aria-label="Usage data" data-testid="open-import"><Icon name="database" /> <span class="wide-only">Usage data</span></button>
            <button type="button" class="icon-button" onClick={nextTheme} data-testid="theme" title={`Colours: ${themeNames[colours]}`} aria-label={`Colours: ${themeNames[colours]}. Change`}><Icon name={themeIcons[colours]} /></button>
          </header>
          <Degraded workspace={workspace} />
          {view.is === "chat" && <Conversation place={place} />}
          {view.is === "chat" && <Composer placeKey={key} />}
          {view.is === "dashboard" && <DashboardView />}
          {view.is === "alerts" && <AlertsView />}
          {view.is === "limits" && <LimitsView />}
          {view.is === "analyses" && <AnalysesView tool={view.tool} />}
        </main>
        {side.is === "evidence" && <EvidencePanel request={side.request} onClose={closeSide} />}
        {side.is === "import" && <ImportPanel onClose={closeSide} />}
      </div>
      <Notices workspace={workspace} />
      <HiddenFileInputs inputs={inputs} onFiles={takeFiles} />
      <DropAnywhere onFiles={takeFiles} />
    </Chat.Provider>
  );
}

const viewNames = { dashboard: "Dashboard", analyses: "Analyses", alerts: "Alerts and reports", limits: "Limits and budgets" } as const;
const viewIcons = { dashboard: "chart", analyses: "sum", alerts: "bell", limits: "gauge" } as const;

/** What there is beside conversations. */
function Views({ current, onChosen }: { current: string; onChosen: () => void }) {
  return (
    <nav class="views" aria-label="Views">
      {(["dashboard", "analyses", "alerts", "limits"] as const).map((name) => (
        <button
          type="button" key={name} aria-current={current === name ? "page" : undefined} data-testid={`view-${name}`}
          onClick={() => { show({ is: name }); onChosen(); }}
        >
          <Icon name={viewIcons[name]} /> {viewNames[name]}
        </button>
      ))}
    </nav>
  );
}

/** How many things runs wait to hear from the user; leads to the newest. */
function AskedBadge({ workspace }: { workspace: Workspace }) {
  const asked = useStore(workspace.asked);
  const [next] = asked;
  if (!next) return null;
  const text = `${asked.length} waiting for you`;
  return (
    <button
      type="button" class="small asked-badge" aria-label={text} title={next.reason} data-testid="asked"
      onClick={() => { workspace.seek(next); showChat(); }}
    >
      <Icon name="bell" /> {asked.length} <span class="wide-only">waiting for you</span>
    </button>
  );
}

/** What the server said is not working as it should. */
function Degraded({ workspace }: { workspace: Workspace }) {
  const degraded = useStore(workspace.feed, (feed) => feed.degraded);
  const parts = Object.entries(degraded);
  if (parts.length === 0) return null;
  return (
    <div class="degraded" role="status" data-testid="degraded">
      {parts.map(([component, { message, expectedRecoveryMs }]) => (
        <p key={component}><Icon name="warning" /> {message} {whenOver(expectedRecoveryMs)}</p>
      ))}
    </div>
  );
}

function whenOver(ms: number | undefined): string {
  if (ms === undefined) return "";
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `It may be over in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}
