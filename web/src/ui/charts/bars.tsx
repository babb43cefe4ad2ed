import { Table2 } from "lucide-react";
import { useState } from "react";
import { useI18n } from "@/i18n/provider";
import { IconButton } from "../button";
import { Tooltip } from "../tooltip";

export interface Bar {
  id: string;
  label: string;
  value: number;
  /** the part of the value that failed */
  bad: number;
}

interface Props {
  title: string;
  labelTitle: string;
  valueTitle: string;
  badTitle: string;
  bars: Bar[];
}

const HEIGHT = 96;

/** A bar for each hour, the failed part at its foot; the same as a table for who wants figures. */
export function Bars(props: Props) {
  const { title, bars, valueTitle, badTitle } = props;
  const { t, number } = useI18n();
  const [isTable, setTable] = useState(false);
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const describe = (bar: Bar) =>
    `${bar.label}\n${valueTitle}: ${number(bar.value)}\n${badTitle}: ${number(bar.bad)}`;
  return (
    <figure className="m-0">
      <figcaption className="flex items-center justify-between">
        <span className="text-13 font-medium">{title}</span>
        <IconButton
          label={t("chart.asTable")}
          icon={<Table2 size={15} />}
          isPressed={isTable}
          onClick={() => setTable(!isTable)}
        />
      </figcaption>
      {isTable ? (
        <BarTable {...props} />
      ) : (
        <div
          role="img"
          aria-label={`${title}. ${bars
            .filter((bar) => bar.value > 0)
            .map(describe)
            .join("; ")}`}
          className="mt-2 flex items-end gap-0.5"
          style={{ height: HEIGHT }}
        >
          {bars.map((bar) => (
            <Tooltip key={bar.id} text={describe(bar)}>
              <div className="flex h-full min-w-0 flex-1 flex-col justify-end rounded-control hover:bg-hover">
                <svg
                  aria-hidden="true"
                  width="100%"
                  height={HEIGHT}
                  preserveAspectRatio="none"
                  viewBox={`0 0 10 ${HEIGHT}`}
                >
                  <rect x="0" width="10" y={HEIGHT - 1} height="1" fill="var(--hairline)" />
                  <rect x="0.5" width="9" {...span(bar.value, most)} fill="var(--series-1)" />
                  <rect x="0.5" width="9" {...span(bar.bad, most)} fill="var(--bad)" />
                </svg>
              </div>
            </Tooltip>
          ))}
        </div>
      )}
      {!isTable && (
        <div aria-hidden="true" className="mt-1 flex justify-between text-12 text-muted">
          {marksOf(bars).map((bar) => (
            <span key={bar.id}>{bar.label}</span>
          ))}
        </div>
      )}
    </figure>
  );
}

/** The first, the middle and the last, where they differ. */
function marksOf(bars: Bar[]): Bar[] {
  const marks = [bars.at(0), bars.at(bars.length / 2), bars.at(-1)];
  return [...new Set(marks)].filter((bar) => bar !== undefined);
}

function span(value: number, most: number) {
  const height = value === 0 ? 0 : Math.max(2, (value / most) * (HEIGHT - 2));
  return { y: HEIGHT - 1 - height, height };
}

function BarTable({ bars, labelTitle, valueTitle, badTitle }: Props) {
  const { number } = useI18n();
  return (
    <div className="thin-scroll mt-2 max-h-48 overflow-y-auto">
      <table className="w-full text-13">
        <thead className="text-12 text-muted">
          <tr>
            <th className="py-1 text-left font-medium">{labelTitle}</th>
            <th className="py-1 text-right font-medium">{valueTitle}</th>
            <th className="py-1 text-right font-medium">{badTitle}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.id} className="border-t border-hairline">
              <td className="py-1">{bar.label}</td>
              <td className="py-1 text-right">{number(bar.value)}</td>
              <td className="py-1 text-right">{number(bar.bad)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
