/** With more series than this the colours repeat. */
export const colours = 8;

/** Round values for an axis from at most `lowest` to at least `highest`, about `wanted` of them. */
export function ticks(lowest: number, highest: number, wanted = 5): number[] {
  if (!(highest > lowest)) highest = lowest + 1;
  const rough = (highest - lowest) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) ?? 10 * power;
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.ceil(highest / step - 1e-9);
  // Multiplied, not added up: sums of 0.1 drift.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Every how many labels one can be written, so that they do not touch. */
export function labelStep(labels: string[], widthEach: number, perCharacter = 6.6, gap = 12): number {
  const longest = Math.max(1, ...labels.map((label) => label.length)) * perCharacter + gap;
  return Math.max(1, Math.ceil(longest / Math.max(widthEach, 0.001)));
}

/** Lowest and highest of what is drawn; stacks reach as far as their parts together. Zero is always in. */
export function extent(series: { values: (number | null)[] }[], stacked: boolean): [number, number] {
  let low = 0;
  let high = 0;
  const length = Math.max(0, ...series.map((s) => s.values.length));
  for (let i = 0; i < length; i++) {
    let up = 0;
    let down = 0;
    for (const { values } of series) {
      const value = values[i] ?? 0;
      if (stacked && value >= 0) up += value;
      else if (stacked) down += value;
      else {
        up = Math.max(up, value);
        down = Math.min(down, value);
      }
    }
    low = Math.min(low, down);
    high = Math.max(high, up);
  }
  return [low, high];
}

/** A line over points, broken where a value is missing. */
export function linePath(values: (number | null)[], x: (i: number) => number, y: (v: number) => number): string {
  let path = "";
  let drawing = false;
  values.forEach((value, i) => {
    if (value === null || value === undefined) {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = true;
  });
  return path;
}
