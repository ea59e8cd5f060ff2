// The older JSON format of policies: an array of them, `{"policies": […]}`, or a single one. Checked before anything is
// made of it; a mistake is told with its path.

import { z } from 'zod';
import { UsageError } from '../../usage-error.ts';

const leastMs = 1000;
const milliseconds = z.int().min(leastMs);

const condition = z.strictObject({
  metric: z.enum(['cpu_usage', 'error_rate', 'latency_p99']),
  operator: z.enum(['gt', 'lt', 'eq']),
  threshold: z.number().nonnegative(),
  duration: milliseconds,
});

const payload = z.record(z.string(), z.unknown()).optional();
const action = z.strictObject({
  type: z.enum(['scale_up', 'circuit_break', 'rollback']),
  target: z.string().min(1),
  payload,
  timeout: milliseconds,
});

const policy = z.strictObject({
  id: z.uuid(),
  name: z.string().min(1),
  version: z.union([z.string().min(1), z.number()]).transform(String),
  conditions: z.array(condition).min(1),
  actions: z.array(action).min(1),
  maxExecutions: z.int().min(1).max(1_000_000).default(3),
});

export type JsonCondition = z.output<typeof condition>;
export type JsonAction = z.output<typeof action>;
export type JsonPolicy = z.output<typeof policy>;

/** `file` is the name for messages. @throws UsageError with the path of what is wrong. */
export function readPolicyFile(file: string, text: string): readonly JsonPolicy[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const [entries, place] = Array.isArray(content)
    ? [content, '']
    : hasPolicies(content)
      ? [content.policies, 'policies']
      : [[content], null];
  if (!Array.isArray(entries)) throw new UsageError(`${file} is no policy file: \`policies\` is no list`);
  return entries.map((entry: unknown, index) => {
    const result = policy.safeParse(entry);
    if (result.success) return result.data;
    const problems = result.error.issues.map(({ path, message }) => {
      const whole = [...(place === null ? [] : [place, index]), ...path];
      return `${pathText(whole) || 'the document'}: ${message}`;
    });
    throw new UsageError(`${file} is no policy file: ${problems.join('; ')}`);
  });
}

function hasPolicies(content: unknown): content is { readonly policies: unknown } {
  return typeof content === 'object' && content !== null && 'policies' in content;
}

/** `policies[0].conditions[1].metric` */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .filter((part) => part !== '')
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}
