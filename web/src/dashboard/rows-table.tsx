import { useEffect, useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import { DataView } from "../chat/data-view.tsx";
import { Spinner } from "../shell/icons.tsx";
import { count, instant, usd } from "../text/format.ts";
import { queryOf, type Question } from "./question.ts";

type Row = Record<string, unknown>;

const perPage = "50";

/** The single calls behind the figures above, newest first; read when they are asked for. */
export function RowsTable({ question, revision }: { question: Question; revision: number }) {
  const { workspace } = useChat();
  const [open, setOpen] = useState(false);
  const [rows, setRows] = useState<Row[]>([]);
  const [next, setNext] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);

  const read = async (before?: string) => {
    setBusy(true);
    try {
      const page = await workspace.api.rows(queryOf(question, { limit: perPage, ...(before ? { before } : {}) }));
      setRows((held) => (before ? [...held, ...page.events] : page.events));
      setNext(page.next);
    } catch (fault) {
      workspace.report(fault);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    if (open) void read();
  }, [open, question, revision]);

  return (
    <details class="calls" open={open} onToggle={(e) => setOpen(e.currentTarget.open)} data-testid="dashboard-rows">
      <summary>The calls themselves, newest first</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Calls">
        <table class="data">
          <thead><tr><th scope="col">When (UTC)</th><th scope="col">Model</th><th scope="col">Feature</th><th scope="col">User</th><th scope="col">Status</th>{["Tokens in", "out", "Cost"].map((h) => <th scope="col" class="number" key={h}>{h}</th>)}</tr></thead>
          <tbody>
            {rows.map((row) => {
              const id = String(row.event_id);
              return [
                <tr key={id} data-testid="call">
                  <th scope="row"><button type="button" class="link" aria-expanded={chosen === id} onClick={() => setChosen(chosen === id ? null : id)}>{instant(String(row.started_at))}</button></th>
                  <td>{text(row.response_model ?? row.request_model)}</td><td>{text(row.feature)}</td><td>{text(row.user_id)}</td><td>{text(row.status)}</td>
                  <td class="number">{count(input(row))}</td><td class="number">{count(output(row))}</td>
                  <td class="number">{typeof row.cost_effective === "number" ? usd(row.cost_effective) : "no price"}</td>
                </tr>,
                chosen === id && <tr key={`${id}-all`}><td colSpan={8}><DataView value={told(row)} label="The logged call" /></td></tr>,
              ];
            })}
          </tbody>
        </table>
      </div>
      {busy && <p class="muted"><Spinner /> Reading…</p>}
      {!busy && rows.length === 0 && <p class="muted">No call is in this span.</p>}
      {next && !busy && <button type="button" class="quiet" onClick={() => void read(next)} data-testid="older-calls">Older calls</button>}
    </details>
  );
}

const text = (value: unknown): string => (value === undefined || value === null || value === "" ? "–" : String(value));
const sum = (row: Row, fields: string[]): number => fields.reduce((total, field) => total + (Number(row[field]) || 0), 0);
const input = (row: Row) => sum(row, ["in_uncached", "in_cache_read", "in_cache_write5m", "in_cache_write1h", "in_cache_write_5m", "in_cache_write_1h", "in_audio", "in_image"]);
const output = (row: Row) => sum(row, ["out_visible", "out_reasoning", "out_audio"]);

/** Of a logged call what says something: no zeros and nothing empty. */
const told = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([, v]) => v !== null && v !== 0 && v !== "" && !(typeof v === "object" && Object.keys(v as object).length === 0)));
