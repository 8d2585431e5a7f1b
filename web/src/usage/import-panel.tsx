import { useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import type { ImportJob } from "../client/index.ts";
import { Icon, Spinner } from "../shell/icons.tsx";
import { Panel } from "../shell/panel.tsx";
import { useStore } from "../shell/store.ts";
import type { Workspace } from "../shell/workspace.ts";
import { bytes, count, plural, windowText } from "../text/format.ts";
import { PriceSettings } from "./price-settings.tsx";
import { knownLogs } from "./known-logs.ts";
import { SavedMappings } from "./saved-mappings.tsx";
import { MappingEditor } from "./mapping-editor.tsx";
import { usageLog, type Import } from "./usage-log.ts";

/** Bringing usage logs and price maps in, with what became of every row. */
export function ImportPanel({ onClose }: { onClose: () => void }) {
  const { workspace, chooseFiles } = useChat();
  const log = usageLog(workspace);
  const imports = useStore(log.imports);
  const extent = useStore(log.extent);
  const assumed = useStore(log.assumedModel);

  return (
    <Panel title="Usage data" testId="import-panel" onClose={onClose}>
      <p class="muted">
        {extent && extent.rows > 0
          ? `${plural(extent.rows, "request")} logged, ${windowText(extent.first_start, extent.last_start)}.`
          : "No usage is logged yet."}{" "}
        The same file twice adds nothing: rows already there are recognised.
      </p>
      <button type="button" class="start" onClick={() => chooseFiles("usage")}>
        <Icon name="upload" />
        <strong>Drop a usage log anywhere, or choose a file</strong>
        <span>{knownLogs}</span>
      </button>
      <details class="assumed">
        <summary>The log names no model?</summary>
        <label>
          Price its rows as
          <input
            value={assumed} placeholder="for instance gpt-4o-mini" maxLength={100} data-testid="assumed-model"
            onInput={(e) => log.assumedModel.set(e.currentTarget.value)}
          />
        </label>
        <p class="muted">An assumption: every figure that rests on it says so.</p>
      </details>
      <SavedMappings workspace={workspace} revision={imports.length} />
      <PriceSettings workspace={workspace} />
      <p class="button-row">
        <button type="button" class="small" onClick={() => chooseFiles("prices")}>Import prices…</button>
        <button type="button" class="small" onClick={() => void log.loadDemo()} data-testid="panel-demo">Load demonstration data</button>
      </p>
      <ol class="imports" aria-live="polite" data-testid="import-status">
        {[...imports].reverse().map((item) => <ImportCard key={item.id} item={item} workspace={workspace} />)}
      </ol>
      {imports.some((i) => i.stage === "done" || i.stage === "failed") && (
        <button type="button" class="quiet" onClick={log.clearFinished}>Clear finished</button>
      )}
    </Panel>
  );
}

const stages: Record<Import["stage"], string> = {
  waiting: "Waiting", uploading: "Uploading", reading: "Reading", done: "Done", failed: "Failed",
};

function ImportCard({ item, workspace }: { item: Import; workspace: Workspace }) {
  const { job, file } = item;
  const [mapping, setMapping] = useState(false);
  const working = item.stage === "uploading" || item.stage === "reading";
  return (
    <li class={`import ${item.stage}`} data-testid="import-job" data-stage={item.stage}>
      <p class="import-name">
        {working && <Spinner />}
        {item.stage === "done" && <span class="mark good"><Icon name="check" /></span>}
        {item.stage === "failed" && <span class="mark bad"><Icon name="cross" /></span>}
        <strong>{item.name}</strong>
        {working && item.cancel && <button type="button" class="quiet" onClick={item.cancel}>Cancel</button>}
        <span class="muted">{[stages[item.stage], item.kind === "prices" && "prices", job?.format].filter(Boolean).join(" · ")}</span>
      </p>
      {working && <progress max={1} {...(item.part === undefined ? {} : { value: item.part })} aria-label={`${stages[item.stage]} ${item.name}`} />}
      {item.fault && !mapping && <p class="fault">{item.fault}</p>}
      {item.stage === "failed" && file && !mapping && job?.state === "failed" && job.rows_read === 0 && (
        <p class="button-row">
          <button type="button" class="small" onClick={() => setMapping(true)} data-testid="map-columns">Say what its columns are…</button>
        </p>
      )}
      {file && mapping && (
        <MappingEditor
          workspace={workspace} file={file} onClose={() => setMapping(false)} onImported={() => usageLog(workspace).forget(item.id)}
        />
      )}
      {job && job.format !== "prices" && <Counts job={job} />}
      {job?.notes && job.notes.length > 0 && <ul class="import-notes">{job.notes.map((note) => <li key={note}>{note}</li>)}</ul>}
      {job?.rejected && job.rejected.length > 0 && <Rejected job={job} />}
      {job?.quality_flags && Object.values(job.quality_flags).some((n) => n > 0) && (
        <details>
          <summary>Noted about the rows</summary>
          <dl class="facts">
            {Object.entries(job.quality_flags).map(([flag, n]) => <div key={flag}><dt>{flag.replaceAll("_", " ")}</dt><dd>{count(n)}</dd></div>)}
          </dl>
        </details>
      )}
    </li>
  );
}

function Counts({ job }: { job: ImportJob }) {
  const facts: [string, string][] = [
    ["Stored", count(job.rows_stored)],
    ["Already there", count(job.rows_duplicate)],
    ["Rejected", count(job.rows_rejected)],
    ["Read", plural(job.rows_read, "row") + (job.bytes_read > 0 ? `, ${bytes(job.bytes_read)}` : "")],
  ];
  if (job.first_start && job.last_start) facts.push(["Time", windowText(job.first_start, job.last_start)]);
  return (
    <dl class="facts">
      {facts.map(([name, text]) => <div key={name}><dt>{name}</dt><dd data-testid={`import-${name.toLowerCase().replace(" ", "-")}`}>{text}</dd></div>)}
    </dl>
  );
}

function Rejected({ job }: { job: ImportJob }) {
  const rows = job.rejected ?? [];
  const cut = job.rows_rejected > rows.length;
  return (
    <details open>
      <summary>Rejected rows{cut && `: the first ${count(rows.length)} of ${count(job.rows_rejected)}`}</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Rejected rows">
        <table class="data" data-testid="rejected-rows">
          <thead><tr><th scope="col" class="number">Line</th><th scope="col">Field and value</th><th scope="col">Why</th></tr></thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}><td class="number">{row.line}</td><td><code>{breakable(row.field)}</code><br /><code class="muted">{row.value}</code></td><td>{row.reason}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** Long names of fields may break behind an underscore. */
const breakable = (field: string) => field.split(/(?<=_)/).flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]));
