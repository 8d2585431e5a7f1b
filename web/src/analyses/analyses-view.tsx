import { useEffect, useMemo, useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import { DataView } from "../chat/data-view.tsx";
import { EnvelopeView } from "../chat/evidence-panel.tsx";
import { Grade, gradeMeanings } from "../chat/grade.tsx";
import { ChartView } from "../charts/chart.tsx";
import { ApiError, type Chart, type Envelope, type ToolInfo } from "../client/index.ts";
import { Spinner } from "../shell/icons.tsx";
import { show } from "../shell/view.ts";
import { count, duration, share, windowText } from "../text/format.ts";
import { ArgumentField } from "./argument-field.tsx";
import { argumentsOf, fieldsOf, type FormValues } from "./arguments.ts";

/** Every analysis there is: chosen, asked by a form made from its schema, its result with pictures, tables and evidence. */
export function AnalysesView({ tool }: { tool: string | undefined }) {
  const { workspace } = useChat();
  const [tools, setTools] = useState<ToolInfo[] | null>(null);
  const [wanted, setWanted] = useState("");
  useEffect(() => {
    void workspace.read("analyses", () => workspace.api.tools().then((reply) => setTools(reply.tools)));
  }, [workspace]);

  if (!tools) return <div class="page loading"><Spinner /> Reading what there is…</div>;
  const chosen = tools.find((t) => t.name === tool);
  if (chosen) return <Analysis key={chosen.name} tool={chosen} />;
  const words = wanted.trim().toLowerCase();
  const shown = tools.filter((t) => `${t.number} ${t.name} ${t.purpose}`.toLowerCase().includes(words));
  return (
    <div class="page" data-testid="analyses">
      <header class="page-head">
        <div><h2>Analyses</h2><p class="muted">{tools.length} questions the log can answer by arithmetic. The agents call the same ones.</p></div>
        <input type="search" class="page-search" placeholder="Filter" aria-label="Filter analyses" value={wanted} onInput={(e) => setWanted(e.currentTarget.value)} />
      </header>
      <ul class="cards">
        {shown.map((t) => (
          <li key={t.name}>
            <button type="button" class="card" onClick={() => show({ is: "analyses", tool: t.name })} data-testid={`analysis-${t.name}`}>
              <span class="muted">{t.number}</span>
              <strong>{t.name.replaceAll("_", " ")}</strong>
              <span>{t.purpose}</span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="muted">No analysis has these words.</p>}
    </div>
  );
}

interface Outcome {
  envelope: Envelope;
  charts: Chart[];
  tookMs: number;
}

function Analysis({ tool }: { tool: ToolInfo }) {
  const { workspace } = useChat();
  const fields = useMemo(() => fieldsOf(tool.arguments_schema), [tool]);
  const [values, setValues] = useState<FormValues>({});
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<{ field?: string | undefined; text: string } | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  const run = async () => {
    const read = argumentsOf(fields, values);
    if ("problem" in read) return setWrong({ field: read.field, text: read.problem });
    setWrong(null);
    setBusy(true);
    const began = performance.now();
    try {
      const envelope = await workspace.api.runTool(tool.name, read.args);
      const tookMs = performance.now() - began;
      const { charts } = await workspace.api.charts(envelope);
      setOutcome({ envelope, charts, tookMs });
    } catch (fault) {
      const field = fault instanceof ApiError ? fault.field : undefined;
      setWrong({ field: fields.find((f) => field === f.name || field?.startsWith(`${f.name}.`) || field?.startsWith(`${f.name}[`))?.name, text: (fault as Error).message });
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="page" data-testid="analysis">
      <header class="page-head">
        <div>
          <button type="button" class="link" onClick={() => show({ is: "analyses" })}>All analyses</button>
          <h2>{tool.name.replaceAll("_", " ")} <span class="muted">{tool.number}</span></h2>
          <p class="muted">{tool.purpose}</p>
        </div>
      </header>
      <form class="fields" noValidate onSubmit={(e) => { e.preventDefault(); void run(); }}>
        {fields.map((field) => (
          <ArgumentField
            key={field.name} field={field} value={values[field.name]} wrong={wrong?.field === field.name ? wrong.text : undefined}
            onChange={(value) => setValues((held) => ({ ...held, [field.name]: value }))}
          />
        ))}
        <p class="button-row">
          <button type="submit" class="primary" disabled={busy} data-testid="run-analysis">{busy ? <><Spinner /> Computing…</> : "Compute"}</button>
          {Object.keys(values).length > 0 && <button type="button" class="quiet" onClick={() => setValues({})}>Reset</button>}
        </p>
        {wrong && !wrong.field && <p class="fault" role="alert">{wrong.text}</p>}
      </form>
      {outcome && <Result outcome={outcome} busy={busy} />}
    </div>
  );
}

function Result({ outcome, busy }: { outcome: Outcome; busy: boolean }) {
  const { envelope, charts, tookMs } = outcome;
  const next = envelope.next_tools ?? [];
  return (
    <section class="result" aria-busy={busy} aria-live="polite" data-testid="analysis-result">
      <p class="grade-line">
        <Grade grade={envelope.grade} />
        <span>
          {gradeMeanings[envelope.grade]}{" "}
          <span class="muted">{windowText(envelope.window?.from, envelope.window?.to)} · {count(envelope.rows_used)} rows · {share(envelope.priced_share)} priced · {duration(tookMs)}</span>
        </span>
      </p>
      {charts.map((chart) => <ChartView key={chart.id} chart={chart} />)}
      <DataView value={envelope.result} label={`Result of ${envelope.tool}`} />
      <details class="basis">
        <summary>What it rests on</summary>
        <EnvelopeView envelope={envelope} figure={undefined} />
      </details>
      {next.length > 0 && (
        <p class="inline-inputs">
          <span class="muted">Worth asking next</span>
          {next.map((name) => <button type="button" class="chip" key={name} onClick={() => show({ is: "analyses", tool: name })}>{name.replaceAll("_", " ")}</button>)}
        </p>
      )}
    </section>
  );
}
