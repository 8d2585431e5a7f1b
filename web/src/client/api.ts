import type { Chart, Envelope } from "./report.ts";
import type {
  AlertList, AlertRuleRequest, ApexEvent, ApprovalView, AuthConfig, BudgetSetting, BudgetSettingRequest, Dashboard, Decision, Extent, ImportJob, ManagedUser, ManagedUserChange, ManagedUserReply, Message, OwnLimits, Problem, ReceivedBroadcast, Thread, TokenReply, ToolInfo, UserView,
} from "./protocol.ts";
import { newTraceparent } from "./ids.ts";

/** A call the server refused, or that did not reach it (`status` 0). `message` can be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterMs?: number,
    readonly field?: string,
  ) {
    super(message);
  }
}

/** A place where the user is signed in. */
export interface DeviceSession {
  id: string;
  device?: string;
  created_at: string;
  last_used_at: string;
  current: boolean;
}

/** A model of one's own, in US dollars per million tokens. */
export interface OwnPrice {
  model: string;
  from?: string;
  input?: number;
  cache_read?: number;
  output?: number;
}

/** A contract's discount on models whose price key begins so; `share` is 0 to 1. */
export interface Discount {
  model_prefix: string;
  share: number;
  from?: string;
  to?: string;
}

/** An upload in parts: `offset` bytes of it are there. */
export interface UploadView {
  upload_id: string;
  offset: number;
  bytes: number;
}

/** What the server makes of the beginning of a file. */
export interface Preview {
  format?: string;
  problem?: string;
  columns: string[];
  sample: string[][];
  /** A mapping guessed from the names of the columns. */
  suggestion?: ColumnMapping;
  calls: Record<string, unknown>[];
  rejected: { line: number; field: string; value: string; reason: string }[];
  assumptions: string[];
}

/** How a file of one's own is read: the JSON form of docs/imports.md. */
export interface ColumnMapping {
  name: string;
  columns: Record<string, string>;
  constants?: Record<string, string>;
  time_unit?: "iso" | "unix_s" | "unix_ms";
  delimiter?: string;
  input_excludes_cached?: boolean;
  currency?: string;
}

const previewBytes = 256 * 1024;

/** Gives the access token for a call; `rejected` is the one the server just refused. */
export type TokenSource = (rejected?: string) => Promise<string>;

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

/** The HTTP calls of protocol.md that need no credentials. */
export const openApi = (base = "") => ({
  config: () => call<AuthConfig>(`${base}/auth/config`),
  login: (email: string, password: string) =>
    call<TokenReply>(`${base}/auth/login`, { method: "POST", ...json({ email, password }) }),
  register: (email: string, password: string, name?: string) =>
    call<TokenReply>(`${base}/auth/register`, { method: "POST", ...json({ email, password, name: name || undefined }) }),
  refresh: (refresh_token: string) =>
    call<TokenReply>(`${base}/auth/refresh`, { method: "POST", ...json({ refresh_token }) }),
  logout: (refresh_token: string) =>
    call<void>(`${base}/auth/logout`, { method: "POST", ...json({ refresh_token }) }),
});

/** The HTTP calls of protocol.md for a signed-in user. A 401 is tried once more with a new token. */
export class Api {
  constructor(
    private readonly token: TokenSource,
    private readonly base = "",
  ) {}

  me = () => this.get<UserView>("/auth/me");
  sessions = () => this.get<{ sessions: DeviceSession[] }>("/auth/sessions");
  endSession = (id: string) => this.send<void>("DELETE", `/auth/sessions/${encodeURIComponent(id)}`);

  /** What the user may use, and what is left of it. */
  limits = () => this.get<OwnLimits>("/api/me/limits");
  /** For administrators: the budgets that were set. */
  budgetSettings = () => this.get<{ settings: BudgetSetting[] }>("/api/admin/budgets");
  /** For administrators; without any amount the tier's hold again. */
  setBudget = (setting: BudgetSettingRequest) => this.send<BudgetSetting>("PUT", "/api/admin/budgets", setting);

