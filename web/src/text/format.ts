const locale = "en-US";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 });
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });

const money = (digits: number) =>
  new Intl.NumberFormat(locale, {
    style: "currency", currency: "USD", minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits,
  });
const moneyByDigits = [money(0), money(2), money(4), money(6)] as const;

export const count = (n: number): string => whole.format(n);

export const share = (n: number): string => percent.format(n);

export function usd(n: number): string {
  const size = Math.abs(n);
  if (size >= 0.1 || size === 0) return moneyByDigits[1].format(n);
  return moneyByDigits[size >= 0.001 ? 2 : 3].format(n);
}

/** 840 ms · 3.2 s · 48 s · 2 min 05 s */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(seconds / 3_600)} h ${String(Math.floor((seconds % 3_600) / 60)).padStart(2, "0")} min`;
}

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let size = n;
  let unit = 0;
  while (size >= 1_000 && unit < units.length - 1) {
    size /= 1_000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${units[unit]}`;
}

export function inUnit(given: number, unit: string): string {
  // A computed nothing may carry a sign.
  const value = given === 0 ? 0 : given;
  switch (unit) {
    case "usd": return usd(value);
    case "share": return share(value);
    case "ms": return duration(value);
    case "days": return `${fine.format(value)} d`;
    default: return Number.isInteger(value) ? whole.format(value) : fine.format(value);
  }
}

/** The texts of an axis: short, in its unit, and all with as many decimals as the finest needs. */
export function axisTexts(values: number[], unit: string): string[] {
  if (unit === "share") return values.map((v) => percent.format(v));
  if (unit === "ms") return values.map(duration);
  const largest = Math.max(...values.map(Math.abs));
  const needed = Math.max(...values.map((v) => (String(v).split(".")[1] ?? "").length));
  const digits = unit === "usd" && needed === 1 ? 2 : Math.min(needed, 6);
  return values.map((v) => {
    const text = largest >= 1_000 ? compact.format(Math.abs(v)) : Math.abs(v).toFixed(digits);
    return `${v < 0 ? "-" : ""}${unit === "usd" ? "$" : ""}${text}`;
  });
}

/** The unit a field's name ends in, as the tools name their fields. */
export function unitOf(field: string): string {
  const last = field.split(/[/.]/).at(-1) ?? "";
  if (/(^|_)(share|ratio|rate)$|_share_of_/.test(last)) return "share";
  if (/(^|_)(usd|cost|spend)$/.test(last) || /_usd_|^cost_(list|recorded|effective)$/.test(last)) return "usd";
  if (/_ms$/.test(last)) return "ms";
  if (/_days$/.test(last)) return "days";
  return "count";
}

/** cost_usd_per_request → Cost usd per request, without the unit where the values show it. */
export function fieldLabel(field: string): string {
  return capitalised(field.replace(/_(usd|ms)(?=_|$)/, "").replaceAll("_", " ").trim());
}

/** A month, a day or an hour as the tools write them: they must not break at their hyphens. */
export const isPeriod = (value: unknown): boolean => typeof value === "string" && /^\d{4}-(\d\d|Q\d)(-\d\d([T ][\d:]+Z?)?)?$/.test(value);

export const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Usage is kept and asked for in UTC, so its days are UTC days. */
export const day = (iso: string): string => dayFormat.format(new Date(iso));

const instantFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC",
});

export const instant = (iso: string): string => instantFormat.format(new Date(iso)).replace(",", "");

/** A window ends before its last instant: one that ends at midnight shows the day before. */
export function windowText(from?: string, to?: string): string {
  if (!from && !to) return "all rows";
  const last = to ? day(new Date(Date.parse(to) - 1).toISOString()) : "now";
  const first = from ? day(from) : "start";
  return first === last ? first : `${first} – ${last}`;
}

/** For lists of conversations: the time today, else the day. */
export function moment(iso: string, now = Date.now()): string {
  const at = new Date(iso);
  if (new Date(now).toDateString() === at.toDateString()) return timeFormat.format(at);
  return dayFormat.format(at).replace(` ${new Date(now).getFullYear()}`, "");
}

/** Until when something can be done: with the time, for a day alone would leave its end open. */
export function deadline(iso: string, now = Date.now()): string {
  const day = moment(iso, now);
  const time = timeFormat.format(new Date(iso));
  return day === time ? time : `${day}, ${time}`;
}

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
