/** Text of a file as a message may show it. */

const MOST = 40;

/** @returns at most 40 characters, none of which a terminal would obey */
export function shown(text: string): string {
  const cut = text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
  return withoutControls(cut);
}

/** @returns the text with control characters written as `\xNN` */
export function withoutControls(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
