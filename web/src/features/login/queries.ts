import { useMutation } from "@tanstack/react-query";
import { refreshSession, signIn } from "@/api/session";

export interface SignedIn {
  redirectTo: string;
  /** false when the browser did not keep the cookie */
  isKept: boolean;
}

export function useSignIn() {
  return useMutation({
    mutationFn: async (key: string): Promise<SignedIn> => {
      const { redirectTo } = await signIn(key);
      const session = await refreshSession();
      return { redirectTo, isKept: session !== null };
    },
  });
}
