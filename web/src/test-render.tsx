import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { I18nProvider } from "@/i18n/provider";
import { TooltipProvider } from "@/ui/tooltip";

/** Renders a widget as a page would: in English, with room for tooltips. */
export function renderWidget(widget: ReactNode) {
  const wrap = (children: ReactNode) => (
    <I18nProvider locale="en" timeZone="UTC" currency="USD">
      <TooltipProvider>{children}</TooltipProvider>
    </I18nProvider>
  );
  const view = render(wrap(widget));
  return { ...view, rerender: (next: ReactNode) => view.rerender(wrap(next)) };
}
