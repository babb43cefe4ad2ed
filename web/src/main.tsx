import "./ui/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { watchSession } from "./api/session";
import { loginHref } from "./app/guards";
import { createQueryClient } from "./app/queries";
import { isLocale, preferredLocale } from "./i18n/config";
import { createConsoleRouter } from "./routes";

// Dialogs and menus add a style element while they are open; the policy asks for this nonce.
const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content;
if (nonce) setNonce(nonce);

const client = createQueryClient();
const router = createConsoleRouter();

watchSession(client, () => {
  const { href, pathname } = router.state.location;
  const first = pathname.split("/")[1];
  const locale = isLocale(first) ? first : preferredLocale();
  void router.navigate({ href: loginHref(locale, href), replace: true });
});

const container = document.getElementById("root");
if (container) {
  createRoot(container).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
