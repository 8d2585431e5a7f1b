/** How far a figure can be trusted; the meanings stand in docs/analytics.md. */
export type Grade = "A" | "B" | "C" | "D";

export type Unit = "usd" | "tokens" | "requests" | "share" | "ms" | "days" | "count";

/** One number of an answer and where it stands in a result envelope. */
export interface Figure {
  id: string;
  text: string;
  value: number;
  unit: Unit | string;
  tool_call_id: string;
  tool_name: string;
  /** JSON pointer into the envelope, for instance `/result/rows/3/cost_usd`. */
  pointer: string;
  grade: Grade | string;
}

export interface ChartSeries {
  name: string;
  /** One per label; null where there is nothing to show. */
  values: (number | null)[];
}

export interface Chart {
  id: string;
  /** Of a waterfall the first and last values are levels, those between changes; of a heat map labels run across, series down. */
  kind: "line" | "bar" | "stacked_bar" | "histogram" | "scatter" | "waterfall" | "heat_map";
  title: string;
  labels: string[];
  series: ChartSeries[];
  unit: Unit | string;
  tool_call_id: string;
  /** Where points stand at numbers instead of side by side. */
  axis?: ChartAxis;
}

export interface ChartAxis {
  /** One per label. */
  positions: number[];
  unit: Unit | string;
  title: string;
  logarithmic?: boolean;
}

export interface ReportSource {
  tool_call_id: string;
  tool_name: string;
  grade: Grade | string;
  rows_used: number;
  priced_share: number;
  from?: string;
  to?: string;
  assumptions: string[];
  caveats: string[];
}

/** The answer of a run. In `markdown` a figure is a link to `#fig-N` and a chart an image of `#chart-N`. */
export interface Report {
  status: string;
  kind: "full" | "partial" | "guidance" | "emergency";
  title: string;
  markdown: string;
  figures?: Figure[];
  charts?: Chart[];
  sources?: ReportSource[];
  follow_ups?: string[];
  planner: string;
  /** The chat model that was asked first, where another one, or none, gave the words. */
  instead_of?: string;
  /** What calls of chat models for this answer used; absent when none was made. */
  usage?: { input_tokens: number; output_tokens: number; cost_usd: number };
}

/** What a tool found, with everything needed to check it. */
export interface Envelope {
  tool: string;
  version: string;
  args?: unknown;
  window?: { from?: string; to?: string };
  rows_in: number;
  rows_used: number;
  rows_excluded_by_reason?: Record<string, number>;
  priced_share: number;
  price_map_version?: string;
  result: unknown;
  ci95?: Record<string, { low: number; high: number }>;
  grade: Grade | string;
  assumptions?: string[];
  evidence?: {
    query_id?: string;
    group_keys?: string[];
    sample_event_ids?: string[];
    checks?: string[];
  };
  caveats?: string[];
  next_tools?: string[];
}

export function isEnvelope(value: unknown): value is Envelope {
  return (
    typeof value === "object" && value !== null && "tool" in value && "result" in value && "grade" in value
  );
}
