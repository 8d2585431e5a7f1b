/** The parts of a JSON pointer (RFC 6901). */
export const pointerParts = (pointer: string): string[] =>
  pointer === "" ? [] : pointer.replace(/^\//, "").split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

/** The value a pointer leads to; undefined where it leads nowhere. */
export function valueAt(document: unknown, parts: string[]): unknown {
  let value = document;
  for (const part of parts) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** "row 4 of rows" reads better than "/result/rows/3": places count from one, as people do. */
export function readablePlace(parts: string[]): string[] {
  return parts.map((part) => (/^\d+$/.test(part) ? `#${Number(part) + 1}` : part));
}

export interface JsonLine {
  text: string;
  marked: boolean;
}

const mostLines = 60;

/** The JSON around a place, as lines, with the place marked: its parent whole, and of what is long only the beginning. */
export function jsonAround(document: unknown, parts: string[]): JsonLine[] {
  const parent = valueAt(document, parts.slice(0, -1));
  const key = parts.at(-1);
  if (typeof parent !== "object" || parent === null || key === undefined) return [];
  const entries = Object.entries(parent);
  const list = Array.isArray(parent);
  const index = entries.findIndex(([k]) => k === key);
  const from = list ? Math.max(0, index - 2) : 0;
  const shown = list ? entries.slice(from, index + 3) : entries;

  const lines: JsonLine[] = [{ text: list ? "[" : "{", marked: false }];
  if (from > 0) lines.push({ text: `  … ${from} before`, marked: false });
  for (const [k, v] of shown) {
    const text = brief(v);
    lines.push({ text: `  ${list ? "" : `${JSON.stringify(k)}: `}${text},`, marked: k === key });
  }
  const after = entries.length - from - shown.length;
  if (list && after > 0) lines.push({ text: `  … ${after} after`, marked: false });
  lines.push({ text: list ? "]" : "}", marked: false });
  return lines.length > mostLines ? lines.filter((line, i) => line.marked || i < mostLines) : lines;
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[ … ${value.length} ]`;
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    return keys.length === 0 ? "{}" : `{ ${keys.slice(0, 3).join(", ")}${keys.length > 3 ? ", …" : ""} }`;
  }
  return JSON.stringify(value);
}
