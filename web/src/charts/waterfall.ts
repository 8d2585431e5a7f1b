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
