import { describe, expect, it } from "vitest";
import { ApiError, type Api, type UploadView } from "../../src/client/index.ts";
import { uploadInParts } from "../../src/usage/upload-in-parts.ts";

const file = new File([new Uint8Array(20 * 1024 * 1024)], "log.csv");

/** A server that keeps what arrives and loses the connection when told to. */
function server(lose: (part: number) => boolean) {
  let offset = 0;
  let parts = 0;
  const view = (): UploadView => ({ upload_id: "up_1", offset, bytes: file.size });
  const api = {
    openUpload: async () => view(),
    uploadState: async () => view(),
    dropUpload: async () => undefined,
    sendPart: async (_: string, at: number, part: Blob) => {
      if (at !== offset) throw new ApiError(400, "cursor_invalid", "elsewhere");
      const lost = lose(++parts);
      // Half of a part is there when the connection breaks.
      offset += lost ? Math.floor(part.size / 2) : part.size;
      if (lost) throw new ApiError(0, "unreachable", "away");
      return view();
    },
    importUpload: async (body: { upload_id: string }) => ({ job_id: `${body.upload_id} at ${offset}` }),
  };
  return api as unknown as Api;
}

const quiet = new AbortController().signal;

describe("an upload in parts", () => {
  it("goes on from where a broken connection left it", async () => {
    const told: number[] = [];
    const job = await uploadInParts(server((part) => part === 2), file, {}, (sent) => told.push(sent), quiet);
    expect(job.job_id).toBe(`up_1 at ${file.size}`);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(file.size);
  });

  it("ends with the refusal when the server refuses for good", async () => {
    const api = server(() => false);
    api.sendPart = async () => {
      throw new ApiError(422, "invalid_file", "too much");
    };
    await expect(uploadInParts(api, file, {}, () => undefined, quiet)).rejects.toThrow("too much");
  });
});
