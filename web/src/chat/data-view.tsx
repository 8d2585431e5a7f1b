import { useState } from "preact/hooks";
import { day, fieldLabel, inUnit, instant, isPeriod, unitOf } from "../text/format.ts";

const firstRows = 20;

/** Any result as a reader wants it: single values side by side, lists of rows as tables, and so on inwards. */
export function DataView({ value, label, field = "" }: { value: unknown; label: string; field?: string }) {
  if (Array.isArray(value)) {
    if (value.length === 0) return <p class="muted">None.</p>;
    if (value.every(isRow)) return <RowsTable rows={value} label={label} />;
    return <p>{value.map((v) => scalar(v, field)).join(", ")}</p>;
  }
  if (!isRow(value)) return <p>{scalar(value, field)}</p>;

  const single = Object.entries(value).filter(([, v]) => !isNested(v));
  const nested = Object.entries(value).filter(([, v]) => isNested(v));
  return (
    <>
      {single.length > 0 && (
        <dl class="facts">
          {single.map(([key, v]) => <div key={key}><dt>{fieldLabel(key)}</dt><dd>{scalar(v, key)}</dd></div>)}
        </dl>
      )}
      {nested.map(([key, v]) => (
        <section key={key} class="nested">
          <h4>{fieldLabel(key)}</h4>
          <DataView value={v} label={`${label}: ${fieldLabel(key)}`} field={key} />
        </section>
      ))}
    </>
  );
}

function RowsTable({ rows, label }: { rows: Record<string, unknown>[]; label: string }) {
  const [all, setAll] = useState(false);
  const columns = [...new Set(rows.slice(0, 200).flatMap((row) => Object.keys(row)))];
  const numeric = new Set(columns.filter((c) => rows.some((r) => typeof r[c] === "number")));
  const shown = all ? rows : rows.slice(0, firstRows);
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={label}>
        <table class="data">
          <thead>
            <tr>{columns.map((c) => <th scope="col" key={c} class={numeric.has(c) ? "number" : ""}>{fieldLabel(c)}</th>)}</tr>
          </thead>
          <tbody>
            {shown.map((row, i) => (
              <tr key={i}>{columns.map((c) => <td key={c} class={numeric.has(c) ? "number" : isPeriod(row[c]) ? "period" : ""}>{cell(row[c], c)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setAll(true)}>Show all {rows.length} rows</button>
      )}
    </>
  );
}

function cell(value: unknown, field: string): string {
  if (isRow(value)) return Object.entries(value).map(([k, v]) => `${k.replaceAll("_", " ")}: ${cell(v, k)}`).join(" · ");
  if (Array.isArray(value)) return value.map((v) => cell(v, field)).join(", ");
  return scalar(value, field);
}

/** One value in the unit its field's name tells. */
export function scalar(value: unknown, field: string): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return inUnit(value, unitOf(field));
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/.test(text)) return /T00:00:00(\.0+)?(Z|\+00:00)$/.test(text) ? day(text) : instant(text);
  return text;
}

const isRow = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNested = (value: unknown): boolean =>
  (isRow(value) && Object.keys(value).length > 0) || (Array.isArray(value) && value.some(isRow));
