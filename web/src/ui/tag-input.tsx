import { X } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useState } from "react";
import { useI18n } from "@/i18n/provider";
import { Field, type FieldProps } from "./field";

interface Props extends FieldProps {
  tags: string[];
  onChange: (tags: string[]) => void;
  maxTags: number;
  maxLength: number;
}

/** Enter or a comma adds, Backspace removes the last, a paste splits, duplicates are refused. */
export function TagInput(props: Props) {
  const { tags, onChange, maxTags, maxLength, ...field } = props;
  const { t } = useI18n();
  const [text, setText] = useState("");

  const add = (words: string[]) => {
    const next = [...tags];
    for (const word of words.map((one) => one.trim())) {
      if (word && word.length <= maxLength && next.length < maxTags && !next.includes(word)) {
        next.push(word);
      }
    }
    setText("");
    if (next.length !== tags.length) onChange(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && text.trim() === "") return;
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add([text]);
    } else if (event.key === "Backspace" && text === "" && tags.length > 0) {
      onChange(tags.slice(0, -1));
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData.getData("text");
    if (!/[,\n]/.test(pasted)) return;
    event.preventDefault();
    add(pasted.split(/[,\n]/));
  };

  return (
    <Field {...field}>
      {(a11y) => (
        <div className="flex min-h-8 flex-wrap items-center gap-1 rounded-control border border-outline bg-page px-1.5 py-1">
          {tags.map((tag) => (
            <span
              key={tag}
              className="inline-flex h-6 items-center gap-1 rounded-control bg-hover pl-2 text-12"
            >
              {tag}
              <button
                type="button"
                aria-label={t("form.removeTag", { tag })}
                onClick={() => onChange(tags.filter((one) => one !== tag))}
                className="flex size-6 items-center justify-center text-muted hover:text-text"
              >
                <X size={12} />
              </button>
            </span>
          ))}
          <input
            {...a11y}
            value={text}
            maxLength={maxLength}
            disabled={tags.length >= maxTags}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            onBlur={() => add([text])}
            className="h-6 min-w-24 flex-1 bg-transparent px-1 text-14"
          />
        </div>
      )}
    </Field>
  );
}
