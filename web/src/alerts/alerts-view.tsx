import { useEffect, useState } from "preact/hooks";
import { WindowInput } from "../analyses/argument-field.tsx";
import { useChat } from "../chat/context.ts";
import type { AlertKind, AlertList, AlertRule, AlertRuleRequest, ReportInterval } from "../client/index.ts";
import { Icon, Spinner } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import { instant, share, usd } from "../text/format.ts";
import { save } from "./open-document.ts";

const kinds: Record<AlertKind, { name: string; about: string }> = {
  budget: { name: "Monthly budget", about: "Speaks up when the month's spend passes a share of it, or is on its way past it." },
  anomaly: { name: "Unusual spend", about: "Days that cost far more than days like them, and calls recorded far above their list price." },
  deprecation: { name: "Models near their end", about: "Models in use whose day of deprecation comes near." },
  report: { name: "Report from time to time", about: "Writes the spend report of the day, week or month that has ended." },
};

/** Rules that watch the log, what they found, and reports to take away. */
export function AlertsView() {
  const { workspace } = useChat();
  const [list, setList] = useState<AlertList | null>(null);
  const [busy, setBusy] = useState(false);
  const told = useStore(workspace.broadcasts);

  // What a rule finds comes as a broadcast: then there is something new to read.
  useEffect(() => void workspace.read("alerts", () => workspace.api.alerts().then(setList)), [workspace, told]);

  const change = (work: Promise<AlertList | void>) => {
    setBusy(true);
    work.then((next) => next ?? workspace.api.alerts()).then(setList, workspace.report).finally(() => setBusy(false));
  };

  if (!list) return <div class="page loading"><Spinner /> Reading the rules…</div>;
  return (
    <div class="page" data-testid="alerts">
      <header class="page-head">
        <div><h2>Alerts and reports</h2><p class="muted">Rules watch the log for your whole organisation. What they find reaches every device of everybody in it, once.</p></div>
        <button type="button" class="small" disabled={busy || list.rules.length === 0} onClick={() => change(workspace.api.checkRules())} data-testid="check-rules">{busy ? <Spinner /> : null} Look now</button>
      </header>
      <TakeReport />
      <section>
        <h3>Rules</h3>
        <ul class="rules" data-testid="rules">
          {list.rules.map((rule) => <Rule key={rule.id} rule={rule} onChange={change} />)}
          {list.rules.length === 0 && <li class="muted">No rule watches the log yet.</li>}
        </ul>
        <NewRule onAdd={(request) => change(workspace.api.addRule(request))} />
      </section>
      <section>
        <h3>What they found</h3>
        <ul class="raised" data-testid="raised" aria-live="polite">
          {list.raised.map((alert) => (
            <li key={alert.id} class={alert.severity} data-testid="raised-alert">
              <Icon name={alert.severity === "info" ? "check" : "warning"} />
              <div>
                <p><strong>{alert.title}</strong> <span class="muted">{instant(alert.at)} UTC</span></p>
                <p>{alert.body}</p>
                {alert.report_id && (
                  <button type="button" class="link" onClick={() => workspace.api.keptReport(alert.report_id!).then((html) => save(html, `${alert.report_id}.html`, "text/html"), workspace.report)}>Take the report</button>
                )}
              </div>
            </li>
          ))}
          {list.raised.length === 0 && <li class="muted">Nothing so far.</li>}
        </ul>
      </section>
    </div>
  );
}

/** The spend report of any span, as a file. */
function TakeReport() {
  const { workspace } = useChat();
  const [span, setSpan] = useState<unknown>("all");
  const [busy, setBusy] = useState(false);
  const own = typeof span === "object" && span !== null ? (span as { from: string; to: string }) : null;
  const take = (format: "html" | "md") => {
    const query = new URLSearchParams({ format });
    if (own) {
      const end = new Date(`${own.to}T00:00:00Z`);
      end.setUTCDate(end.getUTCDate() + 1);
      query.set("from", own.from);
      query.set("to", end.toISOString());
    } else query.set("window", String(span));
    setBusy(true);
    workspace.api.reportText(query.toString())
      .then((text) => save(text, `apex-report.${format}`, format === "md" ? "text/markdown" : "text/html"), workspace.report)
      .finally(() => setBusy(false));
  };
  const incomplete = own !== null && !(own.from && own.to);
  return (
    <section class="take-report">
      <div><h3>Spend report</h3><p class="muted">One file with its charts inside, to read, print or forward.</p></div>
      <WindowInput value={span} fallback="all" onChange={setSpan} />
      <button type="button" class="primary" disabled={busy || incomplete} onClick={() => take("html")} data-testid="report-html">{busy ? <><Spinner /> Writing…</> : "HTML"}</button>
      <button type="button" disabled={busy || incomplete} onClick={() => take("md")}>Markdown</button>
    </section>
  );
}

