import { useEffect, useState } from "preact/hooks";
import { hasEnded, hasHole, isOpen, type Agent, type Run, type ToolCall, type Trouble } from "../client/index.ts";
import { isEnvelope } from "../client/report.ts";
import { show } from "../shell/view.ts";
import { Icon, Spinner } from "../shell/icons.tsx";
import { useNow, useStore } from "../shell/store.ts";
import { capitalised, duration, plural } from "../text/format.ts";
import { isOffline } from "./connection-badge.tsx";
import { useChat } from "./context.ts";
import { Grade } from "./grade.tsx";
import { ToolDetail } from "./tool-detail.tsx";

/** A run as it works: its agents and their tools as nested lists, with thoughts, timings and results that open. */
export function RunTree({ run, opened = false }: { run: Run; opened?: boolean }) {
  const { workspace } = useChat();
  const ended = hasEnded(run);
  const [open, setOpen] = useState<boolean | null>(opened ? true : null);
  const lostAt = useStore(workspace.lostAt);
  const away = lostAt !== null && !ended;
  // Nothing ticks that nobody works on, or of which nothing is heard.
  const clock = useNow(!ended && !away && run.pausedAt === undefined);
  const now = run.pausedAt === undefined ? (lostAt ?? clock) + workspace.clockOffset : Date.parse(run.pausedAt);
  const shown = open ?? !ended;
  const root = run.rootId ? run.agents[run.rootId] : undefined;

  return (
    <section class={`run run-${run.status} ${away ? "away" : ""}`} aria-label="The work on this question" data-testid="run-tree" data-run={run.id} data-status={run.status}>
      <header>
        {!ended && <progress max={100} value={run.progress} aria-label="Progress of the run">{Math.round(run.progress)} %</progress>}
        <button type="button" class="run-toggle" aria-expanded={shown} onClick={() => setOpen(!shown)} data-testid="run-toggle">
          <Icon name="chevron" />
          <RunMark run={run} />
          <span class="run-headline">{headline(run)}</span>
          <span class="run-facts">{facts(run).map((fact) => <span class="wide-only" key={fact}>{fact} · </span>)}{spent(run, now)}</span>
        </button>
        {!ended && (
          <button type="button" class="small" disabled={run.stopping} onClick={() => workspace.stopRun(run.id)} data-testid="stop">
            <Icon name="stop" /> {run.stopping ? (away ? "Will stop" : "Stopping…") : "Stop"}
          </button>
        )}
      </header>
      {run.reason && (run.status === "failed" || run.status === "cancelled" || run.status === "recovering" || run.status === "paused") && (
        <p class={`run-reason ${run.status}`} role={run.status === "failed" ? "alert" : undefined}>{run.reason}</p>
      )}
      {run.status === "paused" && (
        <p class="run-note">
          <button type="button" class="small" onClick={() => show({ is: "limits" })} data-testid="see-budgets"><Icon name="gauge" /> See what is left</button>
        </p>
      )}
      <div class="run-body" hidden={!shown}>
        {root && <Steps run={run} agent={root} now={now} />}
        {hasHole(run) && <p class="muted run-note"><Spinner /> Reading the earlier steps…</p>}
        {!root && !ended && !hasHole(run) && <p class="muted run-note">Accepted. Waiting for its turn…</p>}
      </div>
      {away && (
        <p class="run-reason away" data-testid="as-last-heard">
          {isOffline() ? "This device is offline" : "Connection lost"}: this is what was last heard. The work does not depend on this page; what happens meanwhile will be shown.
        </p>
      )}
    </section>
  );
}

interface PastRunProps {
  runId: string;
  threadId: string;
  /** Whether there is no answer to look at: then how the run went, or goes, is what the reader wants to know. */
  unanswered: boolean;
  onShow: () => void;
}

