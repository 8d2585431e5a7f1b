import type { Chart, ChartAxis } from "../client/report.ts";
import { axisTexts, inUnit } from "../text/format.ts";
import { ticks } from "./scale.ts";

const height = 300;
const margin = { top: 14, right: 24, bottom: 46 };

/** Points at numbers on both axes. The first series matters: a line joins its points and they are named; others stand behind. */
export function ScatterPlot({ chart, axis, width }: { chart: Chart; axis: ChartAxis; width: number }) {
  const values = chart.series.flatMap((s) => s.values.filter((v): v is number => v !== null));
  const marks = ticks(Math.min(...values, Math.max(...values) * 0.8), Math.max(...values), 5);
  const xMarks = axis.logarithmic ? powers(Math.min(...axis.positions), Math.max(...axis.positions)) : ticks(0, Math.max(...axis.positions), 6);
  const texts = axisTexts(marks, chart.unit);
  const xTexts = axisTexts(xMarks, axis.unit);
  const left = Math.max(...texts.map((t) => t.length)) * 6.8 + 12;
  const scaled = (v: number) => (axis.logarithmic ? Math.log10(v) : v);
  const [from, to] = [scaled(xMarks[0]!), scaled(xMarks.at(-1)!)];
  const x = (v: number) => left + (width - left - margin.right) * ((scaled(v) - from) / (to - from || 1));
  const y = (v: number) => margin.top + (height - margin.top - margin.bottom) * (1 - (v - marks[0]!) / (marks.at(-1)! - marks[0]!));
  const points = (s: number) =>
    chart.labels.flatMap((label, i) => {
      const value = chart.series[s]?.values[i];
      return value === null || value === undefined ? [] : [{ label, value, at: axis.positions[i]! }];
    });
  const front = points(0).sort((a, b) => a.at - b.at);
  const told = (p: { label: string; value: number; at: number }) => `${p.label}: ${inUnit(p.value, chart.unit)} at ${inUnit(p.at, axis.unit)}`;
  return (
    <svg width={width} height={height} role="img" aria-label={`${chart.title}. The Table button shows its values.`}>
      {marks.map((m, i) => (
        <g key={m}>
          <line class="grid" x1={left} x2={width - margin.right} y1={y(m)} y2={y(m)} />
          <text class="tick" x={left - 8} y={y(m)} dy="0.32em" text-anchor="end">{texts[i]}</text>
        </g>
      ))}
      {xMarks.map((m, i) => (
        <g key={m}>
          <line class="grid" x1={x(m)} x2={x(m)} y1={margin.top} y2={height - margin.bottom} />
          <text class="tick" x={x(m)} y={height - margin.bottom + 17} text-anchor="middle">{xTexts[i]}</text>
        </g>
      ))}
      <text class="tick" x={width - margin.right} y={height - 8} text-anchor="end">{axis.title}</text>
      {chart.series.slice(1).map((_, s) => (
        <g key={s} class="s7 behind">{points(s + 1).map((p) => <circle key={p.label} class="dot" cx={x(p.at)} cy={y(p.value)} r={4}><title>{told(p)}</title></circle>)}</g>
      ))}
      <path class="front" d={front.map((p, i) => `${i ? "L" : "M"}${x(p.at).toFixed(1)} ${y(p.value).toFixed(1)}`).join("")} />
      <g class="s0">
        {front.map((p) => {
          const toLeft = x(p.at) > width * 0.7;
          return (
            <g key={p.label}>
              <circle class="dot" cx={x(p.at)} cy={y(p.value)} r={5}><title>{told(p)}</title></circle>
              <text class="tick name" x={x(p.at) + (toLeft ? -9 : 9)} y={y(p.value) - 7} text-anchor={toLeft ? "end" : "start"}>{p.label.length > 30 ? `${p.label.slice(0, 29)}…` : p.label}</text>
            </g>
          );
        })}
      </g>
    </svg>
  );
}

/** Powers of ten from at most `low` to at least `high`. */
export function powers(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}
