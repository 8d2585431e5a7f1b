// Says what a visitor downloads: the figure the page is held to.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limit = 120_000;
const dist = new URL("../dist/assets/", import.meta.url);
let scripts = 0;
for (const name of readdirSync(dist)) {
  const packed = gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
  if (name.endsWith(".js")) scripts += packed;
  console.log(`${name}  ${(packed / 1000).toFixed(1)} kB gzip`);
}
if (scripts > limit) {
  console.error(`JavaScript is ${scripts} bytes gzip; the limit is ${limit}.`);
  process.exit(1);
}
