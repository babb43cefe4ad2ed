import { Pencil, Trash2 } from "lucide-react";
import { useMemo } from "react";
import type { MessageKey } from "@/i18n/loader";
import { useI18n } from "@/i18n/provider";
import { trimDecimal } from "@/lib/money";
import { Chip } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import type { Column } from "@/ui/grid";
import { RelativeTime } from "@/ui/relative-time";
import { Switch } from "@/ui/switch";
import type { Provider } from "../queries";

export interface Actions {
  setEnabled: (provider: Provider, isEnabled: boolean) => void;
  edit: (provider: Provider) => void;
  remove: (provider: Provider) => void;
}

export function useColumns(actions: Actions): Column<Provider>[] {
  const { t } = useI18n();
  return useMemo(
    (): Column<Provider>[] => [
      {
        id: "name",
        label: t("provider.name"),
        width: 170,
        isFixed: true,
        cell: (one) => <span className="truncate font-medium">{one.name}</span>,
      },
      {
        id: "state",
        label: t("providers.enabled"),
        width: 110,
        isFixed: true,
        cell: (one) => <Enabled provider={one} actions={actions} />,
      },
      {
        id: "type",
        label: t("provider.type"),
        width: 140,
        cell: (one) => (
          <span className="truncate">{t(`providerType.${one.providerType}` as MessageKey)}</span>
        ),
      },
      {
        id: "url",
        label: t("provider.url"),
        width: 180,
        grows: true,
        cell: (one) => (
          <span className="truncate text-muted" title={one.url}>
            {one.url}
          </span>
        ),
      },
      {
        id: "key",
        label: t("provider.key"),
        width: 130,
        cell: (one) => <code className="truncate text-12">{one.maskedKey}</code>,
      },
      {
        id: "priority",
        label: t("providers.priority"),
        width: 84,
        align: "end",
        cell: (one) => one.priority,
      },
      {
        id: "weight",
        label: t("providers.weight"),
        width: 80,
        align: "end",
        cell: (one) => one.weight,
      },
      {
        id: "multiplier",
        label: t("providers.multiplier"),
        width: 92,
        align: "end",
        cell: (one) => `×${trimDecimal(one.costMultiplier)}`,
      },
      {
        id: "groups",
        label: t("providers.groups"),
        width: 120,
        cell: (one) =>
          (one.groupTag ?? "")
            .split(",")
            .filter(Boolean)
            .map((group) => <Chip key={group}>{group}</Chip>),
      },
      {
        id: "updated",
        label: t("providers.updated"),
        width: 140,
        isHiddenAtFirst: true,
        cell: (one) => <RelativeTime iso={one.updatedAt} />,
      },
      {
        id: "actions",
        label: t("grid.actions"),
        width: 84,
        align: "end",
        isFixed: true,
        cell: (one) => <RowActions provider={one} actions={actions} />,
      },
    ],
    [t, actions],
  );
}

type CellProps = { provider: Provider; actions: Actions };

function Enabled({ provider, actions }: CellProps) {
  const { t } = useI18n();
  return (
    <>
      <Switch
        isOn={provider.isEnabled}
        label={t("providers.enabledOf", { name: provider.name })}
        onChange={(isEnabled) => actions.setEnabled(provider, isEnabled)}
      />
      {!provider.isEnabled && <span className="text-12 text-muted">{t("providers.off")}</span>}
    </>
  );
}

function RowActions({ provider, actions }: CellProps) {
  const { t } = useI18n();
  return (
    <>
      <IconButton
        label={t("action.editOf", { name: provider.name })}
        className="size-7"
        icon={<Pencil size={14} />}
        onClick={() => actions.edit(provider)}
      />
      <IconButton
        label={t("action.deleteOf", { name: provider.name })}
        className="size-7"
        icon={<Trash2 size={14} />}
        onClick={() => actions.remove(provider)}
      />
    </>
  );
}
