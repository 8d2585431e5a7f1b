import { useEffect, useState } from "preact/hooks";
import { Icon } from "../shell/icons.tsx";

/** Takes files dropped anywhere on the page, and says so while they hover. */
export function DropAnywhere({ onFiles }: { onFiles: (files: File[]) => void }) {
  const [over, setOver] = useState(false);

  useEffect(() => {
    // Enter and leave come for every element passed over; only their balance tells whether the page is left.
    let depth = 0;
    const carriesFiles = (e: DragEvent) => e.dataTransfer?.types.includes("Files") ?? false;
    const enter = (e: DragEvent) => {
      if (!carriesFiles(e)) return;
      depth++;
      setOver(true);
    };
    const leave = (e: DragEvent) => {
      if (carriesFiles(e) && --depth <= 0) setOver(false);
    };
    const hover = (e: DragEvent) => carriesFiles(e) && e.preventDefault();
    const drop = (e: DragEvent) => {
      if (!carriesFiles(e)) return;
      e.preventDefault();
      depth = 0;
      setOver(false);
      const files = [...(e.dataTransfer?.files ?? [])];
      if (files.length > 0) onFiles(files);
    };
    const listeners = [["dragenter", enter], ["dragleave", leave], ["dragover", hover], ["drop", drop]] as const;
    for (const [name, work] of listeners) window.addEventListener(name, work as EventListener);
    return () => {
      for (const [name, work] of listeners) window.removeEventListener(name, work as EventListener);
    };
  }, [onFiles]);

  if (!over) return null;
  return (
    <div class="drop-overlay" data-testid="drop-overlay">
      <div><Icon name="upload" /><strong>Drop to import</strong><span>Usage logs, or price files with “price” in their name</span></div>
    </div>
  );
}
