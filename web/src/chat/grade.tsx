export const gradeMeanings: Record<string, string> = {
  A: "Arithmetic over logged and priced rows. Nothing was assumed.",
  B: "A replay over logged rows that hold every field it needs.",
  C: "A replay that rests on a stated assumption.",
  D: "An indication only. It needs an experiment before money is moved.",
};

export const Grade = ({ grade }: { grade: string }) => (
  <span class={`grade grade-${grade.toLowerCase()}`} title={gradeMeanings[grade]}><span class="sr-only">Grade </span>{grade}</span>
);
