import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const apiHash = createHash("sha256")
  .update(readFileSync(here("../proto/admin.openapi.json")))
  .digest("hex");
const version = JSON.parse(readFileSync(here("./package.json"), "utf8")).version;

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": here("./src") } },
  define: {
    __API_HASH__: JSON.stringify(apiHash),
    __VERSION__: JSON.stringify(version),
  },
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": process.env.MILLRACE_ADMIN_URL ?? "http://127.0.0.1:4181" },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    maxWorkers: 2,
  },
});
