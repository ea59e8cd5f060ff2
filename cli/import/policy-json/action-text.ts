// An action of the older format with its payload as a call of the language. A payload that says something else than the
// action takes is refused: nothing of it is left out in silence.

import { duration, numberText } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import type { JsonAction } from './policy-file.ts';

interface Argument {
  readonly label: string;
  /** Names under which payloads carry it. */
  readonly names: readonly string[];
  /** `null` when the value is none. */
  text(value: unknown): string | null;
}

const argumentsOf: Readonly<Record<JsonAction['type'], readonly Argument[]>> = {
  scale_up: [{ label: 'by', names: ['by', 'count', 'instances', 'replicas', 'increment'], text: countText }],
  circuit_break: [
    { label: 'threshold', names: ['threshold'], text: shareText },
    { label: 'open_for', names: ['open_for', 'openFor', 'openForMs', 'open_for_ms'], text: millisecondsText },
  ],
  rollback: [],
};

/** A member at a time, when the payload does not say how many. */
const defaultBy = 'by: 1';

export function actionText({ type, payload = {}, timeout }: JsonAction, fleet: string, path: string): string {
  const written: string[] = [];
  const left = new Map(Object.entries(payload));
  for (const { label, names, text } of argumentsOf[type]) {
    const given = names.filter((name) => left.has(name));
    if (given.length > 1) throw new Refusal('two values for one argument', `${path}.payload.${given[1]}`);
    const [name] = given;
    if (name === undefined) continue;
    const value = text(left.get(name));
    if (value === null) throw new Refusal(`a value that \`${label}\` does not take`, `${path}.payload.${name}`);
    written.push(`${label}: ${value}`);
    left.delete(name);
  }
  const [unknown] = left.keys();
  if (unknown !== undefined)
    throw new Refusal(`something that \`${type}\` does not take`, `${path}.payload.${unknown}`);
  if (type === 'scale_up' && written.length === 0) written.push(defaultBy);
  const { text, unit } = duration(timeout);
  return `do ${type}(${[fleet, ...written].join(', ')}) timeout ${text}${unit}`;
}

function countText(value: unknown): string | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? String(value) : null;
}

/** A share from 0 to 1. */
function shareText(value: unknown): string | null {
  return typeof value === 'number' && value > 0 && value <= 1
    ? `${numberText(Number((value * 100).toPrecision(12)))}%`
    : null;
}

function millisecondsText(value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) return null;
  const { text, unit } = duration(value);
  return `${text}${unit}`;
}
