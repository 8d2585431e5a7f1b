import type { Chart } from "../client/report.ts";
import { inUnit, isPeriod } from "../text/format.ts";

/** The figures of a chart, for those who read tables better or cannot see pictures. */
export function ChartTable({ chart }: { chart: Chart }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={`${chart.title}, as a table`}>
      <table class="data">
        <thead>
          <tr>
            <th scope="col">{""}</th>
            {chart.axis && <th scope="col" class="number">{chart.axis.title}</th>}
            {chart.series.map((s) => <th scope="col" class="number" key={s.name}>{s.name}</th>)}
          </tr>
        </thead>
        <tbody>
          {chart.labels.map((label, i) => (
            <tr key={i}>
              <th scope="row" class={isPeriod(label) ? "period" : ""}>{label}</th>
              {chart.axis && <td class="number">{inUnit(chart.axis.positions[i] ?? 0, chart.axis.unit)}</td>}
              {chart.series.map((s) => {
                const value = s.values[i];
                return <td class="number" key={s.name}>{value === null || value === undefined ? "–" : inUnit(value, chart.unit)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
