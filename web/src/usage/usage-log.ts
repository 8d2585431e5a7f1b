import { ApiError, type Extent, type ImportJob } from "../client/index.ts";
import { newId } from "../client/ids.ts";
import { Store } from "../shell/store.ts";
import type { Workspace } from "../shell/workspace.ts";
import { uploadInParts } from "./upload-in-parts.ts";

/** One file on its way into the usage log or the price book. */
export interface Import {
  id: string;
  name: string;
  kind: "usage" | "prices" | "demo";
  stage: "waiting" | "uploading" | "reading" | "done" | "failed";
  /** 0 to 1; absent where the total is not known. */
  part?: number;
  job?: ImportJob;
  fault?: string;
  /** Kept of a file that was not understood, so that its columns can be mapped. */
  file?: File;
  /** Ends it early; only while it can be. */
  cancel?: () => void;
}

/** Above this, a broken connection must not cost what was sent. */
const leastBytesInParts = 16 * 1024 * 1024;
const pollMs = 250;
const slowestPollMs = 1_500;
const pollFaultsAllowed = 20;

/** What of the usage log the page needs: how much there is, and getting more in, one file after the other. */
export class UsageLog {
  readonly extent = new Store<Extent | null>(null);
  readonly imports = new Store<Import[]>([]);
  /** For logs that name no model: the one their rows are priced as. */
  readonly assumedModel = new Store("");
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly workspace: Workspace) {}

  /** Imports that are under way although this page did not begin them: it was loaded anew, or another device did. */
  followOpenJobs(): Promise<void> {
    return this.workspace.read("imports", async () => {
      const { jobs } = await this.workspace.api.importJobs();
      for (const job of jobs.filter((one) => one.state === "queued" || one.state === "running").reverse()) {
        const id = newId("import");
        this.imports.update((held) => [...held, { id, name: job.file_name ?? "import", kind: "usage", stage: "reading", job }]);
        void this.follow(id, job.job_id).catch((fault: Error) => this.change(id, { stage: "failed", fault: fault.message })).then(() => this.readExtent());
      }
    });
  }

  readExtent(): Promise<void> {
    return this.workspace.read("extent", async () => this.extent.set(await this.workspace.api.extent()));
  }

  /** @param mapping name of a saved mapping to read the files by; without, the content tells the format. */
  add(files: Iterable<File>, kind?: "usage" | "prices", mapping?: string): void {
    for (const file of files) {
      const as = kind ?? (/price/i.test(file.name) ? "prices" : "usage");
      this.enqueue(file.name, as, (id) => this.bringIn(id, file, as, mapping));
    }
  }

  /** A change of prices, shown like an import until the log is priced anew; a refusal is the caller's to show. */
  async followPrices(name: string, work: () => Promise<{ job_id: string }>): Promise<void> {
    const { job_id } = await work();
    await this.enqueue(name, "prices", async (id) => {
      this.change(id, { stage: "reading" });
      await this.follow(id, job_id);
    });
  }

  forget(id: string): void {
    this.imports.update((held) => held.filter((i) => i.id !== id));
  }

  loadDemo(): Promise<void> {
    return this.enqueue("Demonstration organisation (generated)", "demo", async (id) => {
      this.change(id, { stage: "reading" });
      const { job_id } = await this.workspace.api.demo();
      await this.follow(id, job_id);
    });
  }

  clearFinished = (): void => this.imports.update((held) => held.filter((i) => i.stage !== "done" && i.stage !== "failed"));

  private enqueue(name: string, kind: Import["kind"], work: (id: string) => Promise<void>): Promise<void> {
    const id = newId("import");
    this.imports.update((held) => [...held, { id, name, kind, stage: "waiting" }]);
    const mine = this.queue.then(() => work(id)).catch((fault: Error) => this.change(id, { stage: "failed", fault: fault.message }));
    this.queue = mine.then(() => this.readExtent());
    return this.queue;
  }

  private async bringIn(id: string, file: File, kind: "usage" | "prices", mapping?: string): Promise<void> {
    this.change(id, { stage: "uploading", part: 0, ...(kind === "usage" ? { file } : {}) });
    const abort = new AbortController();
    this.change(id, { cancel: () => abort.abort() });
    const model = this.assumedModel.get().trim();
    const fields: Record<string, string> = {};
    if (kind === "usage" && model !== "") fields.assumed_model = model;
    if (mapping !== undefined) Object.assign(fields, { format: "csv", mapping });
    const onProgress = (sent: number, total: number) =>
      this.change(id, sent >= total ? { stage: "reading" } : { part: total > 0 ? sent / total : 0 });

    const { job_id } = kind === "usage" && file.size > leastBytesInParts
      ? await uploadInParts(this.workspace.api, file, fields, onProgress, abort.signal)
      : await this.workspace.api.upload<{ job_id: string }>(
          kind === "prices" ? "/api/usage/prices/import" : "/api/usage/import", file, { fields, signal: abort.signal, onProgress });
    await this.follow(id, job_id);
  }

  /** Asks after a job until it has ended; a server that is away for a while does not end it. */
  private async follow(id: string, jobId: string): Promise<void> {
    let wait = pollMs;
    this.change(id, { cancel: () => void this.workspace.api.cancelImport(jobId).catch(this.workspace.report) });
    for (let faults = 0; ; ) {
      try {
        const job = await this.workspace.api.importJob(jobId);
        faults = 0;
        const part = job.bytes_total ? Math.min(1, job.bytes_read / job.bytes_total) : undefined;
        if (job.state === "completed") return this.change(id, { stage: "done", job, part: 1 });
        if (job.state === "failed" || job.state === "cancelled") {
          return this.change(id, { stage: "failed", job, fault: job.error ?? `The import was ${job.state}.` });
        }
        this.change(id, { stage: "reading", job, ...(part === undefined ? {} : { part }) });
      } catch (fault) {
        const away = fault instanceof ApiError && (fault.status === 0 || fault.status >= 500);
        if (!away || ++faults > pollFaultsAllowed) throw fault;
      }
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(slowestPollMs, wait * 1.25);
    }
  }

  private change(id: string, fields: Partial<Import>): void {
    this.imports.update((held) => held.map((i) => (i.id === id ? { ...i, ...fields } : i)));
  }
}

const logs = new WeakMap<Workspace, UsageLog>();

export function usageLog(workspace: Workspace): UsageLog {
  let log = logs.get(workspace);
  if (!log) {
    log = new UsageLog(workspace);
    logs.set(workspace, log);
    void log.readExtent();
    void log.followOpenJobs();
  }
  return log;
}
