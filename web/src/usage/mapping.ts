import type { ColumnMapping as Mapping, Preview } from "../client/index.ts";

export type TimeUnit = NonNullable<Mapping["time_unit"]>;

/** The fields most files have, in the order a person looks for them; the others are added by choice. */
export const usualFields: [field: string, title: string, needed: boolean][] = [
  ["ts_start", "Start", true],
  ["input_tokens", "Input tokens", true],
  ["output_tokens", "Output tokens", true],
  ["request_model", "Model", false],
  ["provider", "Provider", false],
  ["cache_read_tokens", "Cached input tokens", false],
  ["reasoning_tokens", "Reasoning tokens", false],
  ["total_tokens", "All tokens", false],
  ["cost", "Cost", false],
  ["source_id", "Id of the call", false],
  ["duration_ms", "Duration, ms", false],
  ["status", "Status", false],
  ["user_id", "User", false],
  ["feature", "Feature", false],
  ["conversation_id", "Conversation", false],
];

export const moreFields = [
  "ts_end", "ts_first_token", "response_model", "deployment", "region", "service_tier", "operation", "cache_write_5m_tokens",
  "cache_write_1h_tokens", "finish_reason", "http_status", "error_type", "end_user_id", "team_id", "environment", "trace_id", "span_id",
  "turn", "prompt_hash", "quality_score", "outcome", "api_key",
];

export const timeUnits: [TimeUnit, string][] = [
  ["iso", "date and time"], ["unix_s", "seconds since 1970"], ["unix_ms", "milliseconds since 1970"],
];

/** Puts a column to a field, or takes it away; a field read from a column has no constant. */
export function withColumn(mapping: Mapping, field: string, column: string): Mapping {
  const columns = { ...mapping.columns };
  const constants = { ...mapping.constants };
  delete columns[field];
  delete constants[field];
  if (column !== "") columns[field] = column;
  return { ...mapping, columns, constants };
}

/** What the mapping lacks, in a sentence; undefined when it can be tried. */
export function lacks(mapping: Mapping): string | undefined {
  const missing = usualFields.filter(([field, , needed]) => needed && !mapping.columns[field]).map(([, title]) => title.toLowerCase());
  if (missing.length > 0) return `Choose a column for ${missing.join(", ")}.`;
  return /^[A-Za-z0-9._-]{1,64}$/.test(mapping.name) ? undefined : "Name it with letters, digits, dots, dashes or underscores.";
}

/** The first value of a column in the sample, for a hint beside its name. */
export const exampleOf = (preview: Preview, column: string): string => {
  const at = preview.columns.indexOf(column);
  return at < 0 ? "" : (preview.sample.map((row) => row[at] ?? "").find((value) => value !== "") ?? "");
};
