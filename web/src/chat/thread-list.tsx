import { useRef, useState } from "preact/hooks";
import { hasEnded, type Thread } from "../client/index.ts";
import { Icon, Spinner } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import { moment } from "../text/format.ts";
import { useChat } from "./context.ts";

/** The user's conversations, the one touched last on top. */
export function ThreadList({ isShown, onChosen }: { /** Whether a conversation is what the page shows. */ isShown: boolean; onChosen: () => void }) {
  const { workspace } = useChat();
  const feed = useStore(workspace.feed);
  const place = useStore(workspace.place);
  const [wanted, setWanted] = useState("");
  const words = wanted.trim().toLowerCase();
  const current = isShown && "thread" in place ? place.thread : null;
  const busy = new Set(Object.values(feed.runs).filter((r) => !hasEnded(r)).map((r) => r.threadId));
  const asking = new Set(useStore(workspace.asked).map((a) => a.thread_id));
  const threads = Object.values(feed.threads)
    .filter((t) => !t.archived && t.title.toLowerCase().includes(words))
    .sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));

  return (
    <nav class="threads" aria-label="Conversations">
      <button
        type="button" class="new-thread" data-testid="new-thread"
        onClick={() => { workspace.newConversation(); onChosen(); }}
      >
        <Icon name="plus" /> New conversation
      </button>
      <input
        type="search" placeholder="Filter by title" aria-label="Filter conversations by title" value={wanted}
        data-testid="thread-search" onInput={(e) => setWanted(e.currentTarget.value)}
      />
      <ul data-testid="thread-list">
        {threads.map((t) => (
          <ThreadRow key={t.id} thread={t} current={t.id === current} busy={busy.has(t.id)} asks={asking.has(t.id)} onChosen={onChosen} />
        ))}
      </ul>
      {!feed.threadsLoaded && <p class="muted thread-note"><Spinner /> Reading…</p>}
      {feed.threadsLoaded && threads.length === 0 && <p class="muted thread-note">{words ? "No title has these words." : "Nothing asked yet."}</p>}
      {feed.threadsNext && (
        <button type="button" class="quiet" onClick={() => void workspace.loadThreads(true).catch(workspace.report)}>Older conversations</button>
      )}
    </nav>
  );
}

interface RowProps {
  thread: Thread;
  current: boolean;
  busy: boolean;
  /** A run of it waits for the user. */
  asks: boolean;
  onChosen: () => void;
}

function ThreadRow({ thread, current, busy, asks, onChosen }: RowProps) {
  const { workspace } = useChat();
  const [renaming, setRenaming] = useState(false);
  const row = useRef<HTMLButtonElement>(null);
  const title = thread.title || "Untitled";

  const rename = (next: string) => {
    setRenaming(false);
    const words = next.trim();
    if (words !== "" && words !== thread.title) workspace.rename(thread.id, words).catch(workspace.report);
  };
  const archive = () => workspace.archive(thread.id).catch(workspace.report);

  if (renaming) {
    return (
      <li>
        <input
          class="rename" defaultValue={thread.title} maxLength={200} aria-label="New title" data-testid="rename-input"
          ref={(el) => { if (el && document.activeElement !== el) el.select(); }}
          onBlur={(e) => rename(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter") rename(e.currentTarget.value);
            if (e.key !== "Escape") return;
            e.preventDefault();
            e.currentTarget.value = thread.title;
            setRenaming(false);
          }}
        />
      </li>
    );
  }
  return (
    <li class={current ? "current" : ""} data-testid="thread" data-thread={thread.id}>
      <button
        type="button" ref={row} class="thread" aria-current={current ? "page" : undefined}
        onClick={() => { workspace.open({ thread: thread.id }); onChosen(); }}
      >
        <span class="thread-title">{title}</span>
        {asks ? <span class="badge" title="Waits for you"><Icon name="bell" /><span class="sr-only">waits for you</span></span>
          : busy ? <><Spinner /><span class="sr-only">working</span></> : <time dateTime={thread.updated_at}>{moment(thread.updated_at)}</time>}
      </button>
      <span class="thread-actions">
        <button type="button" class="icon-button" aria-label={`Rename ${title}`} title="Rename" onClick={() => setRenaming(true)} data-testid="thread-rename"><Icon name="pencil" /></button>
        <button type="button" class="icon-button" aria-label={`Archive ${title}`} title="Archive" onClick={archive} data-testid="thread-archive"><Icon name="archive" /></button>
      </span>
    </li>
  );
}
