import { useEffect, useState } from "preact/hooks";
import { useChat } from "../chat/context.ts";
import type { ManagedUser, ManagedUserChange, Role, Tier } from "../client/index.ts";
import { day } from "../text/format.ts";
import { changedWords } from "./limit-words.ts";

const tiers: readonly Tier[] = ["free", "early", "mid", "enterprise"];
const roles: readonly Role[] = ["user", "developer", "admin"];
const searchAfterMs = 250;

/** For administrators: whose account is of which tier and role, and who may log in. Every change holds at once. */
export function Accounts() {
  const { workspace } = useChat();
  const [search, setSearch] = useState("");
  const [users, setUsers] = useState<ManagedUser[]>([]);
  const [next, setNext] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState<string | null>(null);
  const [said, setSaid] = useState<{ fault: boolean; text: string } | null>(null);

  useEffect(() => {
    // Of answers that overtake each other the one to what stands in the field counts.
    let isStale = false;
    const asked = setTimeout(() => workspace.api.users(search).then((page) => {
      if (isStale) return;
      setUsers(page.users);
      setNext(page.next);
    }, workspace.report), search === "" ? 0 : searchAfterMs);
    return () => {
      isStale = true;
      clearTimeout(asked);
    };
  }, [workspace, search]);

  const more = () => workspace.api.users(search, next).then((page) => {
    setUsers((shown) => [...shown, ...page.users]);
    setNext(page.next);
  }, workspace.report);

  const change = async (user: ManagedUser, wanted: ManagedUserChange) => {
    setBusy(user.id);
    try {
      const done = await workspace.api.changeUser(user.id, wanted);
      setUsers((shown) => shown.map((one) => (one.id === user.id ? done.user : one)));
      setSaid({ fault: false, text: changedWords(done) });
    } catch (fault) {
      // What was chosen and refused is put back.
      setUsers((shown) => [...shown]);
      setSaid({ fault: true, text: fault instanceof Error ? fault.message : String(fault) });
    } finally {
      setBusy(null);
    }
  };

  return (
    <section data-testid="accounts">
      <h3>Accounts</h3>
      <p class="muted">For administrators. A change holds at once, wherever the account is connected. Disabling ends its log-ins and stops its questions.</p>
      <div class="field account-search">
        <label class="field-name" for="account-search">Find an account</label>
        <input id="account-search" type="search" maxLength={254} placeholder="Part of the e-mail address" value={search} onInput={(e) => setSearch(e.currentTarget.value)} data-testid="account-search" />
      </div>
      <ul class="rules">
        {users.map((user) => (
          <Account key={user.id} user={user} busy={busy === user.id} onChange={(wanted) => void change(user, wanted)} />
        ))}
      </ul>
      {users.length === 0 && <p class="muted">No account's e-mail holds “{search}”.</p>}
      {next !== undefined && <button type="button" class="quiet" onClick={() => void more()} data-testid="more-accounts">More accounts</button>}
      <p class={said?.fault ? "fault" : "muted"} role={said?.fault ? "alert" : "status"} data-testid="account-said">{said?.text}</p>
    </section>
  );
}

function Account({ user, busy, onChange }: { user: ManagedUser; busy: boolean; onChange: (wanted: ManagedUserChange) => void }) {
  const isOff = user.disabled_at !== undefined;
  return (
    <li class={isOff ? "off" : ""} data-testid="account-row" data-email={user.email}>
      <div>
        <p><strong>{user.email}</strong></p>
        <p class="muted">{isOff ? `Disabled since ${day(user.disabled_at!)}` : `Since ${day(user.created_at)}`} · organisation {user.organisation_id}</p>
      </div>
      <select aria-label={`Tier of ${user.email}`} value={user.tier} disabled={busy} onChange={(e) => onChange({ tier: e.currentTarget.value as Tier })} data-testid="account-tier">
        {tiers.map((tier) => <option key={tier} value={tier}>{tier}</option>)}
      </select>
      <select aria-label={`Role of ${user.email}`} value={user.role} disabled={busy} onChange={(e) => onChange({ role: e.currentTarget.value as Role })} data-testid="account-role">
        {roles.map((role) => <option key={role} value={role}>{role}</option>)}
      </select>
      <button type="button" class="quiet" disabled={busy} onClick={() => onChange({ disabled: !isOff })} data-testid="account-switch">{isOff ? "Enable" : "Disable"}</button>
    </li>
  );
}
