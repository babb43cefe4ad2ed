// Writes .br and .gz next to every file of dist/ that gets smaller by it. The page itself is left
// alone: the server fills a nonce into it.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const TEXT = /\.(js|css|svg|json|txt)$/;
const SMALLEST = 512;

const entries = await readdir(DIST, { recursive: true, withFileTypes: true });
for (const entry of entries) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !TEXT.test(entry.name) || path.includes("/.vite/")) continue;
  const data = await readFile(path);
  if (data.length < SMALLEST) continue;
  const brotli = brotliCompressSync(data, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
    },
  });
  if (brotli.length < data.length) await writeFile(`${path}.br`, brotli);
  const gzip = gzipSync(data, { level: 9 });
  if (gzip.length < data.length) await writeFile(`${path}.gz`, gzip);
}