function Rule({ rule, onChange }: { rule: AlertRule; onChange: (work: Promise<AlertList | void>) => void }) {
  const { workspace } = useChat();
  return (
    <li class={rule.enabled ? "" : "off"} data-testid="rule">
      <div>
        <p><strong>{rule.name}</strong> <span class="muted">{detail(rule)}</span></p>
        <p class="muted" data-testid="rule-state">{rule.state ?? "Has not looked yet."}{rule.next_at ? ` Next: ${instant(rule.next_at)} UTC.` : ""}</p>
      </div>
      <label class="switch"><input type="checkbox" checked={rule.enabled} onChange={(e) => onChange(workspace.api.changeRule(rule.id, { enabled: e.currentTarget.checked }))} /> on</label>
      <button type="button" class="quiet" onClick={() => onChange(workspace.api.removeRule(rule.id))} aria-label={`Remove ${rule.name}`}>Remove</button>
    </li>
  );
}

function detail(rule: AlertRule): string {
  switch (rule.kind) {
    case "budget": return `${usd(rule.budget_usd ?? 0)} a month, at ${(rule.thresholds ?? []).map(share).join(", ")}`;
    case "deprecation": return `${rule.within_days} days ahead`;
    case "report": return `every ${rule.every}`;
    default: return "";
  }
}

function NewRule({ onAdd }: { onAdd: (request: AlertRuleRequest) => void }) {
  const [kind, setKind] = useState<AlertKind>("budget");
  const [budget, setBudget] = useState("");
  const [thresholds, setThresholds] = useState("80, 100");
  const [days, setDays] = useState("90");
  const [every, setEvery] = useState<ReportInterval>("week");
  const add = () => {
    const shares = thresholds.split(",").map((part) => Number(part) / 100).filter((part) => Number.isFinite(part) && part > 0);
    if (kind === "budget") onAdd({ kind, budget_usd: Number(budget), thresholds: shares });
    else if (kind === "deprecation") onAdd({ kind, within_days: Number(days) });
    else if (kind === "report") onAdd({ kind, every });
    else onAdd({ kind });
  };
  return (
    <form class="new-rule" onSubmit={(e) => { e.preventDefault(); add(); }}>
      <span class="inline-inputs">
        <select aria-label="Kind of rule" value={kind} onChange={(e) => setKind(e.currentTarget.value as AlertKind)} data-testid="rule-kind">
          {(Object.keys(kinds) as AlertKind[]).map((k) => <option key={k} value={k}>{kinds[k].name}</option>)}
        </select>
        {kind === "budget" && <label>US dollars a month <input required type="number" min="0.01" step="any" value={budget} onInput={(e) => setBudget(e.currentTarget.value)} data-testid="rule-budget" /></label>}
        {kind === "budget" && <label>at % <input value={thresholds} onInput={(e) => setThresholds(e.currentTarget.value)} /></label>}
        {kind === "deprecation" && <label>days ahead <input required type="number" min={1} max={730} value={days} onInput={(e) => setDays(e.currentTarget.value)} /></label>}
        {kind === "report" && (
          <select aria-label="How often" value={every} onChange={(e) => setEvery(e.currentTarget.value as ReportInterval)}>
            <option value="day">every day</option><option value="week">every week</option><option value="month">every month</option>
          </select>
        )}
        <button type="submit" data-testid="add-rule"><Icon name="plus" /> Add rule</button>
      </span>
      <p class="muted">{kinds[kind].about}</p>
    </form>
  );
}
