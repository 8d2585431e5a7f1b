import DOMPurify from "dompurify";
import { Marked, type Token, type Tokens } from "marked";

/** A piece of an answer: text as safe HTML, or the place of a chart. `fold` is the heading of text that is opened by who wants to read it. */
export type Segment = { html: string; fold?: string; notes?: number } | { chart: string };

/** What every report ends with: what the figures rest on, longer than the answer itself. */
const foldedHeading = "Method and limits";

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]!);

const marked = new Marked({
  gfm: true,
  renderer: {
    link({ href, text, tokens }: Tokens.Link) {
      const figure = /^#(fig-\d+)$/.exec(href)?.[1];
      if (figure) {
        return `<button type="button" class="figure" data-figure="${figure}" data-testid="figure">${escape(text)}</button>`;
      }
      const inner = this.parser.parseInline(tokens);
      if (!/^https?:\/\//i.test(href)) return inner;
      return `<a href="${escape(href)}" target="_blank" rel="noopener noreferrer nofollow">${inner}</a>`;
    },
    // A picture from elsewhere would tell its host what is read here.
    image({ text }: Tokens.Image) {
      return escape(text);
    },
    // Raw HTML in an answer is text, not markup.
    html({ text }: Tokens.HTML | Tokens.Tag) {
      return escape(text);
    },
  },
});

const allowed = {
  ALLOWED_TAGS: [
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td", "a", "button", "input",
  ],
  ALLOWED_ATTR: ["href", "target", "rel", "align", "type", "class", "data-figure", "data-testid", "start", "checked", "disabled"],
  ALLOW_DATA_ATTR: false,
};

/** Turns an answer into safe pieces. Charts stand between blocks of text, so that the page can draw them itself. */
export function segments(markdown: string): Segment[] {
  const found: Segment[] = [];
  let text: Token[] = [];
  let fold: string | undefined;
  const tokens = marked.lexer(markdown);
  const flush = () => {
    if (text.length === 0) return;
    // Reference links are kept beside the token list, and the parser looks for them there.
    const html = marked.parser(Object.assign(text, { links: tokens.links }));
    const notes = text.reduce((n, token) => n + (token.type === "list" ? (token as Tokens.List).items.length : 0), 0);
    found.push({ html: DOMPurify.sanitize(html, allowed), ...(fold ? { fold, notes } : {}) });
    text = [];
  };
  for (const token of tokens) {
    if (token.type === "heading") {
      const { text: title } = token as Tokens.Heading;
      if (fold || title === foldedHeading) flush();
      fold = title === foldedHeading ? title : undefined;
      if (fold) continue;
    }
    const charts = chartsIn(token);
    if (!onlyCharts(token)) text.push(token);
    if (charts.length === 0) continue;
    flush();
    found.push(...charts.map((chart) => ({ chart })));
  }
  flush();
  return found;
}

const chartId = (href: string): string | undefined => /^#(chart-\d+)$/.exec(href)?.[1];

function chartsIn(token: Token): string[] {
  if (token.type === "image") {
    const id = chartId((token as Tokens.Image).href);
    return id ? [id] : [];
  }
  return "tokens" in token && token.tokens ? token.tokens.flatMap(chartsIn) : [];
}

function onlyCharts(token: Token): boolean {
  if (token.type !== "paragraph") return false;
  return ((token as Tokens.Paragraph).tokens ?? []).every(
    (t) => (t.type === "image" && chartId((t as Tokens.Image).href)) || (t.type === "text" && t.raw.trim() === "") || t.type === "br",
  );
}
