const browsers: [RegExp, string][] = [
  [/Edg\w*\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\/|Chromium\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const systems: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

const nameIn = (agent: string, known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(agent))?.[1];

/** A user agent in words people know: "Firefox on Android". What is no browser says its first word. */
export function deviceName(agent: string | undefined): string {
  if (!agent) return "Unknown device";
  const browser = nameIn(agent, browsers);
  const system = nameIn(agent, systems);
  if (!browser) return agent.split(/[\s/]/)[0] || "Unknown device";
  return system ? `${browser} on ${system}` : browser;
}
