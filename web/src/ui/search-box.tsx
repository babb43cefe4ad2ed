import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { after, TYPING_MS } from "@/lib/cadence";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
}

/** Takes effect when the typing rests, or at once with Enter. `/` focuses the first on a page. */
export function SearchBox({ label, value, onChange, className = "w-56" }: Props) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    return after(TYPING_MS, () => onChange(text));
  }, [text, value, onChange]);
  return (
    <div className={`relative ${className}`}>
      <Search
        size={14}
        aria-hidden="true"
        className="pointer-events-none absolute top-2 left-2.5 text-muted"
      />
      <input
        type="search"
        data-page-search=""
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && onChange(text)}
        className="h-8 w-full rounded-control border border-outline bg-page pr-2 pl-8 text-13 placeholder:text-muted"
      />
    </div>
  );
}
