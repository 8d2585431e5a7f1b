import { ApiError, type Api } from "../client/index.ts";

const partBytes = 8 * 1024 * 1024;
const attempts = 8;

/** Uploads a file part by part, goes on from where a broken connection left it, and starts its import. */
export async function uploadInParts(
  api: Api, file: File, fields: { format?: string; mapping?: string; assumed_model?: string },
  onProgress: (sent: number, total: number) => void, signal: AbortSignal,
): Promise<{ job_id: string }> {
  let upload = await api.openUpload(file.name, file.size);
  for (let faults = 0; upload.offset < upload.bytes; ) {
    if (signal.aborted) {
      await api.dropUpload(upload.upload_id);
      throw new ApiError(0, "cancelled", "The upload was cancelled.");
    }
    try {
      upload = await api.sendPart(upload.upload_id, upload.offset, file.slice(upload.offset, upload.offset + partBytes), signal);
      faults = 0;
      onProgress(upload.offset, upload.bytes);
    } catch (fault) {
      if (signal.aborted) continue;
      if (!isPassing(fault) || ++faults >= attempts) throw fault;
      await new Promise((done) => setTimeout(done, Math.min(30_000, 500 * 2 ** (faults - 1))));
      upload = await api.uploadState(upload.upload_id).catch(() => upload);
    }
  }
  return api.importUpload({ upload_id: upload.upload_id, ...fields });
}

/** Away, busy, or at another place than we thought: worth asking how far it is and going on. */
const isPassing = (fault: unknown) =>
  fault instanceof ApiError && (fault.status === 0 || fault.status >= 500 || fault.status === 409 || fault.code === "cursor_invalid");
