import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chart } from "../client/report.ts";
import { axisTexts, inUnit } from "../text/format.ts";
import { ChartTable } from "./chart-table.tsx";
import { HeatMap } from "./heat-map.tsx";
import { LyingBars } from "./lying-bars.tsx";
import { Marks } from "./marks.tsx";
import { colours, extent, labelStep, ticks } from "./scale.ts";
import { ScatterPlot } from "./scatter.tsx";
import { bottomOf, steps } from "./waterfall.ts";

const height = 260;
const mostLying = 30;
const longLabel = 12;
const margin = { top: 12, right: 20, bottom: 30 };

/** A chart with axes and units, values under the pointer or the arrow keys, and the same figures as a table. */
export function ChartView({ chart, onSource }: { chart: Chart; onSource?: (() => void) | undefined }) {
  const [table, setTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const [box, width] = useWidth();
  const titleId = useId();

  const points = chart.labels.length;
  const stacked = chart.kind === "stacked_bar";
  const [low, high] = chart.kind === "waterfall" ? reach(chart.series[0]?.values ?? []) : extent(chart.series, stacked);
  const marks = ticks(low, high, 5);
  const [bottom, top] = [marks[0]!, marks.at(-1)!];
  const texts = axisTexts(marks, chart.unit);
  const left = Math.max(...texts.map((t) => t.length)) * 6.8 + 12;
  const inner = { width: Math.max(40, width - left - margin.right), height: height - margin.top - margin.bottom };
  const band = inner.width / Math.max(1, points);
  const axis = chart.axis && chart.axis.positions.length > 1 ? chart.axis : undefined;
  const scaled = (v: number) => (axis?.logarithmic ? Math.log10(v) : v);
  const [first, last] = axis ? [scaled(Math.min(...axis.positions)), scaled(Math.max(...axis.positions))] : [0, 1];
  const x = (i: number) => (axis ? left + inner.width * ((scaled(axis.positions[i]!) - first) / (last - first)) : left + band * (i + 0.5));
  const y = (v: number) => margin.top + inner.height * (1 - (v - bottom) / (top - bottom));
  const every = labelStep(chart.labels, band);
  // Names too long to stand under their bars are written beside them.
  const long = Math.max(...chart.labels.map((label) => label.length)) > longLabel;
  const lying = chart.kind === "bar" && long && every > 1 && points <= mostLying && low >= 0;

  const move = (to: number) => setAt(Math.min(points - 1, Math.max(0, to)));
  const onKey = (e: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (step !== undefined) {
      e.preventDefault();
      move((at ?? (step > 0 ? -1 : points)) + step);
    } else if (e.key === "Escape" && at !== null) {
      e.stopPropagation();
      setAt(null);
    }
  };
  const onPointer = (e: PointerEvent) => {
    const area = (e.currentTarget as Element).getBoundingClientRect();
    const at = e.clientX - area.left;
    const nearest = () => chart.labels.reduce((best, _, i) => (Math.abs(x(i) - at) < Math.abs(x(best) - at) ? i : best), 0);
    move(axis ? nearest() : Math.floor((at - left) / band));
  };

  return (
    <figure class="chart" aria-labelledby={titleId} data-testid="chart">
      <figcaption>
        <span id={titleId}>{chart.title}</span>
        <span class="chart-actions">
          {onSource && <button type="button" class="quiet" onClick={onSource}>Source</button>}
          <button type="button" class="quiet" aria-pressed={table} onClick={() => setTable(!table)}>
            {table ? "Chart" : "Table"}
          </button>
        </span>
      </figcaption>
      {chart.series.length > 1 && !table && chart.kind !== "heat_map" && (
        <ul class="legend">
          {chart.series.map((s, i) => (
            <li key={s.name}><i class={`swatch s${i % colours}`} />{s.name}</li>
          ))}
        </ul>
      )}
      <div ref={box} />
      {table ? (
        <ChartTable chart={chart} />
      ) : chart.kind === "heat_map" ? (
        <HeatMap chart={chart} />
      ) : chart.kind === "scatter" && axis ? (
        <ScatterPlot chart={chart} axis={axis} width={width} />
      ) : lying ? (
        <LyingBars chart={chart} />
      ) : (
        <div class="chart-box">
          <svg
            width={width} height={height} tabIndex={0} role="img"
            aria-label={`${chart.title}. ${points} points; arrow keys read them, the Table button shows all.`}
            onPointerMove={onPointer} onPointerLeave={() => setAt(null)} onKeyDown={onKey} onBlur={() => setAt(null)}
          >
            {marks.map((m, i) => (
              <g key={m}>
                <line class={m === 0 ? "axis" : "grid"} x1={left} x2={width - margin.right} y1={y(m)} y2={y(m)} />
                <text class="tick" x={left - 8} y={y(m)} dy="0.32em" text-anchor="end">{texts[i]}</text>
              </g>
            ))}
            {at !== null && <rect class="hover" x={x(at) - band / 2} width={band} y={margin.top} height={inner.height} />}
            <Marks chart={chart} x={x} y={y} band={band} at={at} bottom={bottom} />
            {chart.labels.map((label, i) =>
              i % every === 0 ? (
                <text key={i} class="tick" x={x(i)} y={height - 10} text-anchor="middle">{label}</text>
              ) : null,
            )}
          </svg>
          {chart.kind === "waterfall" && bottom > 0 && <p class="muted axis-note">The axis begins at {texts[0]}.</p>}
          {at !== null && <Values chart={chart} at={at} x={x(at)} width={width} />}
        </div>
      )}
      <p class="sr-only" aria-live="polite">{at === null ? "" : spoken(chart, at)}</p>
    </figure>
  );
}

const reach = (values: (number | null)[]): [number, number] => [bottomOf(values), Math.max(...steps(values).flatMap((step) => [step.from, step.to]))];

function Values({ chart, at, x, width }: { chart: Chart; at: number; x: number; width: number }) {
  const toLeft = x > width / 2;
  const stacked = chart.kind === "stacked_bar";
  const total = chart.series.reduce((sum, s) => sum + (s.values[at] ?? 0), 0);
  return (
    <div class={`tooltip ${toLeft ? "to-left" : ""}`} style={{ left: `${x}px` }} aria-hidden="true">
      <strong>{chart.labels[at]}</strong>
      <table>
        <tbody>
          {chart.series.map((s, i) => {
            const value = s.values[at];
            if (stacked && !value) return null;
            return (
              <tr key={s.name}>
                {chart.series.length > 1 && <th><i class={`swatch s${i % colours}`} />{s.name}</th>}
                <td>{value === null || value === undefined ? "–" : inUnit(value, chart.unit)}</td>
              </tr>
            );
          })}
        </tbody>
        {stacked && chart.series.length > 1 && (
          <tfoot><tr><th>Total</th><td>{inUnit(total, chart.unit)}</td></tr></tfoot>
        )}
      </table>
    </div>
  );
}

const spoken = (chart: Chart, at: number): string =>
  `${chart.labels[at]}: ${chart.series
    .map((s) => {
      const value = s.values[at];
      const text = value === null || value === undefined ? "nothing" : inUnit(value, chart.unit);
      return chart.series.length > 1 ? `${s.name} ${text}` : text;
    })
    .join(", ")}`;

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(200, Math.floor(entry.contentRect.width))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width] as const;
}
