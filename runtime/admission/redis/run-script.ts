// One call of the script.

import { type RedisPort, redisScript } from '../../ports/redis.ts';
import { admitScript } from './admit.ts';
import { type Reply, readReply } from './reply.ts';

const script = redisScript(admitScript);

/** `keys` as the script states them. Errors: `RedisProblem`; any other is a reply that is none. */
export async function runScript(
  redis: RedisPort,
  operation: string,
  keys: readonly string[],
  args: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  return readReply(await redis.run(script, keys, [operation, JSON.stringify(args)]));
}
