import { useEffect, useRef, useState } from "preact/hooks";
import type { Workspace } from "../shell/workspace.ts";
import { Spinner } from "../shell/icons.tsx";
import { plural } from "../text/format.ts";
import type { ColumnMapping as Mapping, Preview } from "../client/index.ts";
import { exampleOf, lacks, moreFields, timeUnits, usualFields, withColumn, type TimeUnit } from "./mapping.ts";
import { PreviewTable } from "./preview-table.tsx";
import { usageLog } from "./usage-log.ts";

const waitMs = 350;

interface EditorProps {
  workspace: Workspace;
  file: File;
  onClose: () => void;
  /** The file is on its way again, now by its mapping. */
  onImported: () => void;
}

/** Says which column of a file holds what, with the first rows as they would be stored; saves it and imports the file by it. */
export function MappingEditor({ workspace, file, onClose, onImported }: EditorProps) {
  const [mapping, setMapping] = useState<Mapping | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [fault, setFault] = useState("");
  const [saving, setSaving] = useState(false);
  const [extra, setExtra] = useState<string[]>([]);
  const problem = mapping ? lacks(mapping) : undefined;
  const asked = useRef(0);

  useEffect(() => {
    // The last question counts: answers to earlier ones are out of date.
    const mine = ++asked.current;
    const ask = async () => {
      try {
        const told = await workspace.api.previewImport(file, mapping && !lacks({ ...mapping, name: "x" }) ? { ...mapping, name: "x" } : undefined);
        if (mine !== asked.current) return;
        setPreview(told);
        setFault("");
        if (!mapping) setMapping({ ...(told.suggestion ?? { columns: {} }), name: nameOf(file) });
      } catch (wrong) {
        if (mine === asked.current) setFault((wrong as Error).message);
      }
    };
    const timer = setTimeout(() => void ask(), mapping ? waitMs : 0);
    return () => clearTimeout(timer);
  }, [mapping?.columns, mapping?.constants, mapping?.time_unit, mapping?.delimiter, mapping?.input_excludes_cached, file]);

  const save = async (form: Event) => {
    form.preventDefault();
    if (!mapping || problem) return;
    setSaving(true);
    try {
      await workspace.api.saveMapping(mapping.name, mapping);
      usageLog(workspace).add([file], "usage", mapping.name);
      onImported();
    } catch (wrong) {
      setFault((wrong as Error).message);
      setSaving(false);
    }
  };

  if (!mapping || !preview) {
    return fault ? <p class="fault">{fault}</p> : <p class="muted"><Spinner /> Looking into {file.name}…</p>;
  }
  if (preview.columns.length === 0) {
    return <p class="fault">{preview.problem ?? "The file has no columns that could be mapped."}</p>;
  }

  const change = (fields: Partial<Mapping>) => setMapping({ ...mapping, ...fields });
  const fields = [...usualFields, ...extra.map((field): [string, string, boolean] => [field, field.replaceAll("_", " "), false])];
  return (
    <form class="mapping" onSubmit={save} data-testid="mapping-editor">
      <p class="muted">{plural(preview.columns.length, "column")} in {file.name}. Say which holds what; the rest is left out.</p>
      <div class="mapping-fields">
        {fields.map(([field, title, needed]) => (
          <label key={field}>
            <span>{title}{needed && <abbr title="needed"> *</abbr>}</span>
            <select
              value={mapping.columns[field] ?? ""} data-testid={`map-${field}`}
              onChange={(e) => setMapping(withColumn(mapping, field, e.currentTarget.value))}
            >
              <option value="">–</option>
              {preview.columns.map((column) => <option key={column} value={column}>{optionText(preview, column)}</option>)}
            </select>
          </label>
        ))}
        <label>
          <span>Another field</span>
          <select value="" onChange={(e) => e.currentTarget.value && setExtra([...extra, e.currentTarget.value])}>
            <option value="">add…</option>
            {moreFields.filter((field) => !extra.includes(field)).map((field) => <option key={field} value={field}>{field.replaceAll("_", " ")}</option>)}
          </select>
        </label>
        <label>
          <span>Times are</span>
          <select value={mapping.time_unit ?? "iso"} data-testid="map-time-unit" onChange={(e) => change({ time_unit: e.currentTarget.value as TimeUnit })}>
            {timeUnits.map(([unit, title]) => <option key={unit} value={unit}>{title}</option>)}
          </select>
        </label>
        <label>
          <span>Cached tokens are</span>
          <select
            value={mapping.input_excludes_cached ? "beside" : "within"}
            onChange={(e) => change({ input_excludes_cached: e.currentTarget.value === "beside" })}
          >
            <option value="within">part of the input</option>
            <option value="beside">on top of the input</option>
          </select>
        </label>
        <label>
          <span>Save it as</span>
          <input value={mapping.name} maxLength={64} data-testid="map-name" onInput={(e) => change({ name: e.currentTarget.value })} />
        </label>
      </div>
      {problem ? <p class="muted">{problem}</p> : <PreviewTable preview={preview} />}
      {fault && <p class="fault">{fault}</p>}
      <p class="button-row">
        <button type="submit" class="small" disabled={saving || !!problem || preview.calls.length === 0} data-testid="map-save">Save and import</button>
        <button type="button" class="quiet" onClick={onClose}>Cancel</button>
      </p>
    </form>
  );
}

const nameOf = (file: File) =>
  (file.name.replace(/\.(gz|csv|tsv|txt|jsonl?|ndjson|parquet)/gi, "").replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 64) || "own");

function optionText(preview: Preview, column: string): string {
  const example = exampleOf(preview, column);
  return example === "" ? column : `${column} (${example.length > 24 ? example.slice(0, 24) + "…" : example})`;
}
