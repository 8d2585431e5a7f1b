import { defineConfig, type Plugin } from "vite";

const server = process.env.APEX_URL ?? "";
const proxy = server
  ? {
      "/api": server,
      "/auth": server,
      "/health": server,
      "/ws": { target: server, ws: true },
    }
  : {};

/** Without APEX_URL the page talks to a rehearsed server that plays a recorded run: see dev/stage.ts. */
function stage(): Plugin {
  return {
    name: "apex-stage",
    async configureServer(vite) {
      if (server || process.env.VITEST) return;
      const { attach } = await import("./dev/stage.ts");
      attach(vite.middlewares, vite.httpServer as import("node:http").Server);
    },
    async configurePreviewServer(vite) {
      if (server) return;
      const { attach } = await import("./dev/stage.ts");
      attach(vite.middlewares, vite.httpServer as import("node:http").Server);
    },
  };
}

export default defineConfig({
  plugins: [stage()],
  build: {
    target: "es2022",
    sourcemap: false,
    // Data urls would need a wider content security policy than the server gives.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", port: 5173, proxy },
  preview: { host: "127.0.0.1", port: 4173, proxy },
});
