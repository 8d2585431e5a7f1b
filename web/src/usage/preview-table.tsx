import { count, plural } from "../text/format.ts";
import type { Preview } from "../client/index.ts";

const shownRows = 5;

/** The first rows as they would be stored, and those that would not be. */
export function PreviewTable({ preview }: { preview: Preview }) {
  if (preview.problem) return <p class="fault">{preview.problem}</p>;
  return (
    <>
      {preview.calls.length > 0 && (
        <div class="table-scroll" tabIndex={0} role="region" aria-label="Preview">
          <table class="data" data-testid="mapping-preview">
            <thead>
              <tr>
                <th scope="col">Start</th><th scope="col">Model</th><th scope="col" class="number">Input</th>
                <th scope="col" class="number">Cached</th><th scope="col" class="number">Output</th><th scope="col" class="number">Cost</th>
              </tr>
            </thead>
            <tbody>
              {preview.calls.slice(0, shownRows).map((call, i) => (
                <tr key={i}>
                  <td>{String(call.started_at ?? "").slice(0, 19).replace("T", " ")}</td>
                  <td>{String(call.response_model ?? call.request_model ?? "–")}</td>
                  <td class="number">{count(Number(call.input_total ?? 0))}</td>
                  <td class="number">{count(Number(call.in_cache_read ?? 0))}</td>
                  <td class="number">{count(Number(call.output_total ?? 0))}</td>
                  <td class="number">{call.cost_list === undefined ? "no price" : `$${Number(call.cost_list).toPrecision(3)}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {preview.rejected.length > 0 && (
        <p class="fault">
          {plural(preview.rejected.length, "row")} of the first would be rejected, line {preview.rejected[0]!.line} because of{" "}
          {preview.rejected[0]!.field} “{preview.rejected[0]!.value}”: {preview.rejected[0]!.reason}.
        </p>
      )}
    </>
  );
}
