/** What the server reads, in words for people; its full list is in docs/imports.md. */
export const knownLogs =
  "LiteLLM, Langfuse, Helicone, OpenTelemetry, Phoenix; usage reports of OpenAI and Anthropic, FOCUS bills; Claude Code, Codex, Aider; Azure, BurstGPT, Mooncake and Qwen traces; any other CSV, JSONL or Parquet by its columns; gzip is fine";
