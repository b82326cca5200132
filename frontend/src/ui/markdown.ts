/**
 * Markdown from models, agents and people, made into HTML that can do no harm.
 *
 * Terminal escape sequences, control and direction-changing characters are taken out; raw HTML is shown as text;
 * what is left passes DOMPurify. Identifiers become links to their issues.
 */

import DOMPurify from 'dompurify';
import { Marked, type Token, type Tokens } from 'marked';

// CSI and OSC sequences, other escapes, then control characters but tab and line feed, then direction overrides
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-_]?/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** The text without anything that moves a terminal's cursor or hides what is written. */
export function harmless(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(ESCAPES, '').replace(CONTROLS, '');
}

/** Splits into blocks that stand for themselves, so that a growing text renders its last block alone again. */
export function blocksOf(text: string): string[] {
  return new Marked().lexer(harmless(text)).map(({ raw }) => raw);
}

/** Sanitised HTML. `prefix` is the issues' prefix: `DISPATCH-12` links to its issue. */
export function toHtml(text: string, prefix: string): string {
  return DOMPurify.sanitize(parserFor(prefix).parse(harmless(text), { async: false }), {
    USE_PROFILES: { html: true },
    FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'img', 'video', 'audio', 'iframe'],
    FORBID_ATTR: ['style', 'class', 'id', 'name'],
    ADD_ATTR: ['target', 'data-issue'],
  });
}

/** What marked gives a renderer to render what is inside. */
type Inline = { parser: { parseInline(tokens: Token[]): string } };

const parsers = new Map<string, Marked>();

function parserFor(prefix: string): Marked {
  const known = parsers.get(prefix);
  if (known) return known;
  const parser = new Marked({ gfm: true, breaks: true, renderer: { html, link, image, checkbox, code, table, text: textWithLinks(prefix) } });
  parsers.set(prefix, parser);
  return parser;
}

/** Raw HTML is text here: nobody who writes to us has a reason to send tags. */
function html({ text }: Tokens.HTML | Tokens.Tag): string {
  return escape(text);
}

function link(this: Inline, { href, tokens }: Tokens.Link): string {
  const text = this.parser.parseInline(tokens).replace(/<\/?a\b[^>]*>/g, ''); // a link in a link is none
  if (!/^(https?:|mailto:|\/(?!\/)|#)/i.test(href)) return text;
  const away = /^https?:/i.test(href) ? ' target="_blank" rel="noopener noreferrer"' : '';
  return `<a href="${escape(href)}"${away}>${text}</a>`;
}

/** A picture would call home as soon as it is seen; its address can be followed by choice. */
function image({ href, text }: Tokens.Image): string {
  return /^https?:/i.test(href) ? `<a href="${escape(href)}" target="_blank" rel="noopener noreferrer">${escape(text || href)}</a>` : escape(text);
}

function checkbox({ checked }: Tokens.Checkbox): string {
  return checked ? '☑ ' : '☐ ';
}

/** A line longer than its column scrolls by itself, by keyboard too. */
function code({ text }: Tokens.Code): string {
  return `<pre tabindex="0"><code>${escape(text)}\n</code></pre>`;
}

/** A table wider than its column scrolls by itself, by keyboard too. */
function table(this: Inline, { header, rows }: Tokens.Table): string {
  const row = (cells: Tokens.TableCell[], tag: string) =>
    `<tr>${cells.map(({ tokens, align }) => `<${tag}${align ? ` align="${align}"` : ''}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`;
  return `<div tabindex="0" role="region" aria-label="Table"><table><thead>${row(header, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`;
}

/** Plain text, with each identifier a link to its issue; code and addresses are left as they are. */
function textWithLinks(prefix: string): (this: Inline, token: Tokens.Text | Tokens.Escape) => string {
  const identifier = new RegExp(`(?<![\\w/-])${prefix.replace(/\W/g, '\\$&')}-\\d+\\b(?![/-])`, 'g');
  return function (token) {
    if ('tokens' in token && token.tokens) return this.parser.parseInline(token.tokens);
    const text = 'escaped' in token && token.escaped ? token.text : escape(token.text);
    return text.replace(identifier, '<a href="/issue/$&" data-issue="$&">$&</a>');
  };
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
