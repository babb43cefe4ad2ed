import type { LoginType } from "@/api/session";

export type Audience = LoginType;

/** Where each kind of session begins (after the language prefix). */
export function landingPath(loginType: LoginType): string {
  return loginType === "readonly_user" ? "/my-usage" : "/dashboard";
}
