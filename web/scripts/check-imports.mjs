// The rules of the house, checked on every source file: who may import whom, and what belongs
// where. Prints file:line for each breach.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const ROOT = new URL("../src/", import.meta.url).pathname;
const LONGEST_FILE = 300;

/** Area of src/ -> areas it may import from. Features see no other feature. */
const MAY = {
  lib: ["lib"],
  i18n: ["i18n", "lib"],
  api: ["api", "lib"],
  ui: ["ui", "i18n", "lib"],
  app: ["app", "ui", "api", "i18n", "lib"],
  features: ["app", "ui", "api", "i18n", "lib"],
};
/** Packages that one area wraps for all others. */
const WRAPPED = {
  "radix-ui": "ui",
  "openapi-fetch": "api",
  "intl-messageformat": "i18n",
  "@tanstack/react-virtual": "ui",
};
/** Text that may stand only in one place. */
const ONLY_IN = [
  [/\bfetch\(/, /^api\//, "fetch outside api"],
  [
    /\b(setTimeout|setInterval|requestAnimationFrame)\(/,
    /^lib\/cadence\.ts$/,
    "timer outside cadence",
  ],
  [/\b(localStorage|sessionStorage)\b/, /^lib\/prefs\.ts$/, "storage outside prefs"],
  [/#[0-9a-f]{3,8}\b["';)]|\b(rgba?|hsla?|oklch)\(/i, /^ui\/tokens\.css$/, "colour outside tokens"],
  [/dangerouslySetInnerHTML|\.innerHTML\b/, /^$/, "raw HTML"],
];
/** Attributes that a person reads or hears. */
const READ = new Set(["aria-label", "title", "placeholder", "alt", "label", "hint"]);
const HAS_WORDS = /\p{L}{2,}/u;
/** Names of programs are the same in every language. */
const NAMES = new Set(["curl", "Claude Code", "Codex", "Gemini CLI"]);

const breaches = [];
const report = (file, line, text) => breaches.push(`src/${file}:${line}: ${text}`);

function areaOf(path) {
  const [area, feature] = path.split("/");
  return area === "features" ? { area, feature } : { area };
}

function checkImport(file, line, from) {
  const here = areaOf(file);
  const owner = WRAPPED[from];
  if (owner && here.area !== owner) report(file, line, `${from} is wrapped by ${owner}`);
  const isOurs = from.startsWith("@/") || from.startsWith(".");
  if (!isOurs || !MAY[here.area]) return;
  const path = from.startsWith("@/") ? from.slice(2) : join(dirname(file), from);
  const there = areaOf(path);
  const isOwnFeature = there.area === "features" && there.feature === here.feature;
  if (!isOwnFeature && MAY[there.area] && !MAY[here.area].includes(there.area)) {
    report(file, line, `${here.area} may not import ${path}`);
  }
}

function checkText(file, source) {
  const lineOf = (node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const isText = (text) => HAS_WORDS.test(text) && !NAMES.has(text);
  const visit = (node) => {
    if (ts.isJsxText(node) && isText(node.text.trim())) {
      report(file, lineOf(node), `text outside locales: ${node.text.trim()}`);
    }
    if (ts.isJsxAttribute(node) && READ.has(node.name.getText(source))) {
      const value = node.initializer;
      if (value && ts.isStringLiteral(value) && isText(value.text)) {
        report(file, lineOf(node), `text outside locales: ${value.text}`);
      }
    }
    if (ts.isImportDeclaration(node) || (ts.isExportDeclaration(node) && node.moduleSpecifier)) {
      checkImport(file, lineOf(node), node.moduleSpecifier.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

for (const entry of readdirSync(ROOT, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const file = relative(ROOT, path);
  if (!entry.isFile() || !/\.(tsx?|css)$/.test(file) || file === "api/schema.d.ts") continue;
  if (/\.test\.tsx?$|^test-setup/.test(file)) continue;
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n");
  if (lines.length > LONGEST_FILE) report(file, LONGEST_FILE, `more than ${LONGEST_FILE} lines`);
  for (const [pattern, allowed, what] of ONLY_IN) {
    if (allowed.test(file)) continue;
    const at = lines.findIndex((line) => pattern.test(line));
    if (at >= 0) report(file, at + 1, what);
  }
  if (file.endsWith(".css")) continue;
  checkText(file, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX));
}

for (const breach of breaches) console.error(breach);
process.exit(breaches.length > 0 ? 1 : 0);
