import { useEffect, useState } from "preact/hooks";
import type { Envelope, Figure } from "../client/index.ts";
import { isEnvelope } from "../client/report.ts";
import { Spinner } from "../shell/icons.tsx";
import { Panel } from "../shell/panel.tsx";
import { useStore } from "../shell/store.ts";
import { count, fieldLabel, inUnit, share, usd, windowText } from "../text/format.ts";
import { useChat, type EvidenceRequest } from "./context.ts";
import { DataView, scalar } from "./data-view.tsx";
import { Grade, gradeMeanings } from "./grade.tsx";
import { jsonAround, pointerParts, readablePlace } from "./pointer.ts";
import { useResult } from "./tool-detail.tsx";

/** Where a figure comes from: the tool, its rows and window, what was assumed, and the very place in its result. */
export function EvidencePanel({ request, onClose }: { request: EvidenceRequest; onClose: () => void }) {
  const { workspace } = useChat();
  const tool = useStore(workspace.feed, (feed) => {
    let id: string | undefined = request.runId;
    while (id && !feed.runs[id]?.tools[request.toolCallId]) id = feed.runs[id]?.forkOf;
    return id ? feed.runs[id]?.tools[request.toolCallId] : undefined;
  });
  const [fault, setFault] = useState<string | null>(null);
  const [read, setRead] = useState(false);

  useEffect(() => {
    if (tool?.status) return;
    setRead(false);
    workspace.loadCall(request.runId, request.threadId, request.toolCallId).then(() => setRead(true), (error: Error) => setFault(error.message));
  }, [request.runId, request.toolCallId, tool?.status]);

  const { value, busy, fault: resultFault } = useResult(tool);
  const problem = fault ?? resultFault;
  const { figure } = request;
  const missing = read && !tool && !problem;
  return (
    <Panel title={figure ? "Where this figure comes from" : "Source"} testId="evidence-panel" onClose={onClose} about={`${request.toolCallId}${figure?.id ?? ""}`}>
      {figure && <p class="evidence-figure">{figure.text}{exact(figure)}</p>}
      {problem && <p class="fault">{problem}</p>}
      {missing && <p class="fault">The run no longer holds the result this figure points to.</p>}
      {!problem && !missing && (busy || !tool?.status) && <p class="muted"><Spinner /> Reading the evidence…</p>}
      {isEnvelope(value) && <EnvelopeView envelope={value} figure={figure} />}
      {tool?.status && !busy && !problem && !isEnvelope(value) && (
        <DataView value={value ?? tool.error ?? "This call left no result."} label={`Result of ${tool.name}`} />
      )}
    </Panel>
  );
}

export function EnvelopeView({ envelope, figure }: { envelope: Envelope; figure?: Figure | undefined }) {
  const grade = figure?.grade ?? envelope.grade;
  const excluded = Object.entries(envelope.rows_excluded_by_reason ?? {}).filter(([, n]) => n > 0);
  const { evidence } = envelope;
  const interval = figure ? envelope.ci95?.[figure.pointer.replace(/^\/result/, "")] ?? envelope.ci95?.[figure.pointer] : undefined;
  return (
    <div class="evidence" data-testid="evidence-envelope">
      <p class="grade-line"><Grade grade={grade} /> <span>{gradeMeanings[grade] ?? "Ungraded."}</span></p>
      {figure && <PlaceInResult envelope={envelope} figure={figure} />}
      <dl class="facts">
        <Fact name="Tool"><code>{envelope.tool}</code> <span class="muted">{envelope.version}</span></Fact>
        <Fact name="Window">{windowText(envelope.window?.from, envelope.window?.to)}</Fact>
        <Fact name="Rows used">{count(envelope.rows_used)} <span class="muted">of {count(envelope.rows_in)}</span></Fact>
        <Fact name="Priced">{share(envelope.priced_share)}</Fact>
        {envelope.price_map_version && <Fact name="Price map">{envelope.price_map_version}</Fact>}
        {interval && figure && (
          <Fact name="95 % interval">{inUnit(interval.low, figure.unit)} – {inUnit(interval.high, figure.unit)}</Fact>
        )}
      </dl>
      {excluded.length > 0 && (
        <Part title="Rows left out">
          <table class="data">
            <tbody>{excluded.map(([why, n]) => <tr key={why}><th scope="row">{fieldLabel(why)}</th><td class="number">{count(n)}</td></tr>)}</tbody>
          </table>
        </Part>
      )}
      <Lines title="Assumptions" lines={envelope.assumptions} none="Nothing was assumed." />
      <Lines title="Caveats" lines={envelope.caveats} />
      <Lines title="Checks that held" lines={evidence?.checks} />
      {evidence?.sample_event_ids && evidence.sample_event_ids.length > 0 && (
        <SampleRows ids={evidence.sample_event_ids} />
      )}
      <details open={!figure}>
        <summary>The whole result</summary>
        <DataView value={envelope.result} label={`Result of ${envelope.tool}`} />
      </details>
      <details>
        <summary>Arguments</summary>
        <DataView value={envelope.args ?? {}} label="Arguments" />
      </details>
      {evidence?.query_id && <p class="muted query-id">Query <code>{evidence.query_id}</code></p>}
    </div>
  );
}

