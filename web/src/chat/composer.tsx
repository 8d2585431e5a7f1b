import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import { count } from "../text/format.ts";
import { activeRun, type WhenBusy } from "../client/index.ts";
import { useChat } from "./context.ts";

/** From this share of the limit on the count is shown. */
const nearLimit = 0.85;

/** Where questions are written. What is typed is kept per conversation until it is sent. */
export function Composer({ placeKey }: { placeKey: string }) {
  const { workspace } = useChat();
  const limit = useStore(workspace.contentLimit);
  const field = useRef<HTMLTextAreaElement>(null);
  const drafts = useRef(new Map<string, string>());
  const [text, setText] = useState("");
  const [whenBusy, setWhenBusy] = useState<WhenBusy>("enqueue");
  const place = useStore(workspace.place);
  const feed = useStore(workspace.feed);
  const busy = "thread" in place && activeRun(feed, place.thread) !== undefined;

  const asked = "thread" in place ? feed.messages[place.thread]?.items.findLast((m) => m.role === "user")?.content : undefined;

  useEffect(() => {
    setText(drafts.current.get(placeKey) ?? "");
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, [placeKey]);

  // To interrupt or to refuse was meant for that one answer.
  useEffect(() => {
    if (!busy) setWhenBusy("enqueue");
  }, [busy]);

  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 240)}px`;
  }, [text]);

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const typing = (e.target as Element).closest("input, textarea, select, [contenteditable]");
      if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  const words = text.trim();
  // Counted as the server counts: UTF-16 units, which is what its strings are made of as well.
  const tooLong = words.length > limit;
  const change = (next: string) => {
    drafts.current.set(placeKey, next);
    setText(next);
  };
  const send = () => {
    if (words === "" || tooLong) return;
    workspace.say(words, busy ? whenBusy : undefined);
    change("");
    field.current?.focus();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === "ArrowUp" && text === "" && asked && !e.isComposing) {
      e.preventDefault();
      change(asked);
      return;
    }
    // While an input method composes, Enter belongs to it.
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    send();
  };

  return (
    <form class="composer" onSubmit={(e) => { e.preventDefault(); send(); }}>
      <div class="composer-box">
        <label class="sr-only" for="composer">Your question</label>
        <textarea
          id="composer" ref={field} rows={1} value={text} placeholder="Ask about your AI spend…" data-testid="composer"
          aria-describedby="composer-hint" aria-invalid={tooLong} enterkeyhint="send"
          onInput={(e) => change(e.currentTarget.value)} onKeyDown={onKeyDown}
        />
        <button type="submit" class="primary send" disabled={words === "" || tooLong} aria-label="Send" data-testid="send">
          <Icon name="send" />
        </button>
      </div>
      <div class="composer-hint">
        {busy && (
          <label class="when-busy">
            <span>While this is worked on:</span>
            <select value={whenBusy} onChange={(e) => setWhenBusy(e.currentTarget.value as WhenBusy)} data-testid="when-busy">
              <option value="enqueue">ask after it</option>
              <option value="steer">add to it</option>
              <option value="interrupt">stop it and ask this</option>
              <option value="reject">ask only if it has ended by then</option>
            </select>
          </label>
        )}
        <span id="composer-hint">
          {text.length > limit * nearLimit ? (
            <span class={tooLong ? "fault" : ""} role={tooLong ? "alert" : undefined} data-testid="composer-count">
              {count(words.length)} of {count(limit)} characters{tooLong && ": too long to send"}
            </span>
          ) : (
            !busy && <span class="keys"><kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> new line · <kbd>/</kbd> comes back here{asked && <> · <kbd>↑</kbd> your last question</>}</span>
          )}
        </span>
      </div>
    </form>
  );
}
