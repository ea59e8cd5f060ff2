// Every address of the HTTP API, in the order in which the document lists them.

import type { Endpoint } from '../endpoint.ts';
import { bundlesEndpoint, currentBundleEndpoint, deployEndpoint, planEndpoint, rollbackEndpoint } from './bundles.ts';
import {
  auditEndpoint,
  controlsEndpoint,
  killEndpoint,
  pauseEndpoint,
  resumeEndpoint,
  silenceEndpoint,
} from './controls.ts';
import { decisionsEndpoint, statusEndpoint } from './sight.ts';

export const endpoints: readonly Endpoint[] = [
  statusEndpoint,
  decisionsEndpoint,
  bundlesEndpoint,
  currentBundleEndpoint,
  planEndpoint,
  deployEndpoint,
  rollbackEndpoint,
  controlsEndpoint,
  pauseEndpoint,
  killEndpoint,
  silenceEndpoint,
  resumeEndpoint,
  auditEndpoint,
];