  /** For administrators: accounts in the order of their e-mails. */
  users = (search: string, cursor?: string) => this.get<{ users: ManagedUser[]; next?: string }>(
    `/api/admin/users?limit=50&search=${encodeURIComponent(search)}${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
  );
  changeUser = (id: string, change: ManagedUserChange) => this.send<ManagedUserReply>("PUT", `/api/admin/users/${encodeURIComponent(id)}`, change);

  broadcasts = () => this.get<{ broadcasts: ReceivedBroadcast[] }>("/api/broadcasts");
  dismissBroadcast = (id: string) => this.send<void>("POST", `/api/broadcasts/${encodeURIComponent(id)}/dismiss`);

  threads = (cursor?: string) =>
    this.get<{ threads: Thread[]; next?: string }>(`/api/threads?limit=100${cursorQuery(cursor)}`);
  createThread = (title?: string) => this.send<Thread>("POST", "/api/threads", { title });
  renameThread = (id: string, title: string) =>
    this.send<Thread>("PATCH", `/api/threads/${encodeURIComponent(id)}`, { title });
  archiveThread = (id: string) => this.send<void>("DELETE", `/api/threads/${encodeURIComponent(id)}`);
  messages = (thread: string, cursor?: string) =>
    this.get<{ messages: Message[]; next?: string }>(
      `/api/threads/${encodeURIComponent(thread)}/messages?limit=40${cursorQuery(cursor)}`,
    );

  /** Asks an earlier question otherwise, in a new thread that begins with what was said before it. */
  forkThread = (thread: string, message_id: string, content: string) =>
    this.send<{ thread_id: string; run_id: string }>("POST", `/api/threads/${encodeURIComponent(thread)}/fork`, { message_id, content });
  /** Goes on from the state a run had after so many steps, in a new thread. */
  forkRun = (run: string, step: number) =>
    this.send<{ thread_id: string; run_id: string }>("POST", `/api/runs/${encodeURIComponent(run)}/fork`, { step });

  /** What runs have asked and nobody has decided. */
  approvals = () => this.get<{ approvals: ApprovalView[] }>("/api/approvals");
  approval = (run: string, id: string) =>
    this.get<ApprovalView>(`/api/runs/${encodeURIComponent(run)}/approvals/${encodeURIComponent(id)}`);
  decide = (run: string, id: string, body: { decision: Decision; arguments_hash: string; arguments?: unknown; reason?: string }) =>
    this.send<ApprovalView>("POST", `/api/runs/${encodeURIComponent(run)}/approvals/${encodeURIComponent(id)}`, body);

  /** All stored events of a run after `after` (a run_seq), page by page. */
  async runEvents(run: string, after = 0): Promise<ApexEvent[]> {
    const all: ApexEvent[] = [];
    for (;;) {
      const page = await this.get<{ events: ApexEvent[]; next: number }>(
        `/api/runs/${encodeURIComponent(run)}/events?after=${after}`,
      );
      all.push(...page.events);
      if (page.events.length === 0 || page.next <= after) return all;
      after = page.next;
    }
  }

  /** The whole of a tool result the event only pointed to. */
  result = (url: string) => this.get<unknown>(url);

  extent = () => this.get<Extent>("/api/usage/extent");
  demo = (body: { seed?: number; days?: number } = {}) => this.send<{ job_id: string }>("POST", "/api/usage/demo", body);
  /** Rows of the usage log by the ids the evidence of a result names; ids that are gone are left out. */
  usageRows = (ids: string[]) =>
    this.get<{ events: Record<string, unknown>[] }>(`/api/usage/events?ids=${encodeURIComponent(ids.join(","))}`);
  tools = () => this.get<{ tools: ToolInfo[] }>("/api/usage/tools");
  runTool = (name: string, args: unknown) => this.send<Envelope>("POST", `/api/usage/tools/${encodeURIComponent(name)}`, args);
  charts = (envelope: Envelope) => this.send<{ charts: Chart[] }>("POST", "/api/usage/charts", envelope);
  dashboard = (query: string) => this.get<Dashboard>(`/api/usage/dashboard?${query}`);
  rows = (query: string) => this.get<{ events: Record<string, unknown>[]; next?: string }>(`/api/usage/rows?${query}`);
  /** Answers as soon as the log is another than at `after`, or after half a minute. */
  growth = (after: number) => this.get<{ revision: number }>(`/api/usage/growth?after=${after}&wait_ms=25000`);
  alerts = () => this.get<AlertList>("/api/alerts");
  addRule = (rule: AlertRuleRequest) => this.send<AlertList>("POST", "/api/alerts/rules", rule);
  changeRule = (id: string, rule: AlertRuleRequest) => this.send<AlertList>("PATCH", `/api/alerts/rules/${encodeURIComponent(id)}`, rule);
  removeRule = (id: string) => this.send<void>("DELETE", `/api/alerts/rules/${encodeURIComponent(id)}`);
  checkRules = () => this.send<AlertList>("POST", "/api/alerts/check");
  /** A report that a rule wrote, as HTML. */
  keptReport = (id: string) => this.withToken((token) => callText(`${this.base}/api/alerts/reports/${encodeURIComponent(id)}`, token));
  reportText = (query: string) => this.withToken((token) => callText(`${this.base}/api/usage/report?${query}`, token));
  /** The newest jobs, also those of other devices and of a server before this one. */
  importJobs = () => this.get<{ jobs: ImportJob[] }>("/api/usage/imports");
  cancelImport = (id: string) => this.send<void>("DELETE", `/api/usage/imports/${encodeURIComponent(id)}`);
  importJob = (id: string) => this.get<ImportJob>(`/api/usage/imports/${encodeURIComponent(id)}`);

  /** What a file would become; its beginning is enough, but for Parquet, whose end tells its columns. */
  previewImport = (file: File, mapping?: unknown) => {
    const whole = /\.parquet$/i.test(file.name);
    const part = whole ? file : new File([file.slice(0, previewBytes)], file.name);
    return this.upload<Preview>("/api/usage/import/preview", part, {
      fields: mapping === undefined ? {} : { mapping: JSON.stringify(mapping) },
      onProgress: () => undefined,
    });
  };
  mappings = () => this.get<{ names: string[] }>("/api/usage/mappings");
  removeMapping = (name: string) => this.send<void>("DELETE", `/api/usage/mappings/${encodeURIComponent(name)}`);
  saveMapping = (name: string, mapping: unknown) =>
    this.send<void>("PUT", `/api/usage/mappings/${encodeURIComponent(name)}`, mapping);

  ownPrices = () => this.get<OwnPrice[]>("/api/usage/prices/own");
  setOwnPrice = (price: OwnPrice) => this.send<{ job_id: string }>("PUT", "/api/usage/prices/own", price);
  forgetOwnPrice = (model: string) =>
    this.send<{ job_id: string }>("DELETE", `/api/usage/prices/own?model=${encodeURIComponent(model)}`);
  discounts = () => this.get<Discount[]>("/api/usage/prices/discounts");
  setDiscounts = (all: Discount[]) => this.send<{ job_id: string }>("PUT", "/api/usage/prices/discounts", all);

  openUpload = (file_name: string, bytes: number) => this.send<UploadView>("POST", "/api/usage/uploads", { file_name, bytes });
  uploadState = (id: string) => this.get<UploadView>(`/api/usage/uploads/${encodeURIComponent(id)}`);
  dropUpload = (id: string) => this.send<void>("DELETE", `/api/usage/uploads/${encodeURIComponent(id)}`);
  /** Adds a part where the last ended. */
  sendPart = (id: string, offset: number, part: Blob, signal?: AbortSignal) =>
    this.withToken((token) =>
      call<UploadView>(`${this.base}/api/usage/uploads/${encodeURIComponent(id)}`, {
        method: "PATCH",
        body: part,
        signal: signal ?? null,
        headers: { Authorization: `Bearer ${token}`, "Upload-Offset": String(offset) },
      }),
    );
  importUpload = (body: { upload_id: string; format?: string; mapping?: string; assumed_model?: string }) =>
    this.send<{ job_id: string }>("POST", "/api/usage/import", body);

  /** Uploads by XMLHttpRequest: fetch does not tell how much has been sent. */
  upload<T>(
    path: string,
    file: File,
    options: { fields?: Record<string, string>; onProgress: (sent: number, total: number) => void; signal?: AbortSignal },
  ): Promise<T> {
    return this.withToken(
      (token) =>
        new Promise<T>((resolve, reject) => {
          const request = new XMLHttpRequest();
          request.open("POST", this.base + path);
          request.setRequestHeader("Authorization", `Bearer ${token}`);
          request.upload.onprogress = (e) => options.onProgress(e.loaded, e.total);
          request.onload = () => {
            if (request.status >= 200 && request.status < 300) resolve(parse(request.responseText) as T);
            else reject(refusal(request.status, request.responseText, request.getResponseHeader("Retry-After")));
          };
          request.onerror = () => reject(unreachable());
          request.onabort = () => reject(new ApiError(0, "cancelled", "The upload was cancelled."));
          options.signal?.addEventListener("abort", () => request.abort(), { once: true });
          const form = new FormData();
          // Before the file: the server reads the parts in order and the file last.
          for (const [name, value] of Object.entries(options.fields ?? {})) form.append(name, value);
          form.append("file", file, file.name);
          request.send(form);
        }),
    );
  }

  private get<T>(path: string): Promise<T> {
    return this.withToken((token) => call<T>(this.base + path, { headers: { Authorization: `Bearer ${token}` } }));
  }

  private send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.withToken((token) => {
      const init = body === undefined ? {} : json(body);
      return call<T>(this.base + path, { ...init, method, headers: { ...init.headers, Authorization: `Bearer ${token}`, traceparent: newTraceparent() } });
    });
  }

  private async withToken<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = await this.token();
    try {
      return await work(token);
    } catch (fault) {
      if (!(fault instanceof ApiError) || fault.status !== 401) throw fault;
      return work(await this.token(token));
    }
  }
}

async function call<T>(url: string, init: RequestInit = {}): Promise<T> {
  return parse(await read(url, { ...init, headers: { Accept: "application/json", ...init.headers } })) as T;
}

const callText = (url: string, token: string): Promise<string> => read(url, { headers: { Authorization: `Bearer ${token}` } });

async function read(url: string, init: RequestInit): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, init);
    // The network may also go away in the middle of an answer.
    text = await response.text();
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw refusal(response.status, text, response.headers.get("Retry-After"));
  return text;
}

const parse = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));

const cursorQuery = (cursor?: string) => (cursor ? `&cursor=${encodeURIComponent(cursor)}` : "");

const unreachable = () =>
  new ApiError(0, "unreachable", "The server cannot be reached. Your work is kept; try again in a moment.");

function refusal(status: number, body: string, retryAfter: string | null): ApiError {
  let problem: Problem = {};
  try {
    problem = JSON.parse(body) as Problem;
  } catch {
    // A proxy in between answers in HTML; the status says what is known.
  }
  const after = problem.retry_after_ms ?? (retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined);
  const message = problem.detail ?? problem.title ?? `The server answered ${status}.`;
  return new ApiError(status, problem.code ?? `http_${status}`, message, after, problem.field);
}