/** Stands for a run of the past until somebody wants to see it. */
export function PastRun({ runId, threadId, unanswered, onShow }: PastRunProps) {
  const { workspace } = useChat();
  const [busy, setBusy] = useState(false);
  const load = (reading: Promise<void>) => {
    setBusy(true);
    void reading.finally(() => setBusy(false));
  };
  const show = () => {
    onShow();
    load(workspace.loadRun(runId, threadId).catch(workspace.report));
  };
  useEffect(() => {
    if (unanswered) load(workspace.readRun(runId, threadId));
  }, [runId]);
  return (
    <section class="run" data-testid="past-run" data-run={runId}>
      <header>
        <button type="button" class="run-toggle" aria-expanded={false} onClick={show} disabled={busy} data-testid="run-toggle">
          {busy ? <Spinner /> : <Icon name="chevron" />}
          <span class="run-headline muted">Show the work</span>
        </button>
      </header>
    </section>
  );
}

function Steps({ run, agent, now }: { run: Run; agent: Agent; now: number }) {
  return (
    <ul class="steps">
      {agent.steps.map((step) => {
        switch (step.kind) {
          case "thought":
            return <li key={step.id} class="thought">{step.text}</li>;
          case "interruption":
            return <li key={step.id} class="interruption" data-testid="interruption"><Icon name="again" /> {step.text} The run went on from its last checkpoint.</li>;
          case "error":
            return <TroubleRow key={step.id} trouble={step} />;
          case "agent": {
            const sub = run.agents[step.id];
            return sub ? <AgentRow key={step.id} run={run} agent={sub} now={now} /> : null;
          }
          case "tool": {
            const tool = run.tools[step.id];
            return tool ? <ToolRow key={step.id} tool={tool} run={run} now={now} /> : null;
          }
        }
      })}
    </ul>
  );
}

function AgentRow({ run, agent, now }: { run: Run; agent: Agent; now: number }) {
  const [open, setOpen] = useState<boolean | null>(null);
  const shown = open ?? true;
  const working = !agent.status;
  return (
    <li class="agent" data-testid={`agent-${agent.name}`} data-status={agent.status ?? "running"}>
      <button type="button" class="row" aria-expanded={shown} onClick={() => setOpen(!shown)}>
        <StatusMark status={agent.status} waits={run.pausedAt !== undefined} />
        <span class="row-name">{agent.name.replaceAll("_", " ")}</span>
        <span class="row-text">{(!working && agent.summary) || agent.task}</span>
        <span class="row-time">{elapsed(agent, now)}</span>
      </button>
      {working && !hasEnded(run) && <StopPart run={run} part={{ invocation_id: agent.id }} name={agent.name} />}
      {!working && hasEnded(run) && agent.name !== "reporting" && <GoOn run={run} agent={agent} />}
      {shown && agent.steps.length > 0 && <Steps run={run} agent={agent} now={now} />}
    </li>
  );
}

function ToolRow({ tool, run, now }: { tool: ToolCall; run: Run; now: number }) {
  const [open, setOpen] = useState(false);
  const waits = !tool.status && run.approvals.some((a) => a.toolCallId === tool.id && isOpen(a, run));
  return (
    <li class="tool" data-testid={`tool-${tool.name}`} data-status={tool.status ?? "running"} data-call={tool.id}>
      <button type="button" class="row" aria-expanded={open} onClick={() => setOpen(!open)}>
        <StatusMark status={tool.status} waits={waits} />
        <code class="row-name">{tool.name}</code>
        <span class={`row-text ${tool.error ? "fault" : ""}`} title={tool.error ?? tool.purpose}>{tool.error ?? (waits ? "Waits for your approval" : tool.purpose)}</span>
        {isEnvelope(tool.result) && (
          <span class="row-fact">{tool.result.rows_used > 0 && <span class="wide-only">{plural(tool.result.rows_used, "row")}</span>} <Grade grade={tool.result.grade} /></span>
        )}
        <span class="row-time">{elapsed(tool, now)}</span>
      </button>
      {!tool.status && !hasEnded(run) && <StopPart run={run} part={{ tool_call_id: tool.id }} name={tool.name} />}
      {open && <ToolDetail tool={tool} run={run} />}
    </li>
  );
}

