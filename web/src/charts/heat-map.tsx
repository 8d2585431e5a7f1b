import type { Chart } from "../client/report.ts";
import { inUnit } from "../text/format.ts";

/** A grid whose colour is as strong as its value; an empty cell and a weak one do not look alike. */
export function HeatMap({ chart }: { chart: Chart }) {
  const most = Math.max(Number.MIN_VALUE, ...chart.series.flatMap((s) => s.values.map((v) => v ?? 0)));
  const every = Math.max(1, Math.ceil(chart.labels.length / 12));
  return (
    <div class="heat" style={{ "--columns": chart.labels.length }} role="img" aria-label={`${chart.title}. The Table button shows its values.`}>
      {chart.series.map((s) => (
        <div class="heat-row" key={s.name}>
          <span class="heat-name">{s.name}</span>
          {chart.labels.map((label, i) => {
            const value = s.values[i] ?? 0;
            return (
              <i key={i} class={value > 0 ? "heat-cell" : "heat-cell none"} title={`${s.name} ${label}: ${value > 0 ? inUnit(value, chart.unit) : "none"}`}
                style={value > 0 ? { opacity: 0.1 + (0.9 * value) / most } : {}} />
            );
          })}
        </div>
      ))}
      <div class="heat-row heat-labels" aria-hidden="true">
        <span class="heat-name" />
        {chart.labels.map((label, i) => <span key={i}>{i % every === 0 ? label : ""}</span>)}
      </div>
    </div>
  );
}
