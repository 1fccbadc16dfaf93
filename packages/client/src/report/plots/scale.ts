/** A linear axis from 0 to its end, with round marks. */
export interface Scale {
  readonly end: number;
  readonly marks: readonly number[];
}

const STEPS = [1, 2, 5, 10] as const;

/** An axis that holds `most`, with about `count` marks at round numbers. */
export function roundScale(most: number, count = 5): Scale {
  if (!(most > 0)) return { end: 1, marks: [0, 1] };
  const raw = most / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (STEPS.find((each) => each * power >= raw * (1 - 1e-9)) ?? 10);
  return scaleOf(most, step);
}

/** Lengths of time have round numbers of their own: seconds, minutes, hours. */
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** The same for seconds. */
export function timeScale(mostSeconds: number, count = 5): Scale {
  const step = TIME_STEPS.find((each) => each * count >= mostSeconds);
  if (mostSeconds < count || step === undefined) {
    const day = mostSeconds < count ? 1 : 86_400;
    const { end, marks } = roundScale(mostSeconds / day, count);
    return { end: end * day, marks: marks.map((mark) => mark * day) };
  }
  return scaleOf(mostSeconds, step);
}

function scaleOf(most: number, step: number): Scale {
  const steps = Math.max(1, Math.ceil(most / step - 1e-9));
  const marks = Array.from({ length: steps + 1 }, (_, at) => Number((at * step).toPrecision(12)));
  return { end: marks.at(-1) ?? most, marks };
}