/** Stops one part of a run; the rest goes on. */
function StopPart({ run, part, name }: { run: Run; part: { invocation_id: string } | { tool_call_id: string }; name: string }) {
  const { workspace } = useChat();
  const [stopping, setStopping] = useState(false);
  return (
    <button
      type="button" class="quiet stop-part" disabled={stopping || run.stopping} aria-label={`Stop ${name.replaceAll("_", " ")}`} title={`Stop ${name.replaceAll("_", " ")}; the rest goes on`}
      data-testid={`stop-${name}`} onClick={() => { workspace.stopPart(run.id, part); setStopping(true); }}
    >
      <Icon name="stop" />
    </button>
  );
}

/** Asks the same question again from the state after this step; what came before is not done again. */
function GoOn({ run, agent }: { run: Run; agent: Agent }) {
  const { workspace } = useChat();
  const [busy, setBusy] = useState(false);
  const ended = Object.values(run.agents).filter((a) => a.id !== run.rootId && a.status);
  const step = (run.forkStep ?? 0) + ended.findIndex((a) => a.id === agent.id) + 1;
  const go = () => {
    setBusy(true);
    workspace.goOnFrom(run.id, step).catch(workspace.report).finally(() => setBusy(false));
  };
  return (
    <button
      type="button" class="quiet stop-part" disabled={busy} onClick={go} aria-label={`Go on from after ${agent.name}`}
      title="Go on from here in a new conversation; the steps before are not done again" data-testid={`go-on-${agent.name}`}
    >
      <Icon name="fork" />
    </button>
  );
}

function TroubleRow({ trouble }: { trouble: Trouble }) {
  return (
    <li class={`trouble ${trouble.severity}`}>
      <Icon name="warning" />
      <div>
        <p>{trouble.text}</p>
        {trouble.suggestions.length > 0 && <ul>{trouble.suggestions.map((s) => <li key={s}>{s}</li>)}</ul>}
        <p class="muted">{trouble.detail} · {trouble.supportCode}</p>
      </div>
    </li>
  );
}

function StatusMark({ status, waits = false }: { status: ToolCall["status"]; waits?: boolean }) {
  if (!status && waits) return <span class="mark waiting"><Icon name="bell" /><span class="sr-only">waiting</span></span>;
  if (!status) return <><Spinner /><span class="sr-only">running</span></>;
  const good = status === "success";
  return <span class={`mark ${good ? "good" : "bad"}`}><Icon name={good ? "check" : "cross"} /><span class="sr-only">{status}</span></span>;
}

function RunMark({ run }: { run: Run }) {
  if (run.status === "waiting" || run.status === "paused") return <span class="mark waiting"><Icon name="bell" /></span>;
  if (!hasEnded(run)) return <Spinner />;
  return <StatusMark status={run.status === "completed" ? "success" : run.status === "failed" ? "error" : "cancelled"} />;
}

function headline(run: Run): string {
  switch (run.status) {
    case "queued": return "Waiting";
    case "recovering": return "Recovering";
    case "waiting": return run.stopping ? "Stopping…" : "Waiting for you";
    case "paused": return run.stopping ? "Stopping…" : "Waiting for budget";
    case "failed": return "The run failed";
    case "cancelled": return "Stopped";
    case "completed": return "The work";
    default: return run.stopping ? "Stopping…" : capitalised(run.operation || "Working");
  }
}

function facts(run: Run): string[] {
  const agents = Object.keys(run.agents).length - 1;
  const tools = Object.keys(run.tools).length;
  return [...(agents > 0 ? [plural(agents, "agent")] : []), ...(tools > 0 ? [plural(tools, "tool call")] : [])];
}

function spent(run: Run, now: number): string {
  const time = run.durationMs ?? (run.startedAt ? Math.max(0, now - Date.parse(run.startedAt) - run.pausedMs) : undefined);
  return time === undefined ? "" : duration(time);
}

function elapsed(work: { startedAt: string; durationMs?: number; status?: string }, now: number): string {
  if (work.durationMs !== undefined) return duration(work.durationMs);
  return work.status ? "" : duration(Math.max(0, now - Date.parse(work.startedAt)));
}
