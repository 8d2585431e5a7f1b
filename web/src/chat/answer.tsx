import { memo } from "../shell/memo.ts";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ChartView } from "../charts/chart.tsx";
import type { Message, Report } from "../client/index.ts";
import { Icon } from "../shell/icons.tsx";
import { count, duration, plural, share, usd, windowText } from "../text/format.ts";
import { segments } from "../text/markdown.ts";
import { useChat } from "./context.ts";
import { Grade } from "./grade.tsx";

const kinds: Record<string, string> = {
  partial: "Partial answer: some of the work could not be done",
  guidance: "Guidance rather than an answer",
  emergency: "Short answer: the full report could not be written",
};

/** The reply to a question: text, tables, charts, figures that show where they come from, and what to ask next. */
export const Answer = memo(function Answer({ message, durationMs }: { message: Message; durationMs?: number | undefined }) {
  const { workspace } = useChat();
  const report = message.metadata?.report;
  return (
    <article class="answer" data-testid="answer" data-message={message.id}>
      {report && kinds[report.kind] && <p class={`answer-kind ${report.kind}`}><Icon name="warning" /> {kinds[report.kind]}</p>}
      {message.metadata?.partial && (
        <p class="answer-kind partial" data-testid="unfinished"><Icon name="warning" /> Not finished: what was found until the run {message.metadata.partial.state === "failed" ? "failed" : "was stopped"}</p>
      )}
      {report?.instead_of && <p class="muted written-instead" data-testid="written-instead">{writtenInstead(report, report.instead_of)}</p>}
      <Prose markdown={report?.markdown ?? message.content} report={report} runId={message.run_id} threadId={message.thread_id} />
      {report && <Footer message={message} report={report} durationMs={durationMs} />}
      {report?.follow_ups && report.follow_ups.length > 0 && (
        <ul class="follow-ups" aria-label="Questions to ask next">
          {report.follow_ups.map((question) => (
            <li key={question}>
              <button type="button" class="chip" onClick={() => workspace.say(question)} data-testid="follow-up">{question}</button>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
});

interface ProseProps {
  markdown: string;
  report?: Report | undefined;
  runId?: string | undefined;
  threadId: string;
}

/** Markdown with its figures as buttons and its charts drawn. */
export function Prose({ markdown, report, runId, threadId }: ProseProps) {
  const { showEvidence } = useChat();
  const pieces = useMemo(() => segments(markdown), [markdown]);

  const onClick = (e: MouseEvent) => {
    const id = (e.target as Element).closest("[data-figure]")?.getAttribute("data-figure");
    const figure = report?.figures?.find((f) => f.id === id);
    if (figure && runId) showEvidence({ runId, threadId, toolCallId: figure.tool_call_id, figure });
  };

  return (
    <div class="prose" onClick={onClick}>
      {pieces.map((piece, i) => {
        if ("html" in piece) {
          const text = <div key={i} class="text" dangerouslySetInnerHTML={{ __html: scrollable(piece.html) }} />;
          return piece.fold ? <Folded key={i} title={piece.fold} notes={piece.notes ?? 0}>{text}</Folded> : text;
        }
        const chart = report?.charts?.find((c) => c.id === piece.chart);
        if (!chart) return null;
        const source = runId ? () => showEvidence({ runId, threadId, toolCallId: chart.tool_call_id }) : undefined;
        return <ChartView key={i} chart={chart} onSource={source} />;
      })}
    </div>
  );
}

/** Read by who wants to know; on paper everything stands open. */
function Folded({ title, notes, children }: { title: string; notes: number; children: ComponentChildren }) {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const open = () => box.current?.setAttribute("open", "");
    window.addEventListener("beforeprint", open);
    return () => window.removeEventListener("beforeprint", open);
  }, []);
  return (
    <details class="folded" ref={box} data-testid="method">
      <summary><h2>{title}</h2>{notes > 0 && <span>{plural(notes, "note")}</span>}</summary>
      {children}
    </details>
  );
}

/** Tables scroll by themselves where the window is narrow, and by keyboard too; what belongs together stays on one line. */
const scrollable = (html: string): string =>
  html
    .replaceAll("<table>", '<div class="table-scroll" tabindex="0" role="region" aria-label="Table"><table class="data">')
    .replaceAll("</table>", "</table></div>")
    // A line may break beside a button, also before a full stop.
    .replace(/(<button[^>]*class="figure"[^>]*>[^<]*<\/button>)([.,;:!?)]+)/g, '<span class="whole">$1$2</span>')
    // A month or a day would break at its hyphens.
    .replace(/<td>(\d{4}-\d\d(?:-\d\d)?)<\/td>/g, '<td class="period">$1</td>');

function Footer({ message, report, durationMs }: { message: Message; report: Report; durationMs?: number | undefined }) {
  const { showEvidence } = useChat();
  const [copied, setCopied] = useState(false);
  const sources = report.sources ?? [];
  const copy = () => {
    navigator.clipboard?.writeText(plainMarkdown(report)).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    }, () => undefined);
  };
  return (
    <footer class="answer-footer">
      <details>
        <summary>
          {sources.length > 0 ? `${sources.length} ${sources.length === 1 ? "source" : "sources"}` : "No sources"}
          {" · "}<span data-testid="writer">{writer(report)}</span>
          {durationMs !== undefined && ` · ${duration(durationMs)}`}
        </summary>
        <ul class="sources">
          {sources.map((s) => (
            <li key={s.tool_call_id}>
              <button
                type="button" class="row" data-testid="source"
                onClick={() => message.run_id && showEvidence({ runId: message.run_id, threadId: message.thread_id, toolCallId: s.tool_call_id })}
              >
                <Grade grade={s.grade} />
                <code class="row-name">{s.tool_name}</code>
                <span class="row-text">{windowText(s.from, s.to)}</span>
                <span class="row-time">{count(s.rows_used)} rows · {share(s.priced_share)} priced</span>
              </button>
            </li>
          ))}
        </ul>
      </details>
      {/* Clipboards are for secure pages only. */}
      {navigator.clipboard && <button type="button" class="quiet" onClick={copy}>{copied ? "Copied" : "Copy as Markdown"}</button>}
    </footer>
  );
}

/** Said first, since the reader chose the model, or knows its voice; why stands at the end of the answer. */
const writtenInstead = ({ planner }: Report, asked: string): string =>
  planner === "deterministic"
    ? `${asked} did not answer; this answer is computed without a chat model.`
    : `${asked} did not answer; these words are by ${planner}.`;

/** Who wrote the words, and what asking models for them cost: also when none of them answered. */
function writer({ planner, usage }: Report): string {
  const by = planner === "deterministic" ? "computed without a language model" : `phrased by ${planner}`;
  const tokens = usage ? usage.input_tokens + usage.output_tokens : 0;
  if (!usage || tokens === 0) return by;
  return `${by} · ${count(tokens)} tokens, ${usage.cost_usd > 0 ? usd(usage.cost_usd) : "no known price"}`;
}

/** Elsewhere the links to figures lead nowhere: the numbers alone are copied. */
const plainMarkdown = (report: Report): string =>
  report.markdown.replace(/!\[([^\]]*)\]\(#chart-\d+\)/g, "*$1 (chart)*").replace(/\[([^\]]*)\]\(#fig-\d+\)/g, "$1");
