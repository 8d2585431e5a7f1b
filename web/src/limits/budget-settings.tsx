import { useEffect, useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import type { BudgetLimit, BudgetSetting, BudgetSettingRequest } from "../client/index.ts";
import { plural } from "../text/format.ts";
import { budgetLimits, settingWords } from "./limit-words.ts";

const fieldNames: Record<BudgetLimit, string> = {
  usd_per_day: "US dollars a day",
  usd_per_month: "US dollars a month",
  tokens_per_day: "Tokens a day",
  tokens_per_month: "Tokens a month",
};

interface Draft {
  of: "user" | "organisation";
  whose: string;
  amounts: Record<BudgetLimit, string>;
}

const noAmounts: Record<BudgetLimit, string> = { usd_per_day: "", usd_per_month: "", tokens_per_day: "", tokens_per_month: "" };

const whoseIs = (setting: BudgetSetting): string => setting.email ?? setting.id;

/** For administrators: what a user or an organisation may spend on chat models. */
export function BudgetSettings({ onSet }: { onSet: () => void }) {
  const { workspace } = useChat();
  const [settings, setSettings] = useState<BudgetSetting[]>([]);
  const [draft, setDraft] = useState<Draft>({ of: "user", whose: workspace.user.email, amounts: noAmounts });
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ fault: boolean; text: string } | null>(null);

  const read = () => workspace.api.budgetSettings().then(
    // What was taken back is kept without any amount.
    ({ settings }) => setSettings(settings.filter((setting) => budgetLimits.some((limit) => setting[limit] !== undefined))), workspace.report,
  );
  useEffect(() => void read(), [workspace]);

  const put = async (request: BudgetSettingRequest) => {
    setBusy(true);
    try {
      const set = await workspace.api.setBudget(request);
      const woken = set.woken ? ` ${plural(set.woken, "question")} waited for it and ${set.woken === 1 ? "looks" : "look"} again.` : "";
      setSaid({ fault: false, text: `${whoseIs(set)}: ${settingWords(set)}.${woken}` });
      await read();
      onSet();
    } catch (fault) {
      setSaid({ fault: true, text: fault instanceof Error ? fault.message : String(fault) });
    } finally {
      setBusy(false);
    }
  };
  const send = () => {
    const whose = draft.whose.trim();
    const set = Object.fromEntries(budgetLimits.flatMap((limit) => (draft.amounts[limit] === "" ? [] : [[limit, Number(draft.amounts[limit])]])));
    void put({ ...set, ...(draft.of === "user" ? { user: whose } : { organisation: whose }) });
  };
  /** Begins with one's own: of another organisation an administrator has the id from elsewhere. */
  const choose = (of: Draft["of"]) =>
    setDraft({ ...draft, of, whose: of === "user" ? workspace.user.email : workspace.user.organisation_id ?? "" });
  const change = (setting: BudgetSetting) => {
    const amounts = { ...noAmounts };
    for (const limit of budgetLimits) amounts[limit] = setting[limit]?.toString() ?? "";
    setDraft({ of: setting.of, whose: whoseIs(setting), amounts });
  };

  return (
    <section data-testid="budget-settings">
      <h3>Budgets of users and organisations</h3>
      <p class="muted">For administrators. An amount that is left empty is that of the user's tier, and no limit for an organisation.</p>
      <ul class="rules">
        {settings.map((setting) => (
          <li key={setting.of + setting.id} data-testid="budget-setting">
            <div><p><strong>{whoseIs(setting)}</strong> <span class="muted">{setting.of === "organisation" ? "organisation · " : ""}{settingWords(setting)}</span></p></div>
            <button type="button" class="quiet" onClick={() => change(setting)}>Change</button>
            <button
              type="button" class="quiet" disabled={busy} aria-label={`Take back the budget of ${whoseIs(setting)}`}
              onClick={() => void put(setting.of === "user" ? { user: setting.id } : { organisation: setting.id })}
            >
              Take back
            </button>
          </li>
        ))}
      </ul>
      <form class="fields budget-form" onSubmit={(e) => { e.preventDefault(); send(); }}>
        <div class="field">
          <label class="field-name" for="budget-whose">Budget of</label>
          <span class="inline-inputs">
            <select aria-label="Of a user or an organisation" value={draft.of} onChange={(e) => choose(e.currentTarget.value as Draft["of"])} data-testid="budget-of">
              <option value="user">the user</option>
              <option value="organisation">the organisation</option>
            </select>
            <input
              id="budget-whose" required maxLength={200} placeholder={draft.of === "user" ? "E-mail address" : "Id of the organisation"} value={draft.whose}
              onInput={(e) => setDraft({ ...draft, whose: e.currentTarget.value })} data-testid="budget-whose"
            />
          </span>
        </div>
        {budgetLimits.map((limit) => (
          <div key={limit} class="field">
            <label class="field-name" for={`budget-${limit}`}>{fieldNames[limit]}</label>
            <input
              id={`budget-${limit}`} type="number" min="0" step={limit.startsWith("usd") ? "any" : "1"} placeholder={draft.of === "user" ? "as the tier" : "no limit"} value={draft.amounts[limit]}
              onInput={(e) => setDraft({ ...draft, amounts: { ...draft.amounts, [limit]: e.currentTarget.value } })} data-testid={`set-${limit}`}
            />
          </div>
        ))}
        <div class="button-row"><button type="submit" class="primary" disabled={busy} data-testid="set-budget">Set budget</button></div>
        {said && <p class={said.fault ? "fault" : "muted"} role={said.fault ? "alert" : "status"} data-testid="budget-said">{said.text}</p>}
      </form>
    </section>
  );
}
