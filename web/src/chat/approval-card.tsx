import { useEffect, useRef, useState } from "preact/hooks";
import { isOpen, type Approval, type Decision, type Run } from "../client/index.ts";
import { ArgumentField } from "../analyses/argument-field.tsx";
import { argumentsOf, fieldsOf, type FormValues } from "../analyses/arguments.ts";
import { Icon } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import { deadline, moment } from "../text/format.ts";
import { useChat } from "./context.ts";

/** What a run asks its user, where it stands: open with what can be decided, or as it was decided, on whichever device. */
export function ApprovalCard({ run, approval }: { run: Run; approval: Approval }) {
  const { workspace } = useChat();
  const open = isOpen(approval, run);
  const isSought = useStore(workspace.sought) === approval.id;
  const box = useRef<HTMLElement>(null);
  const wasOpen = useRef(open);
  useEffect(() => {
    // The button that decided it is gone, and the focus with it.
    if (wasOpen.current && !open && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
    wasOpen.current = open;
  }, [open]);
  useEffect(() => {
    if (!isSought || !box.current) return;
    workspace.sought.set(null);
    box.current.scrollIntoView({ block: "nearest" });
    box.current.querySelector<HTMLElement>("input, textarea, select, button")?.focus({ preventScroll: true });
  }, [isSought]);

  const title = approval.kind === "question" ? "A question for you" : `May ${approval.toolName} be called?`;
  const names = { "aria-label": title, "data-testid": "approval", "data-approval": approval.id, "data-state": state(approval, open) };
  if (!open) {
    return (
      <section class="approval" ref={box} tabIndex={-1} {...names}>
        <details>
          <summary>
            <Icon name={mark(approval)} />
            <h3>{approval.kind === "question" ? approval.reason : title}</h3>
            <Outcome approval={approval} />
          </summary>
          {approval.kind === "approval" && <p class="approval-reason">{approval.reason}</p>}
          {approval.arguments !== undefined && <Arguments value={approval.arguments} />}
          {approval.decided?.reason && approval.decided.decision !== "expired" && <p class="approval-reason">Reason given: {approval.decided.reason}</p>}
          {approval.decided?.arguments !== undefined && <Arguments value={approval.decided.arguments} />}
        </details>
      </section>
    );
  }
  return (
    <section class="approval open" ref={box} tabIndex={-1} {...names}>
      <header>
        <Icon name="bell" />
        <h3>{title}</h3>
        <span class="muted approval-until">open until {deadline(approval.expiresAt)}</span>
      </header>
      <p class="approval-reason">{approval.reason}</p>
      {approval.arguments !== undefined && <Arguments value={approval.arguments} />}
      {approval.kind === "question" ? <QuestionForm run={run} approval={approval} /> : <ApprovalForm run={run} approval={approval} />}
    </section>
  );
}

function Arguments({ value }: { value: unknown }) {
  const named = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [["", value] as const];
  if (named.length === 0) return null;
  return (
    <dl class="approval-arguments" data-testid="approval-arguments">
      {named.map(([name, one]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof one === "string" ? one : <code>{JSON.stringify(one, null, 1)}</code>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Approve as it is, approve with other arguments, or reject and say why. */
function ApprovalForm({ run, approval }: { run: Run; approval: Approval }) {
  const { busy, fault, decide, setFault } = useDeciding(run, approval);
  const [mode, setMode] = useState<"choose" | "edit" | "reject">("choose");
  const [text, setText] = useState(() => JSON.stringify(approval.arguments ?? {}, null, 2));
  const [reason, setReason] = useState("");
  const edit = () => {
    try {
      decide("edit", { arguments: JSON.parse(text) as unknown });
    } catch {
      setFault("These arguments are no valid JSON.");
    }
  };
  const field = `approval-${approval.id}`;
  if (mode === "choose") {
    return (
      <Actions fault={fault}>
        <button type="button" class="primary" disabled={busy} onClick={() => decide("approve")} data-testid="approve">Approve</button>
        <button type="button" disabled={busy} onClick={() => setMode("edit")} data-testid="edit">Edit…</button>
        <button type="button" disabled={busy} onClick={() => setMode("reject")} data-testid="reject">Reject…</button>
      </Actions>
    );
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); if (mode === "edit") edit(); else decide("reject", reason.trim() ? { reason: reason.trim() } : {}); }}>
      <label for={field}>{mode === "edit" ? "The arguments it may be called with (JSON)" : "Why not? The agents are told (may be left out)"}</label>
      {mode === "edit" ? (
        <textarea id={field} rows={Math.min(12, text.split("\n").length + 1)} spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} data-testid="edited" />
      ) : (
        <input id={field} maxLength={500} value={reason} onInput={(e) => setReason(e.currentTarget.value)} data-testid="reject-reason" />
      )}
      <Actions fault={fault}>
        <button type="submit" class="primary" disabled={busy} data-testid="decide">{mode === "edit" ? "Approve this" : "Reject"}</button>
        <button type="button" class="quiet" disabled={busy} onClick={() => { setMode("choose"); setFault(""); }}>Back</button>
      </Actions>
    </form>
  );
}

function QuestionForm({ run, approval }: { run: Run; approval: Approval }) {
  const { busy, fault, decide, setFault } = useDeciding(run, approval);
  const fields = fieldsOf(approval.schema ?? {});
  const [values, setValues] = useState<FormValues>({});
  const answer = () => {
    const read = argumentsOf(fields, values);
    if ("problem" in read) setFault(read.problem);
    else decide("answer", { arguments: read.args });
  };
  return (
    <form onSubmit={(e) => { e.preventDefault(); answer(); }}>
      {fields.map((field) => (
        <ArgumentField
          key={field.name} field={field} value={values[field.name]} wrong={undefined}
          onChange={(value) => setValues((held) => ({ ...held, [field.name]: value }))}
        />
      ))}
      <Actions fault={fault}>
        <button type="submit" class="primary" disabled={busy} data-testid="answer">Answer</button>
        <button type="button" class="quiet" disabled={busy} onClick={() => decide("reject")} data-testid="decline">I cannot say</button>
      </Actions>
    </form>
  );
}

function Actions({ fault, children }: { fault: string; children: preact.ComponentChildren }) {
  return (
    <>
      {fault && <p class="fault" role="alert" data-testid="approval-fault">{fault}</p>}
      <div class="approval-actions">{children}</div>
    </>
  );
}

function useDeciding(run: Run, approval: Approval) {
  const { workspace } = useChat();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const isHeard = useStore(workspace.lostAt) === null;
  // That the server could not be reached is no longer true when it is heard again.
  useEffect(() => {
    if (isHeard) setFault("");
  }, [isHeard]);
  const decide = (decision: Decision, more: { arguments?: unknown; reason?: string } = {}) => {
    setBusy(true);
    setFault("");
    // The card itself changes by the event, as it does on every other device.
    workspace.decide(run, approval, decision, more)
      .catch((refused: unknown) => setFault(refused instanceof Error ? refused.message : String(refused)))
      .finally(() => setBusy(false));
  };
  return { busy, fault, decide, setFault };
}

function Outcome({ approval }: { approval: Approval }) {
  const { decided } = approval;
  if (!decided) return <span class="muted outcome" data-testid="approval-outcome">Withdrawn: what asked ended before this was decided</span>;
  return (
    <span class="outcome" data-testid="approval-outcome">
      {outcomes[decided.decision]} <time class="muted" dateTime={decided.at}>{moment(decided.at)}</time>
    </span>
  );
}

const outcomes: Record<Decision | "expired", string> = {
  approve: "Approved",
  edit: "Approved with these changes",
  reject: "Rejected",
  answer: "Answered",
  expired: "Nobody decided in time; it counts as rejected",
};

const mark = (approval: Approval) =>
  approval.decided?.decision === "approve" || approval.decided?.decision === "edit" || approval.decided?.decision === "answer" ? "check" : "cross";

const state = (approval: Approval, open: boolean): string => (open ? "open" : approval.decided?.decision ?? "withdrawn");
