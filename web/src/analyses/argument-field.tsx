import { capitalised } from "../text/format.ts";
import type { Field, Filter } from "./arguments.ts";

interface Props {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
  wrong: string | undefined;
}

/** One argument's place in the form, drawn after its kind. */
export function ArgumentField(props: Props) {
  const { field, wrong } = props;
  const id = `arg-${field.name}`;
  const grouped = field.kind === "choices" || field.kind === "filters" || field.kind === "window";
  const label = grouped ? <span class="field-name" id={id}>{field.label}</span> : <label class="field-name" for={id}>{field.label}</label>;
  return (
    <div class={`field field-${field.kind}`} role={grouped ? "group" : undefined} aria-labelledby={grouped ? id : undefined} data-testid={id}>
      {label}
      <Input {...props} id={id} />
      {wrong ? <p class="fault" role="alert">{wrong}</p> : <p class="muted field-hint">{field.description}</p>}
    </div>
  );
}

function Input({ field, value, onChange, id }: Props & { id: string }) {
  switch (field.kind) {
    case "window": return <WindowInput value={value} fallback={String(field.fallback ?? "all")} onChange={onChange} />;
    case "choices": return <Choices field={field} value={(value ?? field.fallback ?? []) as string[]} onChange={onChange} />;
    case "filters": return <Filters field={field} value={(value ?? []) as Filter[]} onChange={onChange} />;
    case "choice":
      return (
        <select id={id} value={String(value ?? field.fallback ?? "")} onChange={(e) => onChange(e.currentTarget.value)}>
          {field.fallback === undefined && <option value="">as it suits</option>}
          {field.choices.map((choice, i) => <option key={choice} value={choice}>{field.choiceLabels[i] ?? choice.replaceAll("_", " ")}</option>)}
        </select>
      );
    case "flag":
      return <input id={id} type="checkbox" checked={Boolean(value ?? field.fallback)} onChange={(e) => onChange(e.currentTarget.checked)} />;
    case "json":
      return <textarea id={id} rows={3} value={String(value ?? "")} placeholder="JSON" spellcheck={false} onInput={(e) => onChange(e.currentTarget.value)} />;
    case "whole":
    case "number":
      return (
        <input
          id={id} type="number" min={field.min} max={field.max} step={field.kind === "whole" ? 1 : "any"} value={String(value ?? "")}
          placeholder={field.fallback === undefined ? "" : String(field.fallback)} onInput={(e) => onChange(e.currentTarget.value)}
        />
      );
    default:
      return (
        <input
          id={id} value={String(value ?? "")} placeholder={placeholder(field)} onInput={(e) => onChange(e.currentTarget.value)}
        />
      );
  }
}

const placeholder = (field: Field): string => {
  if (Array.isArray(field.fallback)) return field.fallback.join(", ");
  if (field.fallback !== undefined && field.fallback !== null) return String(field.fallback);
  return field.kind === "list" ? "separated by commas" : "";
};

const spans = ["all", "last_7_days", "last_30_days", "last_90_days", "this_month", "last_month", "this_year", "last_year"];

export function WindowInput({ value, fallback, onChange }: { value: unknown; fallback: string; onChange: (value: unknown) => void }) {
  const own = typeof value === "object" && value !== null ? (value as { from: string; to: string }) : null;
  const named = typeof value === "string" && value !== "" ? value : fallback;
  const known = spans.includes(named) ? spans : [...spans, named];
  return (
    <span class="inline-inputs">
      <select
        aria-label="Time span" value={own ? "between" : named}
        onChange={(e) => onChange(e.currentTarget.value === "between" ? { from: "", to: "" } : e.currentTarget.value)}
      >
        {known.map((span) => <option key={span} value={span}>{span === "all" ? "the whole log" : span.replaceAll("_", " ")}</option>)}
        <option value="between">between two days…</option>
      </select>
      {own && <input type="date" aria-label="First day" value={own.from} onInput={(e) => onChange({ ...own, from: e.currentTarget.value })} />}
      {own && <input type="date" aria-label="Last day" value={own.to} onInput={(e) => onChange({ ...own, to: e.currentTarget.value })} />}
    </span>
  );
}

/** Chosen names in their order: the first is the outer one. */
function Choices({ field, value, onChange }: { field: Field; value: string[]; onChange: (value: string[]) => void }) {
  const left = field.choices.filter((choice) => !value.includes(choice));
  return (
    <span class="inline-inputs">
      {value.map((name) => (
        <button type="button" class="chip chosen" key={name} onClick={() => onChange(value.filter((v) => v !== name))} aria-label={`Remove ${name}`}>
          {name.replaceAll("_", " ")} <span aria-hidden="true">×</span>
        </button>
      ))}
      <select aria-label={`Add to ${field.label}`} value="" onChange={(e) => e.currentTarget.value && onChange([...value, e.currentTarget.value])}>
        <option value="">add…</option>
        {left.map((choice) => <option key={choice} value={choice}>{choice.replaceAll("_", " ")}</option>)}
      </select>
    </span>
  );
}

function Filters({ field, value, onChange }: { field: Field; value: Filter[]; onChange: (value: Filter[]) => void }) {
  const change = (at: number, part: Partial<Filter>) => onChange(value.map((f, i) => (i === at ? { ...f, ...part } : f)));
  return (
    <>
      {value.map((filter, i) => (
        <span class="inline-inputs" key={i}>
          <select aria-label="Filter by" value={filter.dimension} onChange={(e) => change(i, { dimension: e.currentTarget.value })}>
            <option value="">choose…</option>
            {field.choices.map((d) => <option key={d} value={d}>{d.replaceAll("_", " ")}</option>)}
          </select>
          <select aria-label="How" value={filter.operator} onChange={(e) => change(i, { operator: e.currentTarget.value })}>
            {field.operators.map((o) => <option key={o} value={o}>{capitalised(o.replaceAll("_", " ")).toLowerCase()}</option>)}
          </select>
          {!filter.operator.startsWith("is_") && (
            <input aria-label="Value" value={filter.values} placeholder="value, value" onInput={(e) => change(i, { values: e.currentTarget.value })} />
          )}
          <button type="button" class="quiet" onClick={() => onChange(value.filter((_, j) => j !== i))}>Remove</button>
        </span>
      ))}
      <button type="button" class="quiet" onClick={() => onChange([...value, { dimension: "", operator: field.operators[0] ?? "equal", values: "" }])}>Add a filter</button>
    </>
  );
}
