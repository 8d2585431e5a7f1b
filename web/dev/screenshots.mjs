// Pictures of the page in its states, played by the rehearsed server: npm run build && npm run shots [-- name …]
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { preview } from "vite";

const out = process.env.SHOTS ?? join(tmpdir(), "apex-shots");
const wanted = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const server = await preview({ preview: { port: 4173, host: "127.0.0.1", strictPort: true } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const id = (name) => `[data-testid="${name}"]`;

async function page(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const tab = await context.newPage();
  tab.on("pageerror", (fault) => console.error("page error:", fault.message));
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && console.error("console:", message.text()));
  await tab.goto("http://127.0.0.1:4173/");
  return tab;
}

async function signIn(tab) {
  await tab.fill(id("login-email"), "ada@example.org");
  await tab.fill(id("login-password"), "a long enough password");
  await tab.click(id("login-submit"));
  await tab.waitForSelector(`${id("connection-state")}[data-state="live"]`, { state: "attached" });
}

async function ask(tab, question) {
  await tab.fill(id("composer"), question);
  await tab.press(id("composer"), "Enter");
}

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const dark = { colorScheme: "dark" };
const badCsv = "time_unix,user,main_model\nyesterday,u1,gpt-4o\n";

async function answered(tab, question = "What are we spending, and is anything wrong with it?") {
  await ask(tab, question);
  await tab.waitForSelector(id("answer"));
  await tab.waitForTimeout(400);
}

async function importing(tab) {
  await tab.click(id("open-import"));
  const file = join(out, "message_send.csv");
  writeFileSync(file, badCsv);
  await tab.setInputFiles(id("import-input"), file);
  await tab.waitForSelector(`${id("import-job")}[data-stage="done"]`);
  await tab.waitForTimeout(200);
}

const scenes = {
  async login(shot) {
    const tab = await page();
    await tab.fill(id("login-email"), "ada@example.org");
    await tab.fill(id("login-password"), "wrong-password");
    await tab.click(id("login-submit"));
    await tab.waitForSelector(id("login-error"));
    await shot(tab);
  },
  async empty(shot) {
    const tab = await page();
    await signIn(tab);
    await tab.waitForSelector(id("empty-import"));
    await shot(tab);
  },
  async running(shot) {
    const tab = await page();
    await signIn(tab);
    await ask(tab, "What are we spending, and is anything wrong with it? slow=3");
    await tab.waitForSelector(`${id("tool-token_distribution")}[data-status="success"]`);
    await tab.click(`${id("tool-cost_breakdown")} > button`);
    await tab.waitForTimeout(250);
    await shot(tab);
  },
  async answer(shot) {
    const tab = await page();
    await signIn(tab);
    await answered(tab);
    await shot(tab);
    await tab.hover(`${id("chart")} svg`);
    await shot(tab, "answer-hover");
  },
  async evidence(shot) {
    const tab = await page();
    await signIn(tab);
    await answered(tab);
    await tab.click(`${id("figure")} >> nth=2`);
    await tab.waitForSelector(id("evidence-envelope"));
    await shot(tab);
  },
  async import(shot) {
    const tab = await page();
    await signIn(tab);
    await importing(tab);
    await shot(tab);
  },
  async failed(shot) {
    const tab = await page();
    await signIn(tab);
    await ask(tab, "please fail");
    await tab.waitForSelector(`${id("run-tree")}[data-status="failed"]`);
    await ask(tab, "refuse this");
    await tab.waitForSelector(id("unsent"));
    await tab.waitForTimeout(300);
    await shot(tab);
  },
  async dark(shot) {
    const tab = await page(dark);
    await signIn(tab);
    await answered(tab);
    await tab.click(`${id("figure")} >> nth=0`);
    await tab.waitForSelector(id("evidence-envelope"));
    await shot(tab);
  },
  async phone(shot) {
    const tab = await page(phone);
    await signIn(tab);
    await shot(tab, "phone-empty");
    await answered(tab);
    await shot(tab);
    await tab.click(id("menu"));
    await tab.waitForTimeout(300);
    await shot(tab, "phone-drawer");
    await tab.keyboard.press("Escape");
    await tab.waitForTimeout(300);
    await tab.click(`${id("figure")} >> nth=1`);
    await tab.waitForSelector(id("evidence-envelope"));
    await shot(tab, "phone-evidence");
  },
};

let failed = false;
for (const [name, play] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  try {
    await play(async (tab, as = name) => {
      await tab.screenshot({ path: join(out, `${as}.png`) });
      console.log(join(out, `${as}.png`));
    });
  } catch (fault) {
    failed = true;
    console.error(`${name}: ${fault.message}`);
  }
}
await browser.close();
await server.close();
process.exit(failed ? 1 : 0);
