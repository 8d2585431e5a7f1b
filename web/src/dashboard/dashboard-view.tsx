import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import { ChartView } from "../charts/chart.tsx";
import { ApiError, type Chart, type Dashboard, type Uncounted, type UsageFigures } from "../client/index.ts";
import { Spinner } from "../shell/icons.tsx";
import { count, duration, instant, plural, share, usd, windowText } from "../text/format.ts";
import { EmptyLog } from "./empty-log.tsx";
import { follow } from "./live-log.ts";
import { change, narrowed, queryOf, splits, toggled, widened, windows, type Question } from "./question.ts";
import { RowsTable } from "./rows-table.tsx";

type Measure = "cost" | "tokens" | "requests" | "latency" | "cache" | "errors";

const measures: Record<Measure, { name: string; unit: string; of: (f: UsageFigures) => number | null }> = {
  cost: { name: "Cost", unit: "usd", of: (f) => f.cost_usd },
  tokens: { name: "Tokens", unit: "tokens", of: (f) => f.input_tokens + f.output_tokens },
  requests: { name: "Calls", unit: "requests", of: (f) => f.requests },
  latency: { name: "95 % answered within", unit: "ms", of: (f) => f.p95_ms ?? null },
  cache: { name: "Input read from a cache", unit: "share", of: (f) => f.cache_read_share ?? null },
  errors: { name: "Calls that failed", unit: "share", of: (f) => f.error_share },
};

