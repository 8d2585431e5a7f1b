const hex = (count: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(count)), (b) => b.toString(16).padStart(2, "0")).join("");

/** A random id. Not `crypto.randomUUID`, which browsers withhold from pages served over plain http. */
export const newId = (prefix: string): string => `${prefix}_${hex(16)}`;

/** The beginning of a trace, as W3C Trace Context writes it: what the server does for a message is part of it. */
export const newTraceparent = (): string => `00-${hex(16)}-${hex(8)}-01`;
