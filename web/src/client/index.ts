/** The client of Apex's wire: connect, send, resume, acknowledge, renew. No part of it knows about a page. */
export * from "./api.ts";
export * from "./connection.ts";
export * from "./feed.ts";
export * from "./outbox.ts";
export * from "./protocol.ts";
export * from "./report.ts";
export * from "./run.ts";
export * from "./session.ts";
