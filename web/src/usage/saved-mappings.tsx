import { useEffect, useState } from "preact/hooks";
import type { Workspace } from "../shell/workspace.ts";

/** The organisation's saved ways of reading its own files; nothing where there is none. */
export function SavedMappings({ workspace, revision }: { workspace: Workspace; revision: number }) {
  const [names, setNames] = useState<string[]>([]);
  const read = async () => setNames((await workspace.api.mappings()).names);
  // One is saved when a file goes on its way by it.
  useEffect(() => void workspace.read("mappings", read), [revision]);

  const remove = async (name: string) => {
    try {
      await workspace.api.removeMapping(name);
      await read();
    } catch (fault) {
      workspace.report(fault);
    }
  };
  if (names.length === 0) return null;
  return (
    <details class="assumed" data-testid="saved-mappings">
      <summary>Mappings of columns</summary>
      <ul class="price-list">
        {names.map((name) => (
          <li key={name} data-testid="saved-mapping">
            <strong>{name}</strong>
            <button type="button" class="quiet" onClick={() => void remove(name)} aria-label={`Delete the mapping ${name}`}>Delete</button>
          </li>
        ))}
      </ul>
      <p class="muted">What was imported by one stays.</p>
    </details>
  );
}
