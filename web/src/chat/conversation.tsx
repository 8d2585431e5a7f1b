import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { hasEnded, type FeedState, type Message, type OutgoingMessage, type Run } from "../client/index.ts";
import { Icon, Spinner } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import type { Place } from "../shell/workspace.ts";
import { ApprovalCard } from "./approval-card.tsx";
import { Answer, Prose } from "./answer.tsx";
import { useChat } from "./context.ts";
import { EmptyState } from "./empty-state.tsx";
import { useFollowing } from "./following.ts";
import { exchanges, unsent, type Exchange } from "./exchanges.ts";
import { PastRun, RunTree } from "./run-tree.tsx";

/** One thread from its first question down to the last answer. */
export function Conversation({ place }: { place: Place }) {
  const { workspace } = useChat();
  const feed = useStore(workspace.feed);
  const outgoing = useStore(workspace.outgoing);
  const threadId = "thread" in place ? place.thread : undefined;
  const held = threadId ? feed.messages[threadId] : undefined;
  const parent = threadId ? feed.threads[threadId]?.parent_id : undefined;
  const list = useMemo(() => (threadId ? exchanges(feed, threadId) : []), [feed, threadId]);
  const waiting = unsent(outgoing, { thread: threadId, draft: place.draft }, held?.items ?? []);
  const { scroller, isAway, toEnd, bringUp } = useFollowing(threadId ?? "draft", {
    first: list[0]?.key, length: list.length, waiting: waiting.length, isAnswered: list.at(-1)?.answer !== undefined && waiting.length === 0,
  });

  const empty = list.length === 0 && waiting.length === 0;
  if (empty && threadId && !held?.loaded) return <div class="conversation loading"><Spinner /> Reading the conversation…</div>;
  return (
    <div class="conversation" ref={scroller} tabIndex={-1}>
      <div class="column">
        {empty && <EmptyState />}
        {parent && (
          <p class="muted forked">
            Goes on from <button type="button" class="link" onClick={() => workspace.open({ thread: parent })} data-testid="forked-from">an earlier conversation</button>
          </p>
        )}
        {threadId && held?.next && (
          <button type="button" class="quiet earlier" onClick={() => void workspace.loadMessages(threadId, true).catch(workspace.report)}>Earlier messages</button>
        )}
        {list.map((exchange) => <ExchangeView key={exchange.key} exchange={exchange} threadId={threadId!} onAnswer={bringUp} />)}
        {waiting.map((item) => <Waiting key={item.message_id} item={item} />)}
        <Announcer feed={feed} threadId={threadId} />
      </div>
      {isAway && (
        <button type="button" class="icon-button to-end" onClick={toEnd} aria-label="Go to the end of the conversation" title="Go to the end" data-testid="to-end"><Icon name="down" /></button>
      )}
    </div>
  );
}

function ExchangeView({ exchange, threadId, onAnswer }: { exchange: Exchange; threadId: string; onAnswer: (box: HTMLElement) => void }) {
  const { question, run, runId, answer } = exchange;
  const box = useRef<HTMLDivElement>(null);
  const waited = useRef(!answer);
  useLayoutEffect(() => {
    if (answer && waited.current && box.current) onAnswer(box.current);
    waited.current = !answer;
  }, [answer === undefined]);
  const [opened, setOpened] = useState(false);
  const known = run && (run.rootId || !hasEnded(run) || run.reason);
  return (
    <div class="exchange" ref={box}>
      {question && (
        <div class="question" data-testid="question">
          <h2 class="sr-only">You asked</h2>
          <AskedQuestion question={question} threadId={threadId} />
          {question.metadata?.steered_run && <p class="muted steered" data-testid="steered">Added to the work above</p>}
        </div>
      )}
      {known ? (
        <RunTree run={run} opened={opened} />
      ) : (
        runId && (answer || question) && <PastRun runId={runId} threadId={threadId} unanswered={!answer} onShow={() => setOpened(true)} />
      )}
      {run?.approvals.map((approval) => <ApprovalCard key={approval.id} run={run} approval={approval} />)}
      {run?.draft && !answer && <div class="answer draft" aria-busy="true"><Prose markdown={run.draft} threadId={threadId} /></div>}
      {answer && <Answer message={answer} durationMs={run?.durationMs} />}
    </div>
  );
}

