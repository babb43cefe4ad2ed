import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./class-names";

const ITEM =
  "flex h-8 cursor-pointer items-center gap-2 rounded-control px-2 text-13 outline-none select-none " +
  "data-[highlighted]:bg-hover data-[disabled]:opacity-50";

export function Menu(props: { trigger: ReactNode; children: ReactNode; align?: "start" | "end" }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{props.trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={props.align ?? "end"}
          sideOffset={6}
          collisionPadding={8}
          className="thin-scroll z-60 max-h-[80dvh] min-w-48 overflow-y-auto rounded-panel border border-hairline bg-raised p-1 text-text shadow-overlay"
        >
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  children: ReactNode;
  icon?: ReactNode;
  onSelect: () => void;
  isDanger?: boolean;
}

export function MenuItem({ children, icon, onSelect, isDanger }: ItemProps) {
  return (
    <Radix.Item className={cx(ITEM, isDanger && "text-bad")} onSelect={onSelect}>
      <span className="flex size-4 items-center justify-center">{icon}</span>
      {children}
    </Radix.Item>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

export function MenuChoice<T extends string>(props: ChoiceProps<T>) {
  return (
    <Radix.Group>
      <Radix.Label className="px-2 pt-2 pb-1 text-12 text-muted">{props.label}</Radix.Label>
      <Radix.RadioGroup
        value={props.value}
        onValueChange={(value) => props.onChange(value as T)}
        aria-label={props.label}
      >
        {props.options.map((option) => (
          <Radix.RadioItem key={option.value} value={option.value} className={ITEM}>
            <Mark />
            {option.label}
          </Radix.RadioItem>
        ))}
      </Radix.RadioGroup>
    </Radix.Group>
  );
}

function Mark() {
  return (
    <span className="flex size-4 items-center justify-center">
      <Radix.ItemIndicator>
        <Check size={14} aria-hidden="true" />
      </Radix.ItemIndicator>
    </span>
  );
}

export function MenuCheck(props: {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Radix.CheckboxItem
      className={ITEM}
      checked={props.isOn}
      onCheckedChange={props.onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <Mark />
      {props.children}
    </Radix.CheckboxItem>
  );
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-hairline" />;
}

export function MenuText({ children }: { children: ReactNode }) {
  return <div className="px-2 py-1.5 text-13">{children}</div>;
}
