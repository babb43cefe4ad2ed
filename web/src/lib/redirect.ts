/* biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for */
const UNSAFE = /[\\\u0000-\u001f\u007f]/;

/**
 * Where to go after signing in: only an absolute path on this origin. One leading slash, no
 * second one, no backslash, no scheme, no control character, also when percent-encoded once.
 */
export function safeTarget(from: string | undefined): string | null {
  if (!from?.startsWith("/")) return null;
  let decoded: string;
  try {
    decoded = decodeURIComponent(from);
  } catch {
    return null;
  }
  for (const text of [from, decoded]) {
    if (text.startsWith("//") || UNSAFE.test(text)) return null;
  }
  return from;
}

/** Whether a path leads to a sign-in page, which is no place to return to. */
export function isLoginPath(path: string): boolean {
  return /^\/(?:[^/]+\/)?login(?:[/?#]|$)/.test(path);
}
