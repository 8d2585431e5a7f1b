import type { Report } from "./report.ts";

/** Fields every durable event carries. `seq` counts per user, `run_seq` per run, both without a gap. */
export interface EventHead {
  event_id: string;
  seq: number;
  run_seq?: number;
  timestamp: string;
  thread_id?: string;
  run_id?: string;
  agent_name?: string;
  context?: {
    user_id?: string;
    thread_id?: string;
    run_id?: string;
    request_id?: string;
    invocation_id?: string;
    parent_invocation_id?: string;
  };
}

export type ToolStatus = "success" | "error" | "timeout" | "cancelled" | "denied";

export interface ResultRef {
  url: string;
  sha256: string;
  bytes: number;
  preview: string;
}

export interface Thread {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  message_count: number;
  archived?: boolean;
  /** The thread this one was forked from. */
  parent_id?: string;
}

export interface Message {
  id: string;
  thread_id: string;
  role: "user" | "assistant";
  content: string;
  created_at: string;
  run_id?: string;
  metadata?: {
    report?: Report;
    /** Of a reply that its run did not complete. */
    partial?: { state: "cancelled" | "failed"; reason: string; agents: string[]; tools: string[] };
    /** Of a question that was added to a run at work: that run. */
    steered_run?: string;
  };
}

/** What becomes of a message to a thread whose run has not ended: it waits, is added to that work, takes its place, or is refused. */
export type WhenBusy = "enqueue" | "steer" | "interrupt" | "reject";

/** The events this client understands. One of another type is counted and otherwise passed over. */
export type ApexEvent = EventHead &
  (
    | { type: "agent_started"; task: string; model?: string; attempt: number; fork_of?: string; fork_step?: number }
    | {
        type: "agent_thinking";
        thought: string;
        step_number: number;
        total_steps: number;
        progress_percentage: number;
        estimated_remaining_ms: number;
        current_operation: string;
      }
    | {
        type: "tool_executing";
        tool_name: string;
        tool_call_id: string;
        tool_purpose: string;
        parameters: unknown;
        category?: string;
        expected_duration?: "short" | "medium" | "long";
        estimated_duration_ms?: number;
      }
    | {
        type: "tool_completed";
        tool_name: string;
        tool_call_id: string;
        status: ToolStatus;
        duration_ms: number;
        result?: unknown;
        result_ref?: ResultRef;
        error?: string;
      }
    | { type: "subagent_started"; task: string; step_number: number; total_steps: number }
    | { type: "subagent_completed"; status: ToolStatus; summary: string; duration_ms: number; result?: unknown }
    | {
        type: "agent_completed";
        message_id: string;
        result: Report;
        final_response: string;
        summary: string;
        status: string;
        duration_ms: number;
      }
    | {
        type: "agent_error";
        error_type: string;
        error_message: string;
        user_friendly_message: string;
        severity: "critical" | "high" | "medium";
        is_recoverable: boolean;
        recovery_suggestions: string[];
        estimated_retry_delay_ms: number;
        support_code: string;
      }
    | { type: "run_recovering"; reason: string; attempt: number; expected_recovery_ms?: number }
    | { type: "run_paused"; reason: string; needs: RunNeed; until?: string }
    | { type: "run_resumed"; reason: string }
    | {
        type: "approval_requested";
        approval_id: string;
        kind: "approval" | "question";
        reason: string;
        arguments_hash: string;
        expires_at: string;
        tool_name?: string;
        tool_call_id?: string;
        arguments?: unknown;
        schema?: FormSchema;
      }
    | {
        type: "approval_decided";
        approval_id: string;
        decision: Decision | "expired";
        decided_by: string;
        arguments?: unknown;
        reason?: string;
      }
    | { type: "run_cancelled"; reason: string }
    | { type: "run_failed"; reason: string; code: string }
    | { type: "message_created"; message: Message }
    | { type: "thread_created" | "thread_renamed" | "thread_archived"; thread: Thread }
    | { type: "system_degraded"; component: string; message: string; expected_recovery_ms?: number }
    | { type: "system_recovered"; component: string; message: string }
    | { type: "broadcast"; broadcast_id: string; title: string; body: string; severity: BroadcastSeverity }
  );

export type EventOf<T extends ApexEvent["type"]> = Extract<ApexEvent, { type: T }>;

