// Compares dist/ with budgets.json: what each page loads, compressed. Figures in KB.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const budgets = JSON.parse(readFileSync(new URL("../budgets.json", import.meta.url), "utf8"));

let manifest;
try {
  manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8"));
} catch {
  console.error("there is no dist/: run npm run build");
  process.exit(1);
}

const size = { gzip: (data) => gzipSync(data, { level: 9 }), brotli: brotliCompressSync };
const measure = (files, by) =>
  [...files].reduce((sum, file) => sum + size[by](readFileSync(join(DIST, file))).length, 0) / 1024;

/** A chunk and all that it imports at once. */
function closure(name, files = new Set()) {
  const chunk = manifest[name];
  if (!chunk || files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const one of chunk.imports ?? []) closure(one, files);
  return files;
}

const rows = [];
const judge = (what, kb, limit) => rows.push({ what, kb, limit, isOver: !(kb <= limit) });

const entry = closure("index.html");
judge("entry, gzip", measure(entry, "gzip"), budgets.entryGzip);
judge("entry, brotli", measure(entry, "brotli"), budgets.entryBrotli);

const styles = readdirSync(join(DIST, "assets")).filter((file) => file.endsWith(".css"));
judge(
  "styles",
  measure(
    styles.map((file) => `assets/${file}`),
    "gzip",
  ),
  budgets.styles,
);

for (const name of Object.keys(manifest).filter((one) =>
  /features\/[\w-]+\/page\.tsx$/.test(one),
)) {
  const feature = name.split("/").at(-2);
  const own = [...closure(name)].filter((file) => !entry.has(file));
  judge(`page ${feature}`, measure(own, "gzip"), budgets.pages[feature] ?? budgets.pages.other);
}

for (const [name, limit] of Object.entries(budgets.lazy)) {
  const own = [...closure(name)].filter((file) => !entry.has(file));
  judge(name, own.length > 0 ? measure(own, "gzip") : Number.NaN, limit);
}

const byLocale = new Map();
for (const [name, { file }] of Object.entries(manifest)) {
  const match = /locales\/([\w-]+)\/([\w-]+)\.json$/.exec(name);
  if (!match) continue;
  const [, locale, feature] = match;
  const kb = measure([file], "gzip");
  byLocale.set(locale, { ...byLocale.get(locale), [feature]: kb });
  judge(`${locale}/${basename(name)}`, kb, budgets.catalogue);
}
for (const [locale, { shell, ...features }] of byLocale) {
  judge(
    `${locale} at start`,
    shell + Math.max(...Object.values(features)),
    budgets.catalogueAtStart,
  );
}

for (const { what, kb, limit, isOver } of rows) {
  if (isOver || process.argv.includes("--all")) {
    console.log(`${isOver ? "OVER " : "     "}${what}: ${kb.toFixed(1)} of ${limit} KB`);
  }
}
process.exit(rows.some((row) => row.isOver) ? 1 : 0);
