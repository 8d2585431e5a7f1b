import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type AuthConfig, type openApi, type TokenReply } from "../client/index.ts";
import { Icon, Spinner } from "../shell/icons.tsx";

interface Props {
  api: ReturnType<typeof openApi>;
  onSignedIn: (reply: TokenReply) => void;
}

/** Log in, or make an account where this server lets people. */
export function AccountGate({ api, onSignedIn }: Props) {
  const [config, setConfig] = useState<AuthConfig | null>(null);
  const [registering, setRegistering] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<{ text: string; field?: string | undefined } | null>(null);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    api.config().then(
      setConfig,
      // Logging in works without knowing; only the way to a new account is not offered.
      () => setConfig({ registration: false, first_run: false }),
    );
  }, [api]);

  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    if (busy) return;
    const fields = new FormData(form.current!);
    const [email, password, name] = ["email", "password", "name"].map((k) => String(fields.get(k) ?? ""));
    setBusy(true);
    setFault(null);
    try {
      onSignedIn(await (registering ? api.register(email!.trim(), password!, name!.trim()) : api.login(email!.trim(), password!)));
    } catch (error) {
      setFault(describe(error));
      setBusy(false);
      form.current?.querySelector<HTMLInputElement>(error instanceof ApiError && error.field === "email" ? "#email" : "#password")?.select();
    }
  };

  const first = config?.first_run && !registering;
  return (
    <main class="gate">
      <div class="gate-card">
        <div class="brand"><img src="/mark.svg" alt="" width="36" height="36" /><span>Apex</span></div>
        <h1>{registering ? "Create your account" : "Log in"}</h1>
        <p class="muted">Where the AI money goes, and what can be saved: computed from your own usage log.</p>
        {first && (
          <p class="gate-note" data-testid="first-run">
            This server is new. Its administrator's e-mail address and password were printed where it was started, once.
          </p>
        )}
        <form ref={form} onSubmit={submit} data-testid={registering ? "register-form" : "login-form"}>
          {registering && (
            <label>Name <span class="muted">(optional)</span>
              <input name="name" autocomplete="name" maxLength={200} />
            </label>
          )}
          <label>E-mail
            <input id="email" name="email" type="email" autocomplete="username" required autoFocus data-testid="login-email" />
          </label>
          <label>Password
            <input
              id="password" name="password" type="password" required data-testid="login-password"
              autocomplete={registering ? "new-password" : "current-password"} aria-describedby={fault ? "fault" : undefined}
            />
          </label>
          <div role="alert">{fault && <p class="fault" id="fault" data-testid="login-error"><Icon name="warning" /> {fault.text}</p>}</div>
          <button type="submit" class="primary" disabled={busy} data-testid="login-submit">
            {busy && <Spinner />} {registering ? "Create account" : "Log in"}
          </button>
        </form>
        {config?.registration && (
          <p class="gate-switch">
            {registering ? "Have an account?" : "New here?"}{" "}
            <button
              type="button" class="link" data-testid={registering ? "show-login" : "show-register"}
              onClick={() => { setRegistering(!registering); setFault(null); }}
            >
              {registering ? "Log in" : "Create an account"}
            </button>
          </p>
        )}
      </div>
    </main>
  );
}

function describe(error: unknown): { text: string; field?: string | undefined } {
  if (!(error instanceof ApiError)) return { text: String(error) };
  const wait = error.retryAfterMs ? ` Try again in ${Math.ceil(error.retryAfterMs / 60_000)} min.` : "";
  return { text: error.message + (error.status === 423 ? wait : ""), field: error.field };
}