/** What a run waits for. */
export type RunNeed = "approval" | "answer" | "budget";

export type Decision = "approve" | "reject" | "edit" | "answer";

/** JSON Schema of an object, as forms are made of it. */
export interface FormSchema {
  properties?: Record<string, unknown>;
  required?: string[];
}

/** Something a run asked its user, as the server keeps it. */
export interface ApprovalView {
  id: string;
  run_id: string;
  thread_id: string;
  kind: "approval" | "question";
  state: "pending" | "decided" | "withdrawn";
  reason: string;
  tool_name?: string;
}

export type BroadcastSeverity = "info" | "warning" | "critical";

/** An administrator's word, as the one it was sent to has it. */
export interface ReceivedBroadcast {
  id: string;
  title: string;
  body: string;
  severity: BroadcastSeverity;
}

export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  severity?: "critical" | "high" | "medium";
  retry_after_ms?: number;
  recovery_suggestions?: string[];
  /** The id the client sent with what is refused. */
  ref?: string;
}

export interface ConnectionEstablished {
  type: "connection_established";
  connection_id: string;
  user_id: string;
  server_time: string;
  /** Identity of the feed; a cursor from another epoch means nothing here. */
  epoch: string;
  head: number;
  limits?: { max_content_characters?: number };
}

export type TransientFrame =
  | { type: "text_delta"; run_id: string; message_id: string; delta: string; offset: number }
  | { type: "progress"; subject: string; operation: string; done: number; total?: number; percentage?: number }
  | { type: "agent_typing"; run_id: string; agent_name: string }
  | ServiceStatus;

/** A part of the server does not do as it should, or does again. Not stored: forgotten with the connection, and said again on the next. */
export interface ServiceStatus {
  type: "service_status";
  component: string;
  state: "degraded" | "recovered";
  message: string;
  expected_recovery_ms?: number;
}

/** An administrator changed the account: this holds from now on. */
export interface AccountChanged {
  type: "account_changed";
  tier: string;
  roles: string[];
}

/** Frames without a `seq`: about the connection, or transient. */
export type ServerFrame =
  | ConnectionEstablished
  | ErrorFrame
  | TransientFrame
  | { type: "caught_up"; seq: number }
  | { type: "gap"; earliest: number; snapshot: string }
  | { type: "heartbeat" | "pong"; server_time: string }
  | { type: "goaway"; after_ms: number; reason: string }
  | { type: "auth_expiring" | "auth_refreshed"; expires_at: string }
  | AccountChanged
  | { type: "message_accepted"; message_id: string; thread_id: string; run_id: string }
  | { type: "stopping"; run_id: string; invocation_id?: string; tool_call_id?: string }
  | { type: "backlog"; pending: number; oldest_ms: number };

export interface UserView {
  id: string;
  email: string;
  name?: string;
  tier: string;
  roles: string[];
  /** Whose usage log the user works on, and whose budgets it shares. */
  organisation_id?: string;
}

export interface TokenReply {
  access_token: string;
  refresh_token: string;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  user: UserView;
}

export interface AuthConfig {
  registration: boolean;
  first_run: boolean;
}

export interface ImportJob {
  job_id: string;
  state: "queued" | "running" | "completed" | "failed" | "cancelled";
  file_name?: string;
  format?: string;
  rows_read: number;
  rows_stored: number;
  rows_duplicate: number;
  rows_rejected: number;
  rejected?: { line: number; field: string; value: string; reason: string }[];
  bytes_read: number;
  bytes_total?: number;
  quality_flags?: Record<string, number>;
  first_start?: string;
  last_start?: string;
  error?: string;
  /** What was assumed or left out, in sentences. */
  notes?: string[];
}

export interface Extent {
  rows: number;
  first_start?: string;
  last_start?: string;
}

/** An analysis and what it takes. */
export interface ToolInfo {
  name: string;
  number: string;
  purpose: string;
  arguments_schema: { properties?: Record<string, unknown> };
}

/** What a group of calls used. */
export interface UsageFigures {
  key?: string;
  requests: number;
  unpriced_requests: number;
  cost_usd: number;
  input_tokens: number;
  cache_read_tokens: number;
  output_tokens: number;
  cache_read_share?: number;
  errors: number;
  error_share: number;
  median_ms?: number;
  p95_ms?: number;
}

