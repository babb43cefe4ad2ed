/* A form's rules name a message and its values; the field that shows it translates. */

export interface FormMessage {
  key: string;
  values: Record<string, string>;
}

export function formMessage(key: string, values: Record<string, string | number> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) params.set(name, String(value));
  return `${key}?${params}`;
}

export function readFormMessage(text: string): FormMessage | null {
  const at = text.indexOf("?");
  if (at < 0) return null;
  return {
    key: text.slice(0, at),
    values: Object.fromEntries(new URLSearchParams(text.slice(at + 1))),
  };
}
