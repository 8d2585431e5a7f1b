import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import type { BudgetView, LimitView, OwnLimits } from "../client/index.ts";
import { Spinner } from "../shell/icons.tsx";
import { useStore } from "../shell/store.ts";
import { Accounts } from "./accounts.tsx";
import { BudgetSettings } from "./budget-settings.tsx";
import { amount, budgetName, budgetNote, limitWords } from "./limit-words.ts";

const againMs = 1_000;

/** What the user may use, what is left of it, and for administrators what others may spend. */
export function LimitsView() {
  const { workspace } = useChat();
  const [own, setOwn] = useState<OwnLimits | null>(null);
  const seq = useStore(workspace.feed, (feed) => feed.seq);
  const account = useStore(workspace.account, (account) => account);
  const pending = useRef<ReturnType<typeof setTimeout> | null>(null);
  const read = useCallback(() => workspace.read("limits", () => workspace.api.limits().then(setOwn)), [workspace]);

  useEffect(() => void read(), [read, account]);
  // Whatever happens may have used something: it is read again, but not for each event.
  useEffect(() => {
    pending.current ??= setTimeout(() => {
      pending.current = null;
      void read();
    }, againMs);
  }, [seq, read]);
  useEffect(() => () => {
    if (pending.current !== null) clearTimeout(pending.current);
  }, []);

  if (!own) return <div class="page loading"><Spinner /> Reading your limits…</div>;
  return (
    <div class="page" data-testid="limits">
      <header class="page-head">
        <div>
          <h2>Limits and budgets</h2>
          <p class="muted">What you may use, and what is left of it. Your tier is <strong>{own.tier}</strong>. Days and months begin at midnight UTC.</p>
        </div>
      </header>
      <section>
        <h3>Spending on chat models</h3>
        <Budgets budgets={own.budgets} />
      </section>
      <section>
        <h3>Messages and questions</h3>
        <ul class="limits">
          {own.limits.map((limit) => <Limit key={limit.name} limit={limit} />)}
        </ul>
      </section>
      {account.roles.includes("admin") && <BudgetSettings onSet={read} />}
      {account.roles.includes("admin") && <Accounts />}
    </div>
  );
}

function Budgets({ budgets }: { budgets: BudgetView[] }) {
  const about = "A question whose answer a chat model puts into words costs tokens, and money where the model has a price. The analyses themselves cost nothing.";
  if (budgets.length === 0) return <p class="muted" data-testid="no-budget">Nothing limits what your questions may spend. {about}</p>;
  const groups = [
    { title: "Yours", of: budgets.filter((budget) => budget.of === "user") },
    { title: "Your organisation's, shared by everybody in it", of: budgets.filter((budget) => budget.of === "organisation") },
  ].filter((group) => group.of.length > 0);
  return (
    <>
      <p class="muted">{about} A question that could cost more than is left waits; it goes on by itself when the day or month ends or an administrator raises the budget.</p>
      {groups.map(({ title, of }) => (
        <div key={title} class="budget-group">
          {groups.length > 1 && <h4>{title}</h4>}
          <dl class="tiles">{of.map((budget) => <Budget key={budget.limit} budget={budget} />)}</dl>
        </div>
      ))}
    </>
  );
}

function Budget({ budget }: { budget: BudgetView }) {
  const { limit, most, left } = budget;
  const used = most === 0 ? 100 : Math.min(100, (100 * (most - left)) / most);
  return (
    <div class={`tile budget ${left <= 0 ? "used-up" : ""}`} data-testid={`budget-${budget.of}-${limit}`}>
      <dt>{budgetName(budget)}</dt>
      <dd>{left <= 0 ? "nothing left" : `${amount(limit, left)} left`}</dd>
      <dd class="tile-note">
        <progress max={100} value={used} aria-label={`${Math.round(used)} % used`} />
        {budgetNote(budget)}
      </dd>
    </div>
  );
}

function Limit({ limit }: { limit: LimitView }) {
  const { name, value, note } = limitWords(limit);
  return (
    <li class={limit.left === 0 ? "used-up" : ""} data-testid={`limit-${limit.name}`}>
      <span class="limit-name">{name}</span>
      <span class="limit-value">{value}</span>
      <span class="muted limit-note">{[note, limit.lifted_by].filter(Boolean).join(" ")}</span>
    </li>
  );
}
