import type { RefObject } from "preact";

export interface FileInputs {
  usage: RefObject<HTMLInputElement | null>;
  prices: RefObject<HTMLInputElement | null>;
}

/** The browser's own choosers of files, out of sight: buttons anywhere on the page open them. */
export function HiddenFileInputs({ inputs, onFiles }: { inputs: FileInputs; onFiles: (files: File[], kind: "usage" | "prices") => void }) {
  const take = (kind: "usage" | "prices") => (e: { currentTarget: HTMLInputElement }) => {
    const files = [...(e.currentTarget.files ?? [])];
    // Emptied, so that choosing the same file again is noticed.
    e.currentTarget.value = "";
    if (files.length > 0) onFiles(files, kind);
  };
  return (
    <div class="sr-only" aria-hidden="true">
      <input ref={inputs.usage} type="file" multiple tabIndex={-1} data-testid="import-input" onChange={take("usage")} />
      <input ref={inputs.prices} type="file" multiple tabIndex={-1} data-testid="prices-input" onChange={take("prices")} />
    </div>
  );
}
