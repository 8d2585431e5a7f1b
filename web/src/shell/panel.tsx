import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";

interface PanelProps {
  title: string;
  testId: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Read out and focused anew when it changes: the panel shows another thing. */
  about?: string;
}

/**
 * A sheet beside the conversation, over it on a narrow window. It takes the focus, gives it back, and closes on Escape;
 * the page behind stays usable, so that figures can be compared.
 */
export function Panel({ title, testId, onClose, children, about }: PanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef<Element | null>(null);

  useEffect(() => {
    opener.current = document.activeElement;
    return () => {
      if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
    };
  }, []);
  useEffect(() => heading.current?.focus(), [about]);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => e.key === "Escape" && !e.defaultPrevented && onClose();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);

  return (
    <div class="panel" role="dialog" aria-label={title} data-testid={testId}>
      <header>
        <h2 ref={heading} tabIndex={-1}>{title}</h2>
        <button type="button" class="icon-button" onClick={onClose} aria-label="Close" data-testid="panel-close">
          <Icon name="close" />
        </button>
      </header>
      <div class="panel-body">{children}</div>
    </div>
  );
}