/** Some of the logged rows themselves, read when they are asked for. */
function SampleRows({ ids }: { ids: string[] }) {
  const { workspace } = useChat();
  const [rows, setRows] = useState<Record<string, unknown>[] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const read = (open: boolean) => {
    if (!open || rows) return;
    setFault(null);
    workspace.api.usageRows(ids).then((reply) => setRows(reply.events), (error: Error) => setFault(error.message));
  };
  const key = ids.join();
  useEffect(() => setRows(null), [key]);
  return (
    <details key={key} onToggle={(e) => read(e.currentTarget.open)} data-testid="evidence-samples">
      <summary>{ids.length} sample {ids.length === 1 ? "row" : "rows"}</summary>
      {fault && <p class="fault">{fault}</p>}
      {!rows && !fault && <p class="muted"><Spinner /> Reading the rows…</p>}
      {rows?.length === 0 && <p class="muted">The log no longer holds these rows.</p>}
      {rows?.map((row) => (
        <details key={String(row.event_id)} class="sample">
          <summary>{rowTitle(row)}</summary>
          <DataView value={told(row)} label="A logged row" />
        </details>
      ))}
    </details>
  );
}

function rowTitle(row: Record<string, unknown>): string {
  const model = row.response_model ?? row.request_model ?? "no model";
  const cost = typeof row.cost_recorded === "number" ? `recorded ${usd(row.cost_recorded)}` : undefined;
  return [scalar(row.started_at, "started_at"), model, cost].filter(Boolean).join(" · ");
}

/** Of a logged row what says something: no zeros and nothing empty. */
function told(row: Record<string, unknown>): Record<string, unknown> {
  const empty = (value: unknown) =>
    value === null || value === 0 || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(row).filter(([, value]) => !empty(value)));
}

function PlaceInResult({ envelope, figure }: { envelope: Envelope; figure: Figure }) {
  const parts = pointerParts(figure.pointer);
  const lines = jsonAround(envelope, parts);
  if (lines.length === 0) return <p class="fault">The result has nothing at {figure.pointer}.</p>;
  return (
    <Part title="Its place in the result">
      <p class="place" data-testid="evidence-pointer">{readablePlace(parts).map((part, i) => <span key={i}>{part}</span>)}</p>
      <pre class="json" tabIndex={0} aria-label="JSON around the figure">
        {lines.map((line, i) => <span key={i} class={line.marked ? "marked" : ""}>{line.text}</span>)}
      </pre>
    </Part>
  );
}

const dollars = { style: "currency", currency: "USD", minimumFractionDigits: 2 } as const;

/** The value before it was rounded for the text, where that says more. */
function exact(figure: Figure) {
  const full = figure.value.toLocaleString("en-US", { maximumFractionDigits: 12, ...(figure.unit === "usd" ? dollars : {}) });
  const printed = Number(figure.text.replace(/[^\d.]/g, ""));
  if (printed === Math.abs(figure.value) || figure.unit === "share") return null;
  return <span class="muted"> exactly {full}</span>;
}

const Fact = ({ name, children }: { name: string; children: preact.ComponentChildren }) => (
  <div><dt>{name}</dt><dd>{children}</dd></div>
);

const Part = ({ title, children }: { title: string; children: preact.ComponentChildren }) => (
  <section class="evidence-part"><h3>{title}</h3>{children}</section>
);

function Lines({ title, lines, none }: { title: string; lines?: string[] | undefined; none?: string }) {
  if (!lines?.length && !none) return null;
  return (
    <Part title={title}>
      {lines?.length ? <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul> : <p class="muted">{none}</p>}
    </Part>
  );
}
