// Text into HTML: whatever it holds, it stays text.

import { visibleText } from './text-width.ts';

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function htmlText(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (sign) => signs[sign] ?? '');
}

/** A link when the address is one of the web, else the address as text: no `javascript:`. */
export function htmlLink(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return htmlText(address);
  return `<a href="${htmlText(url.href)}" rel="noreferrer">${htmlText(address)}</a>`;
}

export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Cells are HTML already.
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row('th', head)}</thead><tbody>${rows.map((cells) => row('td', cells)).join('')}</tbody></table>`;
}