/** Spend, tokens, latency, cache and errors as they stand now, by what one likes, down to the single call. */
export function DashboardView() {
  const { workspace } = useChat();
  const [question, setQuestion] = useState<Question>({ window: "last_30_days", by: "model", filters: [] });
  const [measure, setMeasure] = useState<Measure>("cost");
  const [held, setHeld] = useState<Dashboard | null>(null);
  const [empty, setEmpty] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [live, setLive] = useState(true);
  const revision = useRef(-1);
  const asked = useRef(question);
  asked.current = question;

  const read = useCallback(async () => {
    const mine = asked.current;
    try {
      const next = await workspace.api.dashboard(queryOf(mine));
      if (asked.current !== mine) return;
      revision.current = next.revision;
      setHeld(next);
      setEmpty(false);
      setFault(null);
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === 404) {
        // Of an empty log no revision is known; the next growth tells.
        revision.current = (await workspace.api.growth(-1)).revision;
        return setEmpty(true);
      }
      // That the server is away is said at the top, and it is asked again.
      if (!(problem instanceof ApiError && problem.status === 0)) setFault((problem as Error).message);
      throw problem;
    }
  }, [workspace]);

  useEffect(() => void read().catch(() => undefined), [question]);
  useEffect(() => follow(workspace.api, () => revision.current, read, setLive), [workspace]);

  if (empty) return <EmptyLog />;
  if (!held) return <div class="page loading">{fault ? <p class="fault">{fault}</p> : <><Spinner /> Reading the log…</>}</div>;
  const { totals, previous } = held;
  return (
    <div class="page dashboard" data-testid="dashboard" data-revision={held.revision}>
      <header class="page-head">
        <div>
          <h2>Usage</h2>
          <p class="muted">
            {windowText(held.from, held.to)}
            {held.anchored_at ? ", counted back from the log's last call" : held.last_start ? ` · last call ${instant(held.last_start)} UTC` : ""}
            {" · "}<span class={live ? "live" : "away"} data-testid="dashboard-live">{live ? "live" : "not connected, trying again"}</span>
          </p>
        </div>
        <div class="segments" role="group" aria-label="Time span">
          {windows.map(([name, label]) => (
            <button type="button" key={name} aria-pressed={!question.from && question.window === name} data-testid={`window-${name}`}
              onClick={() => setQuestion({ ...wholeSpan(question), window: name })}>{label}</button>
          ))}
          <OwnDays question={question} onChange={setQuestion} />
        </div>
      </header>
      {question.filters.length > 0 && (
        <p class="inline-inputs" data-testid="dashboard-filters">
          <span class="muted">Only</span>
          {question.filters.map((f) => (
            <button type="button" class="chip chosen" key={f.dimension} onClick={() => setQuestion(widened(question, f.dimension))} aria-label={`Remove the filter ${f.dimension}`}>
              {f.dimension.replaceAll("_", " ")}: {f.value ?? "none"} <span aria-hidden="true">×</span>
            </button>
          ))}
        </p>
      )}
      {fault && <p class="fault">{fault}</p>}
      {held.generated_requests > 0 && (
        <p class="generated" data-testid="dashboard-generated">
          {held.generated_requests === totals.requests ? "Generated demonstration data: this organisation does not exist." : `${plural(held.generated_requests, "call")} of these ${count(totals.requests)} are generated demonstration data.`}
        </p>
      )}
      <NotCounted held={held} question={question} onChange={setQuestion} />
      <dl class="tiles">
        <Tile name="Spend" measure="cost" chosen={measure} onChoose={setMeasure} text={usd(totals.cost_usd)} change={change(totals.cost_usd, previous?.cost_usd)}
          note={totals.unpriced_requests > 0 ? `${plural(totals.unpriced_requests, "call")} without a price` : ""} />
        <Tile name="Calls" measure="requests" chosen={measure} onChoose={setMeasure} text={count(totals.requests)} change={change(totals.requests, previous?.requests)} />
        <Tile name="Tokens" measure="tokens" chosen={measure} onChoose={setMeasure} text={compact(totals.input_tokens + totals.output_tokens)}
          change={change(totals.input_tokens + totals.output_tokens, previous && previous.input_tokens + previous.output_tokens)}
          note={`${compact(totals.input_tokens)} in, ${compact(totals.output_tokens)} out`} />
        <Tile name="95 % answered within" measure="latency" chosen={measure} onChoose={setMeasure} text={totals.p95_ms === undefined ? "–" : duration(totals.p95_ms)}
          change={totals.p95_ms === undefined ? undefined : change(totals.p95_ms, previous?.p95_ms)}
          note={totals.median_ms === undefined ? "the log has no times" : `half within ${duration(totals.median_ms)}`} />
        <Tile name="Read from a cache" measure="cache" chosen={measure} onChoose={setMeasure} text={totals.cache_read_share === undefined ? "–" : share(totals.cache_read_share)} note="of input tokens" />
        <Tile name="Failed" measure="errors" chosen={measure} onChoose={setMeasure} text={share(totals.error_share)} note={plural(totals.errors, "call")} />
      </dl>
      {held.series.length > 1 && <ChartView chart={courseOf(held, measure)} />}
      <section>
        <header class="part-head">
          <h3>By</h3>
          <div class="segments" role="group" aria-label="Divide by">
            {splits.map((split) => (
              <button type="button" key={split} aria-pressed={question.by === split} data-testid={`by-${split}`} onClick={() => setQuestion({ ...question, by: split })}>{split.replaceAll("_", " ")}</button>
            ))}
          </div>
        </header>
        <Parts held={held} onNarrow={(value) => setQuestion(narrowed(question, value))} />
      </section>
      <RowsTable question={question} revision={held.revision} />
    </div>
  );
}

const uncounted: Record<Uncounted, string> = {
  duplicates: "recorded by a second source too",
  own_calls: "by Apex's own agents",
};

/** Calls that are in no figure, and the way to count them; what is counted beside the usual says so as well. */
function NotCounted({ held, question, onChange }: { held: Dashboard; question: Question; onChange: (question: Question) => void }) {
  const included = question.include ?? [];
  if (held.not_counted.length === 0 && included.length === 0) return null;
  return (
    <p class="inline-inputs" data-testid="not-counted">
      {held.not_counted.map(({ name, requests, cost_usd }) => (
        <span class="muted" key={name}>
          Not counted: {plural(requests, "call")} {uncounted[name]}, {usd(cost_usd)}.{" "}
          <button type="button" class="link" onClick={() => onChange(toggled(question, name))} data-testid={`include-${name}`}>Count them</button>
        </span>
      ))}
      {included.map((name) => (
        <button type="button" class="chip chosen" key={name} onClick={() => onChange(toggled(question, name))} data-testid={`exclude-${name}`}>
          counting calls {uncounted[name]} <span aria-hidden="true">×</span>
        </button>
      ))}
    </p>
  );
}

