import { useRef } from "react";
import { CopyButton } from "./copy-button";

/** Lines to be copied, with the button that does it. */
export function CodeBlock(props: { text: string; label: string; onCopied?: () => void }) {
  const source = useRef<HTMLPreElement>(null);
  return (
    <figure className="relative m-0 rounded-control border border-hairline bg-panel">
      <section
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
        className="thin-scroll max-h-72 overflow-auto"
      >
        <pre ref={source} className="m-0 px-3 py-2.5 pr-12 text-12 leading-5 whitespace-pre">
          {props.text}
        </pre>
      </section>
      <div className="absolute top-1.5 right-1.5 rounded-control bg-panel">
        <CopyButton text={props.text} source={source} onCopied={props.onCopied} />
      </div>
    </figure>
  );
}
