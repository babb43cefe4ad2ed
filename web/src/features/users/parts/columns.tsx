import { ChevronDown, ChevronRight, KeyRound, Pencil, Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useI18n } from "@/i18n/provider";
import { useNow } from "@/lib/cadence";
import { Badge, Chip } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import type { Column } from "@/ui/grid";
import { RelativeTime } from "@/ui/relative-time";
import { Switch } from "@/ui/switch";
import { type Row, stateOf } from "./rows";

export interface Actions {
  isUnfolded: (row: Row) => boolean;
  toggleFold: (row: Row) => void;
  setEnabled: (row: Row, isEnabled: boolean) => void;
  addKey: (row: Row) => void;
  edit: (row: Row) => void;
  remove: (row: Row) => void;
}

const SMALL = "size-7";

export function useColumns(actions: Actions): Column<Row>[] {
  const { t } = useI18n();
  return useMemo(
    (): Column<Row>[] => [
      {
        id: "name",
        label: t("users.name"),
        width: 240,
        isFixed: true,
        cell: (row) => <Name row={row} actions={actions} />,
      },
      {
        id: "state",
        label: t("users.enabled"),
        width: 130,
        isFixed: true,
        cell: (row) => <Enabled row={row} actions={actions} />,
      },
      {
        id: "key",
        label: t("users.key"),
        width: 172,
        cell: (row) =>
          row.kind === "key" ? (
            <code className="truncate text-12">{row.key.maskedKey}</code>
          ) : (
            <span className="text-muted">
              {t("users.keyCount", { count: row.user.keys.length })}
            </span>
          ),
      },
      {
        id: "group",
        label: t("users.group"),
        width: 130,
        cell: (row) => (
          <Groups text={row.kind === "key" ? row.key.providerGroup : row.user.providerGroup} />
        ),
      },
      {
        id: "tags",
        label: t("users.tags"),
        width: 150,
        grows: true,
        cell: (row) =>
          row.kind === "user" && row.user.tags.map((tag) => <Chip key={tag}>{tag}</Chip>),
      },
      {
        id: "expires",
        label: t("users.expires"),
        width: 120,
        cell: (row) => <Expiry iso={row.kind === "key" ? row.key.expiresAt : row.user.expiresAt} />,
      },
      {
        id: "created",
        label: t("users.created"),
        width: 124,
        cell: (row) => (
          <RelativeTime iso={row.kind === "key" ? row.key.createdAt : row.user.createdAt} />
        ),
      },
      {
        id: "actions",
        label: t("grid.actions"),
        width: 116,
        align: "end",
        isFixed: true,
        cell: (row) => <RowActions row={row} actions={actions} />,
      },
    ],
    [t, actions],
  );
}

type CellProps = { row: Row; actions: Actions };

function Name({ row, actions }: CellProps) {
  const { t } = useI18n();
  if (row.kind === "key") {
    return (
      <span className="flex min-w-0 items-center gap-2 pl-9">
        <KeyRound size={13} className="shrink-0 text-muted" aria-hidden="true" />
        <span className="truncate">{row.key.name}</span>
      </span>
    );
  }
  const { user } = row;
  const isOpen = actions.isUnfolded(row);
  return (
    <>
      <IconButton
        label={t(isOpen ? "users.fold" : "users.unfold", { name: user.name })}
        aria-expanded={isOpen}
        className="-ml-1.5 size-7"
        icon={isOpen ? <ChevronDown size={15} /> : <ChevronRight size={15} />}
        onClick={() => actions.toggleFold(row)}
      />
      <span className="min-w-0">
        <span className="block truncate font-medium">{user.name}</span>
        {user.note && (
          <span className="block truncate text-12 leading-4 text-muted" title={user.note}>
            {user.note}
          </span>
        )}
      </span>
    </>
  );
}

function Enabled({ row, actions }: CellProps) {
  const { t } = useI18n();
  const now = useNow("minute");
  const thing = row.kind === "key" ? row.key : row.user;
  const state = stateOf(thing, now);
  return (
    <>
      <Switch
        isOn={thing.isEnabled}
        label={t("users.enabledOf", { name: thing.name })}
        onChange={(isEnabled) => actions.setEnabled(row, isEnabled)}
      />
      {state === "expired" && (
        <Badge status="warn" hasIcon>
          {t("users.expired")}
        </Badge>
      )}
      {state === "off" && <span className="text-12 text-muted">{t("users.off")}</span>}
    </>
  );
}

function Groups({ text }: { text: string | null }) {
  const groups = (text ?? "").split(",").filter(Boolean);
  const more = groups.length - 2;
  return (
    <>
      {groups.slice(0, 2).map((group) => (
        <Chip key={group}>{group}</Chip>
      ))}
      {more > 0 && <span className="text-12 text-muted">+{more}</span>}
    </>
  );
}

function Expiry({ iso }: { iso: string | null }) {
  const { t } = useI18n();
  if (iso === null) return <span className="text-muted">{t("users.never")}</span>;
  return <RelativeTime iso={iso} />;
}

function RowActions({ row, actions }: CellProps) {
  const { t } = useI18n();
  const { name } = row.kind === "key" ? row.key : row.user;
  return (
    <>
      {row.kind === "user" && (
        <IconButton
          label={t("users.addKeyFor", { name })}
          className={SMALL}
          icon={<Plus size={15} />}
          onClick={() => actions.addKey(row)}
        />
      )}
      <IconButton
        label={t("action.editOf", { name })}
        className={SMALL}
        icon={<Pencil size={14} />}
        onClick={() => actions.edit(row)}
      />
      <IconButton
        label={t("action.deleteOf", { name })}
        className={SMALL}
        icon={<Trash2 size={14} />}
        onClick={() => actions.remove(row)}
      />
    </>
  );
}
