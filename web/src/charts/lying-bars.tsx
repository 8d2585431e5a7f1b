import type { Chart } from "../client/report.ts";
import { inUnit } from "../text/format.ts";
import { colours } from "./scale.ts";

/** Bars from left to right, each with its name before and its value behind it. */
export function LyingBars({ chart }: { chart: Chart }) {
  const highest = Math.max(...chart.series.flatMap((s) => s.values.map((v) => v ?? 0)), Number.MIN_VALUE);
  return (
    <ul class="lying">
      {chart.labels.map((label, i) => (
        <li key={i}>
          <span class="lying-name" title={label}>{label}</span>
          {chart.series.map((s, j) => {
            const value = s.values[i];
            return (
              <span key={s.name} class="lying-bar">
                <i class={`s${j % colours}`} style={{ width: `${(100 * (value ?? 0)) / highest}%` }} />
                {chart.series.length > 1 && <span class="sr-only">{s.name}</span>}
                <span>{value === null || value === undefined ? "–" : inUnit(value, chart.unit)}</span>
              </span>
            );
          })}
        </li>
      ))}
    </ul>
  );
}