/** Without days of one's own. */
function wholeSpan({ from: _from, to: _to, ...rest }: Question): Question {
  return rest;
}

const compactFormat = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const compact = (n: number): string => compactFormat.format(n);

function OwnDays({ question, onChange }: { question: Question; onChange: (question: Question) => void }) {
  const [from, setFrom] = useState(question.from ?? "");
  const [to, setTo] = useState(question.to ?? "");
  useEffect(() => {
    if (from && to && from <= to) onChange({ ...question, from, to });
  }, [from, to]);
  return (
    <span class={`own-days ${question.from ? "pressed" : ""}`}>
      <input type="date" aria-label="First day" value={from} onInput={(e) => setFrom(e.currentTarget.value)} />
      <input type="date" aria-label="Last day" value={to} onInput={(e) => setTo(e.currentTarget.value)} />
    </span>
  );
}

interface TileProps {
  name: string;
  measure: Measure;
  chosen: Measure;
  onChoose: (measure: Measure) => void;
  text: string;
  change?: number | undefined;
  note?: string;
}

/** A figure that, pressed, is what the chart shows. */
function Tile({ name, measure, chosen, onChoose, text, change: moved, note }: TileProps) {
  return (
    <div class={`tile ${measure === chosen ? "chosen" : ""}`} data-testid={`tile-${measure}`}>
      <dt><button type="button" aria-pressed={measure === chosen} onClick={() => onChoose(measure)}>{name}</button></dt>
      <dd>{text}</dd>
      <dd class="tile-note">
        {moved !== undefined && Math.abs(moved) >= 0.0005 && <span class="moved">{moved > 0 ? "▲" : "▼"} {share(Math.abs(moved))}</span>} {moved !== undefined && Math.abs(moved) >= 0.0005 ? "on the span before" : note}
      </dd>
    </div>
  );
}

function courseOf(held: Dashboard, measure: Measure): Chart {
  const { name, unit, of } = measures[measure];
  return {
    id: "course", kind: unit === "share" || unit === "ms" || held.series.length > 62 ? "line" : "bar", title: `${name} by ${held.grain}`,
    labels: held.series.map((point) => (point.key ?? "").replace("T", " ").replace("Z", "")),
    series: [{ name, values: held.series.map(of) }], unit, tool_call_id: "",
  };
}

function Parts({ held, onNarrow }: { held: Dashboard; onNarrow: (value: string | null) => void }) {
  const most = Math.max(...held.parts.map((part) => part.cost_usd), Number.MIN_VALUE);
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={`By ${held.by}`}>
      <table class="data parts" data-testid="dashboard-parts">
        <thead>
          <tr><th scope="col">{held.by.replaceAll("_", " ")}</th>{["Cost", "Calls", "Tokens in", "out", "Cached", "Failed", "95 % within"].map((h) => <th scope="col" class="number" key={h}>{h}</th>)}</tr>
        </thead>
        <tbody>
          {held.parts.map((part) => (
            <tr key={part.key ?? ""}>
              <th scope="row"><button type="button" class="link" onClick={() => onNarrow(part.key ?? null)} data-testid="part">{part.key ?? "none"}</button></th>
              <td class="number barred" style={{ "--share": `${(100 * part.cost_usd) / most}%` }}>{usd(part.cost_usd)}</td>
              <td class="number">{count(part.requests)}</td>
              <td class="number">{compact(part.input_tokens)}</td>
              <td class="number">{compact(part.output_tokens)}</td>
              <td class="number">{part.cache_read_share ? share(part.cache_read_share) : "–"}</td>
              <td class="number">{part.errors > 0 ? share(part.error_share) : "–"}</td>
              <td class="number">{part.p95_ms === undefined ? "–" : duration(part.p95_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {held.other_parts > 0 && <p class="muted">and {plural(held.other_parts, "other")}: narrow the span or filter to see them.</p>}
    </div>
  );
}
