// What must hold of a bundle before an engine runs it.

import { type DoctorCheck, fine, trouble, warning } from './check.ts';

export const bundleChecks: readonly DoctorCheck<'bundle'>[] = [
  {
    name: 'bundle-passes',
    part: 'bundle',
    law: 'The bundle is whole, signed by a trusted key where keys are trusted, and decides on made-up events.',
    symptom: '`ddlc deploy` is refused, or `ddlc run` says why it does not run the bundle.',
    remedy:
      'Compile it again with `ddlc compile DIR --out BUNDLE --key KEY`, with a key whose public half is in `bundle.trustedKeys`; nothing in a bundle may be changed afterwards.',
    // A bundle is tried out; on a machine that is busy that takes its time.
    msMax: 40_000,
    async examine(bundle) {
      const verdict = await bundle.verify();
      if (verdict.fault !== null) return [trouble(`the bundle does not pass: ${verdict.fault}`)];
      const { signedBy } = verdict;
      if (signedBy === null) return [warning('the bundle passes, but is not signed: only `ddlc run` takes it')];
      return [fine(`the bundle passes, signed by ${signedBy}`)];
    },
  },
];
