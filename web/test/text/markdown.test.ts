// @vitest-environment jsdom
import { expect, it } from "vitest";
import { segments } from "../../src/text/markdown.ts";

const html = (markdown: string) => segments(markdown).map((s) => ("html" in s ? s.html : `[${s.chart}]`)).join("");

it("makes figures into buttons", () => {
  expect(html("spent [$1,234.56](#fig-1) in")).toContain(
    '<button type="button" class="figure" data-figure="fig-1" data-testid="figure">$1,234.56</button>',
  );
});

it("puts charts between the text", () => {
  expect(segments("a\n\n![t](#chart-1)\n\nb").map((s) => ("chart" in s ? s.chart : s.html.trim()))).toEqual(["<p>a</p>", "chart-1", "<p>b</p>"]);
});

it("puts a chart that stands in a sentence behind it", () => {
  const found = segments("see ![t](#chart-2) here");

  expect(found[0]).toHaveProperty("html");
  expect(found[1]).toEqual({ chart: "chart-2" });
});

it("keeps tables with their alignment", () => {
  expect(html("|a|b|\n|:-|-:|\n|x|[1](#fig-2)|")).toMatch(/<td align="right"><button[^>]*>1<\/button><\/td>/);
});

it.each([
  ["a script", "<script>alert(1)</script>"],
  ["an event handler", '<img src=x onerror="alert(1)">'],
  ["a script link", "[x](javascript:alert(1))"],
  ["a data link", "[x](data:text/html,<script>alert(1)</script>)"],
  ["a frame", '<iframe src="https://example.org"></iframe>'],
  ["a picture from elsewhere", "![secret](https://example.org/leak.png?d=1)"],
  ["a form", '<form action="https://example.org"><input name="password"></form>'],
  ["markup in a figure", "[<b onclick=alert(1)>1</b>](#fig-1)"],
  ["a style", '<p style="position:fixed">x</p>'],
])("lets %s do nothing", (_, markdown) => {
  const box = document.createElement("div");
  box.innerHTML = html(markdown);

  expect(box.querySelectorAll("script, img, iframe, form, style, [style], svg").length).toBe(0);
  for (const element of box.querySelectorAll("*")) {
    expect([...element.attributes].some((a) => a.name.startsWith("on"))).toBe(false);
    expect(element.getAttribute("href") ?? "https:").toMatch(/^https?:/);
  }
});

it("opens links to elsewhere without telling where from", () => {
  expect(html("[docs](https://example.org)")).toContain('rel="noopener noreferrer nofollow"');
});

it("folds what a report rests on, and nothing else", () => {
  const found = segments("# Spend\n\nMuch.\n\n## Method and limits\n\n- one\n- two\n\n## More\n\nend");

  expect(found.map((s) => ("html" in s ? [s.fold, s.notes] : []))).toEqual([[undefined, undefined], ["Method and limits", 2], [undefined, undefined]]);
  expect(found.map((s) => ("html" in s ? s.html : "")).join("")).not.toContain("Method and limits");
});
