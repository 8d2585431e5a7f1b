import { capitalised } from "../text/format.ts";

/** How an argument is asked for. */
export type FieldKind = "window" | "choices" | "filters" | "list" | "json" | "choice" | "whole" | "number" | "flag" | "text";

/** One argument of an analysis, as its JSON Schema describes it. */
export interface Field {
  name: string;
  label: string;
  description: string;
  kind: FieldKind;
  choices: string[];
  /** How the choices are shown, where their names do not do. */
  choiceLabels: string[];
  operators: string[];
  numbers: boolean;
  fallback: unknown;
  min?: number;
  max?: number;
}

export interface Filter {
  dimension: string;
  operator: string;
  values: string;
}

/** What stands in the form: texts as typed, chosen names, filters row by row. */
export type FormValues = Record<string, unknown>;

interface Schema {
  type?: string;
  title?: string;
  enumNames?: string[];
  description?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  items?: Schema & { properties?: Record<string, Schema> };
  oneOf?: unknown[];
}

export function fieldsOf(schema: { properties?: Record<string, unknown> }): Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const property = value as Schema;
    const filter = property.items?.properties;
    return {
      name,
      label: property.title ?? capitalised(name.replaceAll("_", " ")),
      description: property.description ?? "",
      kind: kindOf(name, property),
      choices: property.enum ?? property.items?.enum ?? filter?.dimension?.enum ?? [],
      choiceLabels: property.enumNames ?? [],
      operators: filter?.operator?.enum ?? [],
      numbers: property.items?.type === "number" || property.items?.type === "integer",
      fallback: property.default,
      ...(property.minimum === undefined ? {} : { min: property.minimum }),
      ...(property.maximum === undefined ? {} : { max: property.maximum }),
    };
  });
}

function kindOf(name: string, schema: Schema): FieldKind {
  if (schema.oneOf) return name === "window" || name.endsWith("window") ? "window" : "json";
  if (schema.enum) return "choice";
  switch (schema.type) {
    case "array":
      if (schema.items?.enum) return "choices";
      if (schema.items?.properties?.dimension && schema.items.properties.operator) return "filters";
      return schema.items?.type === "object" ? "json" : "list";
    case "integer": return "whole";
    case "number": return "number";
    case "boolean": return "flag";
    case "string": return "text";
    default: return "json";
  }
}

/** The arguments that differ from what the tool takes by itself; or the field that cannot be read, and why. */
export function argumentsOf(fields: Field[], values: FormValues): { args: Record<string, unknown> } | { field: string; problem: string } {
  const args: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === "") continue;
    try {
      const read = readValue(field, value);
      if (read !== undefined) args[field.name] = read;
    } catch (fault) {
      return { field: field.name, problem: (fault as Error).message };
    }
  }
  return { args };
}

function readValue(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case "filters":
      return (value as Filter[]).filter((f) => f.dimension !== "").map((f) => {
        const bare = f.operator === "is_missing" || f.operator === "is_present";
        return { dimension: f.dimension, operator: f.operator, values: bare ? [] : parts(f.values) };
      });
    case "choices":
      return value;
    case "list":
      return field.numbers ? parts(String(value)).map((part) => number(field, part)) : parts(String(value));
    case "json":
      try {
        return JSON.parse(String(value));
      } catch {
        throw new Error(`${field.label} is no valid JSON.`);
      }
    case "whole":
    case "number":
      return number(field, String(value));
    case "window": {
      const span = value as string | { from: string; to: string };
      if (typeof span === "string") return span;
      if (!span.from || !span.to) throw new Error(`${field.label} needs a first and a last day.`);
      return { from: `${span.from}T00:00:00Z`, to: dayAfter(span.to) };
    }
    default:
      return value;
  }
}

function number(field: Field, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new Error(`${field.label} is ${text}; it needs a number.`);
  if (field.kind === "whole" && !Number.isInteger(value)) throw new Error(`${field.label} is ${text}; it needs a whole number.`);
  if ((field.min !== undefined && value < field.min && !field.numbers) || (field.max !== undefined && value > field.max && !field.numbers))
    throw new Error(`${field.label} is ${text}; it needs ${field.min} to ${field.max}.`);
  return value;
}

const parts = (text: string): string[] => text.split(",").map((part) => part.trim()).filter((part) => part !== "");

/** People name the last day that is in; a window ends before its end. */
function dayAfter(day: string): string {
  const end = new Date(`${day}T00:00:00Z`);
  end.setUTCDate(end.getUTCDate() + 1);
  return end.toISOString();
}
