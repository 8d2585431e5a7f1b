/** Where each step of a waterfall begins and ends: levels from zero, changes from where the last step ended. */
export function steps(values: (number | null)[]): { from: number; to: number; level: boolean }[] {
  let level = 0;
  return values.map((value, i) => {
    const v = value ?? 0;
    const isLevel = i === 0 || i === values.length - 1;
    const step = isLevel ? { from: 0, to: v, level: true } : { from: level, to: level + v, level: false };
    level = step.to;
    return step;
  });
}

/**
 * Where the axis of a waterfall begins: at zero, unless the changes are so small beside the levels that they would be hairs; then below
 * the lowest level, which the chart must say.
 */
export function bottomOf(values: (number | null)[]): number {
  const levels = steps(values).map((step) => step.to);
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  return low > 0 && high > low && low - (high - low) > 0.4 * high ? low - (high - low) * 0.5 : Math.min(0, low);
}
