const paths = {
  plus: "M8 3v10M3 8h10",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  close: "m4 4 8 8M12 4l-8 8",
  chevron: "m6 4 4 4-4 4",
  check: "m3.5 8.5 3 3 6-7",
  cross: "m4.5 4.5 7 7m0-7-7 7",
  stop: "M5 5h6v6H5z",
  fork: "M4.5 2.5v11M4.5 9c0-2.5 7-1.5 7-5.5M9.5 5.5l2-2 2 2",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2.4v2.7h-2.7",
  down: "M8 3v9.5M3.8 8.6 8 12.8l4.2-4.2",
  send: "M8 13V3.5M3.8 7.4 8 3.2l4.2 4.2",
  upload: "M8 10.5V3M5 5.6 8 2.7l3 2.9M3 10.5v2.3h10v-2.3",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13 9.6A5.4 5.4 0 0 1 6.4 3 5.4 5.4 0 1 0 13 9.6Z",
  half: "M8 2.5a5.5 5.5 0 1 0 0 11Zm0 0a5.5 5.5 0 0 1 0 11",
  pencil: "m3 13 .6-2.6 7-7 2 2-7 7L3 13Z",
  archive: "M2.5 3.5h11v2.6h-11zM3.5 6.1v6.4h9V6.1M6.5 8.6h3",
  user: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5c.6-2.4 2.6-3.5 5-3.5s4.4 1.1 5 3.5",
  database: "M3 4.2c0-1 2.2-1.7 5-1.7s5 .7 5 1.7-2.2 1.7-5 1.7-5-.7-5-1.7Zm0 0v7.6c0 1 2.2 1.7 5 1.7s5-.7 5-1.7V4.2M3 8c0 1 2.2 1.7 5 1.7S13 9 13 8",
  chart: "M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6",
  sum: "M11.5 5V3h-7l4 5-4 5h7v-2",
  bell: "M8 2.5a3.7 3.7 0 0 0-3.7 3.7c0 3.6-1.5 4.8-1.5 4.8h10.4s-1.5-1.2-1.5-4.8A3.7 3.7 0 0 0 8 2.5ZM6.8 13.2a1.3 1.3 0 0 0 2.4 0",
  gauge: "M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11.5l2.6-3.6",
  warning: "M8 2.8 14 13H2L8 2.8Zm0 4v3M8 11.4v.1",
  sparkle: "M8 2.5 9.3 6.7 13.5 8 9.3 9.3 8 13.5 6.7 9.3 2.5 8l4.2-1.3L8 2.5Z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export const Spinner = () => <span class="spinner" aria-hidden="true" />;
