import type { Chart } from "../client/report.ts";
import { inUnit } from "../text/format.ts";
import { colours, linePath } from "./scale.ts";
import { steps } from "./waterfall.ts";

interface Place {
  chart: Chart;
  x: (i: number) => number;
  y: (v: number) => number;
  /** Width of one point's share of the axis. */
  band: number;
  at: number | null;
  /** Where the axis begins. */
  bottom: number;
}

/** What a chart draws for its values. */
export function Marks(place: Place) {
  switch (place.chart.kind) {
    case "line": return <Lines {...place} />;
    case "scatter": return <Dots {...place} />;
    case "stacked_bar": return <Stacks {...place} />;
    case "waterfall": return <Waterfall {...place} />;
    default: return <Bars {...place} />;
  }
}

function Lines({ chart, x, y, at }: Place) {
  const single = chart.series.length === 1;
  return (
    <>
      {chart.series.map((s, i) => {
        const path = linePath(s.values, x, y);
        const whole = single && s.values.length > 1 && s.values.every((v) => v !== null);
        const value = at === null ? null : s.values[at];
        return (
          <g key={s.name} class={`s${i % colours}`}>
            {whole && <path class="area" d={`${path}L${x(s.values.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`} />}
            <path class="line" d={path} />
            {lonely(s.values).map((j) => <circle key={j} class="dot" cx={x(j)} cy={y(s.values[j]!)} r={2.5} />)}
            {value !== null && value !== undefined && <circle class="dot" cx={x(at!)} cy={y(value)} r={4} />}
          </g>
        );
      })}
    </>
  );
}

function Dots({ chart, x, y, at }: Place) {
  return (
    <>
      {chart.series.map((s, i) => (
        <g key={s.name} class={`s${i % colours}`}>
          {s.values.map((v, j) =>
            v === null ? null : <circle key={j} class="dot" cx={x(j)} cy={y(v)} r={at === j ? 5.5 : 3.5} />,
          )}
        </g>
      ))}
    </>
  );
}

function Bars({ chart, x, y, band }: Place) {
  const gap = chart.kind === "histogram" ? Math.min(1, band * 0.1) : Math.min(12, band * 0.28);
  const each = Math.min(64, (band - gap) / chart.series.length);
  const group = each * chart.series.length;
  return (
    <>
      {chart.series.map((s, i) => (
        <g key={s.name} class={`s${i % colours}`}>
          {s.values.map((v, j) =>
            v === null ? null : (
              <rect key={j} class="bar" x={x(j) - group / 2 + i * each} width={Math.max(1, each - (chart.series.length > 1 ? 1 : 0))}
                y={Math.min(y(v), y(0))} height={Math.max(v === 0 ? 0 : 1, Math.abs(y(v) - y(0)))} rx={Math.min(2, each / 4)} />
            ),
          )}
        </g>
      ))}
    </>
  );
}

function Stacks({ chart, x, y, band }: Place) {
  const width = Math.min(64, band - Math.min(12, band * 0.28));
  const below = new Array<number>(chart.labels.length).fill(0);
  const above = new Array<number>(chart.labels.length).fill(0);
  return (
    <>
      {chart.series.map((s, i) => (
        <g key={s.name} class={`s${i % colours}`}>
          {s.values.map((v, j) => {
            if (!v) return null;
            const base = v > 0 ? above : below;
            const from = base[j] ?? 0;
            base[j] = from + v;
            const [high, low] = [y(Math.max(from, from + v)), y(Math.min(from, from + v))];
            return <rect key={j} class="bar" x={x(j) - width / 2} width={width} y={high} height={Math.max(0.5, low - high)} />;
          })}
        </g>
      ))}
    </>
  );
}

/** What pushed the cost up against what pulled it down, from one level to the next. */
function Waterfall({ chart, x, y, band, bottom }: Place) {
  const values = chart.series[0]?.values ?? [];
  const all = steps(values);
  const width = Math.min(70, band * 0.66);
  return (
    <g>
      {all.map((step, i) => {
        const rises = step.to >= step.from;
        const top = y(Math.max(step.from, step.to));
        // A level stands on the axis, wherever that begins.
        const foot = step.level ? y(Math.max(0, bottom)) : y(Math.min(step.from, step.to));
        return (
          <g key={i}>
            <rect class={step.level ? "level" : rises ? "up" : "down"} x={x(i) - width / 2} width={width} y={Math.min(top, foot)} height={Math.max(1.5, Math.abs(foot - top))} />
            <text class="tick name" x={x(i)} y={top - 5} text-anchor="middle">{!step.level && rises ? "+" : ""}{inUnit(values[i] ?? 0, chart.unit)}</text>
            {i < all.length - 1 && <line class="link" x1={x(i) + width / 2} x2={x(i + 1) - width / 2} y1={y(step.to)} y2={y(step.to)} />}
          </g>
        );
      })}
    </g>
  );
}

/** Points with nothing on either side: a line would not show them. */
function lonely(values: (number | null)[]): number[] {
  return values.flatMap((v, i) => (v !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : []));
}
