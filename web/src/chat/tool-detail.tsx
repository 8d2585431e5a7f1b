import { useEffect, useState } from "preact/hooks";
import type { Run, ToolCall } from "../client/index.ts";
import { isEnvelope } from "../client/report.ts";
import { Spinner } from "../shell/icons.tsx";
import { useChat } from "./context.ts";
import { DataView } from "./data-view.tsx";

/** What a tool was given and what it found: as tables, not as JSON. */
export function ToolDetail({ tool, run }: { tool: ToolCall; run: Run }) {
  const { showEvidence } = useChat();
  const { value, busy, fault } = useResult(tool);
  const shown = isEnvelope(value) ? value.result : value;
  return (
    <div class="tool-detail">
      {tool.purpose && <p class="muted">{tool.purpose}</p>}
      {hasFields(tool.parameters) && (
        <details>
          <summary>Arguments</summary>
          <DataView value={tool.parameters} label="Arguments" />
        </details>
      )}
      {tool.error && <p class="fault">{tool.error}</p>}
      {busy && <p class="muted"><Spinner /> Reading the result…</p>}
      {fault && <p class="fault">{fault}</p>}
      {shown !== undefined && <DataView value={shown} label={`Result of ${tool.name}`} />}
      {isEnvelope(value) && (
        <button
          type="button" class="quiet"
          onClick={() => showEvidence({ runId: run.id, threadId: run.threadId, toolCallId: tool.id })}
        >
          Evidence and assumptions
        </button>
      )}
    </div>
  );
}

/** A tool's result, fetched where the event only pointed to it. */
export function useResult(tool: ToolCall | undefined): { value: unknown; busy: boolean; fault: string | null } {
  const { workspace } = useChat();
  const [fetched, setFetched] = useState<{ url: string; value?: unknown; fault?: string } | null>(null);
  const url = tool?.resultRef?.url;
  useEffect(() => {
    if (!tool || !url) return;
    let current = true;
    workspace.resultOf(tool).then(
      (value) => current && setFetched({ url, value }),
      (fault: Error) => current && setFetched({ url, fault: fault.message }),
    );
    return () => { current = false; };
  }, [url]);
  if (!url) return { value: tool?.result, busy: false, fault: null };
  const mine = fetched?.url === url ? fetched : null;
  return { value: mine?.value, busy: mine === null, fault: mine?.fault ?? null };
}

const hasFields = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length > 0;
