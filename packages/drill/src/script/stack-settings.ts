/** How a script wants the stack set up: what its commands before the first packet and call ask for. */
import { settingsOf, type NamedSettings } from './profile.ts';
import { meaningOf } from './shell-command.ts';
import type { Position, Script } from './syntax.ts';

export interface StackSettings {
  readonly settings: NamedSettings;
  /** Assignments that have no equivalent. */
  readonly ignored: readonly string[];
  /** A command without a meaning; null = none. */
  readonly unsupported: { readonly command: string; readonly at: Position } | null;
}

/** @param base what holds where the script says nothing */
export function stackSettings({ init, events }: Script, base: NamedSettings): StackSettings {
  let settings = base;
  const ignored: string[] = [];
  const commands = init === null ? [] : [init];
  for (const { action } of events) {
    if (action.kind !== 'shell') break;
    commands.push(action.command);
  }
  for (const { text, at } of commands) {
    const meanings = meaningOf(text);
    if ('unsupported' in meanings) {
      return { settings, ignored, unsupported: { command: meanings.unsupported, at } };
    }
    for (const meaning of meanings) {
      if (meaning.kind !== 'set') continue;
      const found = settingsOf(meaning.name, meaning.value);
      if (found === null) ignored.push(`${meaning.name}=${meaning.value}`);
      else settings = { ...settings, ...found };
    }
  }
  return { settings, ignored, unsupported: null };
}
