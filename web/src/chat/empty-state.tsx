import { Icon } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import { count, windowText } from "../text/format.ts";
import { knownLogs } from "../usage/known-logs.ts";
import { usageLog } from "../usage/usage-log.ts";
import { useChat } from "./context.ts";

const questions = [
  "What are we spending, and is anything wrong with it?",
  "What did we spend per model, month by month?",
  "Do the recorded costs match the price list?",
  "Would prompt caching pay off?",
];

/** A fresh conversation: what can be asked, and, where no usage is stored yet, how to get some in. */
export function EmptyState() {
  const { workspace, openImport, chooseFiles } = useChat();
  const log = usageLog(workspace);
  const extent = useStore(log.extent);
  const none = extent?.rows === 0;
  return (
    <div class="empty" data-testid="empty-state">
      <h1>Where does the AI money go?</h1>
      <p class="lead">
        Ask in plain words. Five agents compute the answer from your usage log, and every figure shows where it comes from.
      </p>
      {none && (
        <div class="starts">
          <button type="button" class="start" onClick={() => chooseFiles("usage")} data-testid="empty-import">
            <Icon name="upload" />
            <strong>Drop a usage log here</strong>
            <span>or choose a file: {knownLogs}. It stays on this server.</span>
          </button>
          <button type="button" class="start" onClick={() => { void log.loadDemo(); openImport(); }} data-testid="load-demo">
            <Icon name="sparkle" />
            <strong>Load demonstration data</strong>
            <span>A generated organisation, plainly labelled as such, to look around with.</span>
          </button>
        </div>
      )}
      {extent && extent.rows > 0 && (
        <p class="extent" data-testid="extent">
          <Icon name="database" /> {count(extent.rows)} requests logged, {windowText(extent.first_start, extent.last_start)}{" "}
          <button type="button" class="link" onClick={openImport}>Add more</button>
        </p>
      )}
      <h2>{none ? "Then ask" : "For example"}</h2>
      <ul class="examples">
        {questions.map((question) => (
          <li key={question}>
            <button type="button" class="chip" onClick={() => workspace.say(question)} data-testid="example">{question}</button>
          </li>
        ))}
      </ul>
    </div>
  );
}
