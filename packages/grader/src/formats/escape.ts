/** What a student wrote, made harmless for the format that it goes into. */

/** Text or an attribute's value of XML 1.0: characters that it does not allow become U+FFFD. */
export function xml(text: string): string {
  return visible(text)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text or an attribute's value of HTML; HTML forbids the same characters. */
export const html = xml;

/** One field of CSV. A spreadsheet takes what begins like a formula for one, so such a text gets an apostrophe. */
export function csv(value: string | number | null): string {
  if (typeof value === 'number') return `${value}`;
  const text = visible(value ?? '').replace(/[\u0000-\u001f\u007f]+/g, ' ');
  const safe = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A cell of a Markdown table, or a line of text: nothing in it is markup, a link or a mention. */
export function markdown(text: string): string {
  return visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]()#+!|~<>&@$:]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Lines between fences; a fence in it cannot close them. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${visible(text)}\n${fence}`;
}

/** The message of a workflow command. Colons and commas matter in properties only, and are escaped in both. */
export function workflow(text: string): string {
  return visible(text)
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    .replaceAll(':', '%3A')
    .replaceAll(',', '%2C');
}

/** No escapes of terminals, no other controls but tab and line ends, and none of the signs that turn the direction of what follows. */
export function visible(text: string): string {
  return text
    .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])?/g, '')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}