export interface Dashboard {
  /** Of the log, when this was read. */
  revision: number;
  from?: string;
  to?: string;
  /** The log's last row, where a named window counts back from it. */
  anchored_at?: string;
  last_start?: string;
  grain: "hour" | "day" | "week" | "month";
  by: string;
  totals: UsageFigures;
  previous?: UsageFigures;
  series: UsageFigures[];
  parts: UsageFigures[];
  other_parts: number;
  /** Calls of the span that no figure counts. */
  not_counted: { name: Uncounted; requests: number; cost_usd: number }[];
  /** Of the calls, those of the generated demonstration organisation. */
  generated_requests: number;
}

/** What is in no sum unless it is included: calls another source recorded too, calls of Apex's own agents. */
export type Uncounted = "duplicates" | "own_calls";

export type AlertKind = "budget" | "anomaly" | "deprecation" | "report";
export type ReportInterval = "day" | "week" | "month";

export interface AlertRule {
  id: string;
  kind: AlertKind;
  name: string;
  enabled: boolean;
  created_at: string;
  /** Of a budget: US dollars a calendar month, and the shares of it to speak up at. */
  budget_usd?: number;
  thresholds?: number[];
  within_days?: number;
  every?: ReportInterval;
  checked_at?: string;
  next_at?: string;
  /** What it last saw. */
  state?: string;
}

export type AlertRuleRequest = Partial<Pick<AlertRule, "kind" | "name" | "enabled" | "budget_usd" | "thresholds" | "within_days" | "every">>;

/** Something a rule found; it came as a broadcast of the same id. */
export interface RaisedAlert {
  id: string;
  rule_id: string;
  at: string;
  title: string;
  body: string;
  severity: BroadcastSeverity;
  report_id?: string;
}

export interface AlertList {
  rules: AlertRule[];
  raised: RaisedAlert[];
}

/** One of the limits that hold for the user, by the name that refusals give it. */
export interface LimitView {
  name: string;
  /** Absent where there is no limit. */
  most?: number;
  /** Absent where there is no limit, or where it holds for each run alone. */
  left?: number;
  resets_at?: string;
  /** Which tier has more, as a sentence. */
  lifted_by?: string;
}

export type BudgetLimit = "usd_per_day" | "usd_per_month" | "tokens_per_day" | "tokens_per_month";

/** How a budget for chat models stands, in US dollars or tokens. */
export interface BudgetView {
  of: "user" | "organisation";
  limit: BudgetLimit;
  most: number;
  spent: number;
  /** Set aside for calls under way. */
  reserved: number;
  left: number;
  resets_at: string;
}

export interface OwnLimits {
  tier: string;
  limits: LimitView[];
  budgets: BudgetView[];
}

/** A budget an administrator set; an amount that is absent is the tier's. */
export type BudgetAmounts = { [limit in BudgetLimit]?: number };

export type BudgetSettingRequest = BudgetAmounts & ({ user: string } | { organisation: string });

export type BudgetSetting = BudgetAmounts & {
  of: "user" | "organisation";
  id: string;
  email?: string;
  set_at: string;
  /** Runs that waited for it and look again. */
  woken?: number;
};

export type Tier = "free" | "early" | "mid" | "enterprise";

export type Role = "user" | "developer" | "admin";

/** An account as administrators see it. */
export interface ManagedUser {
  id: string;
  email: string;
  name?: string;
  tier: Tier;
  role: Role;
  organisation_id: string;
  created_at: string;
  /** Since when nobody can log in to it. */
  disabled_at?: string;
}

export type ManagedUserChange = { tier?: Tier; role?: Role; disabled?: boolean };

export interface ManagedUserReply {
  user: ManagedUser;
  sessions_ended: number;
  runs_stopped: number;
  runs_woken: number;
}

/** RFC 9457 problem details with the protocol's code. */
export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  retry_after_ms?: number;
  field?: string;
}

/** Longest `user_message` content where the server did not say. */
export const DEFAULT_CONTENT_LIMIT = 32_000;

export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooLarge: 1009,
  expired: 4401,
  tooSlow: 4408,
  replaced: 4409,
  rateLimited: 4429,
} as const;
