import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Figure } from "../client/index.ts";
import type { Workspace } from "../shell/workspace.ts";

/** What the evidence panel shows: a tool call of a run, and the figure that was asked about. */
export interface EvidenceRequest {
  runId: string;
  threadId: string;
  toolCallId: string;
  figure?: Figure;
}

interface ChatContext {
  workspace: Workspace;
  showEvidence: (request: EvidenceRequest) => void;
  openImport: () => void;
  /** Opens the browser's chooser; what is chosen is imported. */
  chooseFiles: (kind: "usage" | "prices") => void;
}

export const Chat = createContext<ChatContext | null>(null);

export function useChat(): ChatContext {
  const context = useContext(Chat);
  if (!context) throw new Error("This part of the page belongs inside the chat.");
  return context;
}
