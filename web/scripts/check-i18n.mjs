// Five catalogues, one set of keys: parity, variables, plural forms, unused keys, no emoji, and a
// message for every code that the service may answer with.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";

const SRC = new URL("../src/", import.meta.url).pathname;
const LOCALES = join(SRC, "i18n/locales");
const REFERENCE = "en";
const EMOJI = /\p{Extended_Pictographic}/u;
const SCRIPT_OF = {
  "zh-CN": /\p{Script=Han}/u,
  "zh-TW": /\p{Script=Han}/u,
  ru: /\p{Script=Cyrillic}/u,
};
SCRIPT_OF.ja = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Names and forms that read the same in every language. */
const SAME = /^(app\.name|providerType\.(claude|codex|gemini)|logs\.chip|logs\.userAgent)$/;

const problems = [];
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const locales = readdirSync(LOCALES);
const features = readdirSync(join(LOCALES, REFERENCE));

/** Every variable of a message, and the forms of each plural. */
function shapeOf(ast, shape = { names: new Set(), plurals: [] }) {
  for (const node of ast) {
    if (node.type >= 1 && node.type <= 6) shape.names.add(node.value);
    if (node.type === 6) shape.plurals.push(Object.keys(node.options));
    for (const option of Object.values(node.options ?? {})) shapeOf(option.value, shape);
    if (node.children) shapeOf(node.children, shape);
  }
  return shape;
}

function checkMessage(where, locale, key, message, reference) {
  if (EMOJI.test(message)) problems.push(`${where}: emoji`);
  if (message === key || message.trim() === "") problems.push(`${where}: no text`);
  const script = SCRIPT_OF[locale];
  if (script && !SAME.test(key) && !script.test(message)) problems.push(`${where}: not translated`);
  let shape;
  try {
    shape = shapeOf(new IntlMessageFormat(message, locale).getAst());
  } catch (error) {
    problems.push(`${where}: ${error.message}`);
    return;
  }
  const expected = shapeOf(new IntlMessageFormat(reference, REFERENCE).getAst());
  const names = (set) => [...set].sort().join(",");
  if (names(shape.names) !== names(expected.names)) {
    problems.push(`${where}: variables ${names(shape.names)}, not ${names(expected.names)}`);
  }
  const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
  for (const forms of shape.plurals) {
    const missing = categories.filter((category) => !forms.includes(category));
    if (missing.length > 0) problems.push(`${where}: plural without ${missing.join(", ")}`);
  }
}

const keys = new Set();
for (const feature of features) {
  const reference = read(join(LOCALES, REFERENCE, feature));
  for (const key of Object.keys(reference)) {
    if (keys.has(key)) problems.push(`${feature}: ${key} stands in two files`);
    keys.add(key);
  }
  for (const locale of locales) {
    const catalogue = read(join(LOCALES, locale, feature));
    for (const [key, message] of Object.entries(catalogue)) {
      const where = `${locale}/${feature} ${key}`;
      if (reference[key] === undefined) problems.push(`${where}: not in ${REFERENCE}`);
      else checkMessage(where, locale, key, message, reference[key]);
    }
    for (const key of Object.keys(reference)) {
      if (catalogue[key] === undefined) problems.push(`${locale}/${feature} ${key}: missing`);
    }
  }
}

const code = readdirSync(SRC, { recursive: true })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.|schema\.d\.ts/.test(file))
  .map((file) => readFileSync(join(SRC, file), "utf8"))
  .join("\n");
const prefixes = [...code.matchAll(/`([\w-]+(?:\.[\w-]+)*\.)\$\{/g)].map((match) => match[1]);
for (const key of keys) {
  const isUsed = code.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix));
  if (!isUsed) problems.push(`${key}: unused`);
}

const api = read(new URL("../../proto/admin.openapi.json", import.meta.url)).components.schemas;
const answers = {
  errorCode: "ErrorCode",
  invalid: "InvalidParamCode",
  providerType: "ProviderType",
};
for (const [prefix, schema] of Object.entries(answers)) {
  for (const value of api[schema].enum) {
    if (!keys.has(`${prefix}.${value}`)) problems.push(`${prefix}.${value}: missing for ${schema}`);
  }
}

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
