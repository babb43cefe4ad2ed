import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ensureSession } from "./api/session";
import { NotFound, PageFailure } from "./app/failure";
import { leaveLogin, page, requireSession, tellDropped, toPreferredLocale } from "./app/guards";
import { landingPath } from "./app/landing";
import { LocaleLayout } from "./app/locale-layout";
import { ADMIN, CONSOLE } from "./app/navigation";
import { Shell } from "./app/shell";
import { dashboardSearch } from "./features/dashboard/search";
import { loginSearch } from "./features/login/search";
import { logsSearch } from "./features/logs/search";
import { providersSearch } from "./features/providers/search";
import { usersSearch } from "./features/users/search";
import { isLocale, rememberLocale } from "./i18n/config";
import { loadCatalogue } from "./i18n/loader";
import { noting, parseSearch, stringifySearch } from "./lib/url-state";

/* THE list of pages: path, who may open it, what its address means, and the code to fetch. */

const root = createRootRoute({ component: Outlet });

const start = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: ({ location }) => toPreferredLocale(location),
});

const locale = createRoute({
  getParentRoute: () => root,
  path: "/$locale",
  beforeLoad: async ({ params, location }) => {
    if (!isLocale(params.locale)) return toPreferredLocale(location);
    rememberLocale(params.locale);
    await loadCatalogue(params.locale, "shell");
  },
  component: LocaleLayout,
});

const localeStart = createRoute({
  getParentRoute: () => locale,
  path: "/",
  beforeLoad: async ({ params }) => {
    const session = await ensureSession();
    const target = session ? landingPath(session.loginType) : "/login";
    throw redirect({ href: `/${params.locale}${target}`, replace: true });
  },
});

const login = createRoute({
  getParentRoute: () => locale,
  path: "/login",
  ...page("login.title", "login"),
  validateSearch: loginSearch,
  beforeLoad: ({ params, search }) => leaveLogin(params.locale, search.from),
  component: lazyRouteComponent(() => import("./features/login/page")),
});

const shell = createRoute({
  getParentRoute: () => locale,
  id: "shell",
  beforeLoad: ({ params, location }) => requireSession(params.locale, location.href),
  component: Shell,
});

const dashboard = createRoute({
  getParentRoute: () => shell,
  path: "/dashboard",
  ...page("nav.dashboard", "dashboard", CONSOLE),
  validateSearch: dashboardSearch,
  component: lazyRouteComponent(() => import("./features/dashboard/page")),
});

const logs = createRoute({
  getParentRoute: () => shell,
  path: "/dashboard/logs",
  ...page("nav.logs", "logs", CONSOLE),
  validateSearch: noting(logsSearch),
  beforeLoad: tellDropped(logsSearch),
  component: lazyRouteComponent(() => import("./features/logs/page")),
});

const users = createRoute({
  getParentRoute: () => shell,
  path: "/dashboard/users",
  ...page("nav.users", "users", ADMIN),
  validateSearch: usersSearch,
  component: lazyRouteComponent(() => import("./features/users/page")),
});

const providers = createRoute({
  getParentRoute: () => shell,
  path: "/dashboard/providers",
  ...page("nav.providers", "providers", ADMIN),
  validateSearch: providersSearch,
  component: lazyRouteComponent(() => import("./features/providers/page")),
});

/* The same screen by its second address. */
const settingsProviders = createRoute({
  getParentRoute: () => shell,
  path: "/settings/providers",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/$locale/dashboard/providers", params, replace: true });
  },
});

/* Whoever has a console has no use for the page of those who have none. */
const myUsage = createRoute({
  getParentRoute: () => shell,
  path: "/my-usage",
  beforeLoad: async ({ params }) => {
    const session = await ensureSession();
    if (session?.loginType === "readonly_user") return;
    throw redirect({ to: "/$locale/dashboard", params, replace: true });
  },
  component: NotFound,
});

const nowhere = createRoute({
  getParentRoute: () => shell,
  path: "$",
  staticData: { title: "notFound.title" },
  component: NotFound,
});

const tree = root.addChildren([
  start,
  locale.addChildren([
    localeStart,
    login,
    shell.addChildren([dashboard, logs, users, providers, settingsProviders, myUsage, nowhere]),
  ]),
]);

export function createConsoleRouter() {
  return createRouter({
    routeTree: tree,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    search: { strict: true },
    scrollRestoration: false,
    defaultErrorComponent: PageFailure,
    defaultNotFoundComponent: NotFound,
    defaultPendingMinMs: 0,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
