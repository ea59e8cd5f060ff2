// The OpenAPI document of the HTTP API, made of the objects that the server works by.

import { z } from 'zod';
import { packageBytesMax } from '../bundle/bundle-files.ts';
import type { Endpoint } from './endpoint.ts';
import { problemSchema } from './schemas.ts';

/** The media type of a package. */
export const packageType = 'application/vnd.ddl.bundle';

export function openApiDocument(endpoints: readonly Endpoint[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'ddl engine', version: '1', description: 'What runs, what holds it back, and changing both.' },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`ddlc key token NAME --role ROLE`' } },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
    },
  };
}

function operation({ method, path, role, summary, query, body, reply }: Endpoint): object {
  const problem = {
    description: 'refused, and why (RFC 9457)',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    operationId: `${method.toLowerCase()}${path.slice(4).replace(/[/-](\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    description: `Role: ${role}.`,
    ...(query === null ? {} : { parameters: parameters(query) }),
    ...(body === null ? {} : { requestBody: { required: true, content: content(body, 'input') } }),
    responses: { 200: { description: 'done', content: content(reply, 'output') }, default: problem },
  };
}

function content(form: z.ZodType | 'package', io: 'input' | 'output'): object {
  if (form !== 'package') return { 'application/json': { schema: jsonSchema(form, io) } };
  const description = `a bundle as \`ddlc deploy\` packs it: JSON, gzip, at most ${packageBytesMax} bytes`;
  return { [packageType]: { schema: { type: 'string', format: 'binary', description } } };
}

function parameters(query: z.ZodObject): readonly object[] {
  const whole = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  const required = new Set(whole.required ?? []);
  return Object.entries(whole.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema,
  }));
}

function jsonSchema(form: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io, unrepresentable: 'any' });
  return schema;
}