/** A question as it was asked; it can be asked otherwise, in a conversation that begins with what was said before it. */
function AskedQuestion({ question, threadId }: { question: Message; threadId: string }) {
  const { workspace } = useChat();
  const [words, setWords] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const isStored = !question.id.startsWith("local:") && !question.metadata?.steered_run;
  if (words === null) {
    return (
      <>
        <p>{question.content}</p>
        {isStored && (
          <button type="button" class="quiet ask-otherwise" aria-label="Ask otherwise" title="Change this question and go on from here in a new conversation"
            data-testid="ask-otherwise" onClick={() => setWords(question.content)}>
            <Icon name="pencil" />
          </button>
        )}
      </>
    );
  }
  const send = () => {
    setBusy(true);
    workspace.askOtherwise(threadId, question.id, words.trim())
      .then(() => setWords(null), workspace.report).finally(() => setBusy(false));
  };
  return (
    <form class="asking-otherwise" onSubmit={(e) => { e.preventDefault(); send(); }}>
      <label class="sr-only" for={`otherwise-${question.id}`}>The question, asked otherwise</label>
      <textarea id={`otherwise-${question.id}`} rows={3} value={words} data-testid="otherwise" onInput={(e) => setWords(e.currentTarget.value)} />
      <div>
        <button type="submit" class="primary" disabled={busy || words.trim() === ""} data-testid="otherwise-send">Ask in a new conversation</button>
        <button type="button" class="quiet" onClick={() => setWords(null)}>Leave it</button>
      </div>
    </form>
  );
}

/** A message the server does not have yet, or would not take. */
function Waiting({ item }: { item: OutgoingMessage }) {
  const { workspace } = useChat();
  const live = useStore(workspace.connection).is === "live";
  return (
    <div class="exchange">
      <div class={`question unsent ${item.refused ? "refused" : ""}`} data-testid="unsent">
        <p>{item.content}</p>
        {item.refused ? (
          <div class="unsent-note" role="alert">
            <p><Icon name="warning" /> {item.refused.code === "busy" ? "Not asked: an earlier question here had not ended." : item.refused.message}</p>
            {item.refused.suggestions.length > 0 && <p class="muted">{item.refused.suggestions.join(" ")}</p>}
            {item.refused.code === "busy" && <button type="button" class="quiet" onClick={() => workspace.resend(item.message_id, "enqueue")} data-testid="ask-after">Ask after it</button>}
            <button type="button" class="quiet" onClick={() => workspace.resend(item.message_id)}>Send again</button>
            <button type="button" class="quiet" onClick={() => workspace.discard(item.message_id)} data-testid="discard">Discard</button>
          </div>
        ) : (
          <p class="unsent-note muted">
            {live || item.waiting ? <Spinner /> : <Icon name="upload" />} {item.waiting ?? (live ? "Sending…" : "Kept here; it is sent when the connection is back.")}
          </p>
        )}
      </div>
    </div>
  );
}

/** Tells those who listen instead of look what the run is doing, sparingly, and when the answer is there. */
function Announcer({ feed, threadId }: { feed: FeedState; threadId: string | undefined }) {
  const runs = threadId ? Object.values(feed.runs).filter((r) => r.threadId === threadId) : [];
  const latest = runs.at(-1);
  const [text, setText] = useState("");
  const next = latest ? announcement(latest) : "";
  const first = useRef(true);
  useEffect(() => {
    // What had already happened when the page opened is read, not announced.
    if (first.current) first.current = false;
    else setText(next);
  }, [next]);
  return <p class="sr-only" role="status" aria-live="polite">{text}</p>;
}

function announcement(run: Run): string {
  switch (run.status) {
    case "completed": return `Answer ready: ${run.report?.title ?? "see the conversation"}`;
    case "failed": return `The run failed. ${run.reason ?? ""}`;
    case "cancelled": return "The run was stopped.";
    case "recovering": return "The run is recovering.";
    case "waiting": return `The run waits for you. ${run.reason ?? ""}`;
    case "paused": return `The run waits for budget. ${run.reason ?? ""}`;
    case "running": {
      const agent = Object.values(run.agents).findLast((a) => !a.status && a.id !== run.rootId);
      return agent ? `${agent.name.replaceAll("_", " ")} is working` : "The run started";
    }
    default: return "";
  }
}
