// Test results as JUnit XML, as CI systems read it.

import type { TestResult } from '../test-runner.ts';

export function renderJunit(results: readonly TestResult[]): string {
  const failures = results.filter((result) => result.outcome === 'failed').length;
  const cases = results.map(({ name, file, line, message }) => {
    const open = `    <testcase name="${escaped(name)}" classname="${escaped(file)}" file="${escaped(file)}" line="${line}"`;
    if (message === undefined) return `${open}/>`;
    return `${open}>\n      <failure type="expectation" message="${escaped(message.split('\n')[0])}">${escaped(message)}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${failures}" errors="0">`,
    `  <testsuite name="ddlc" tests="${results.length}" failures="${failures}" errors="0" skipped="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return (
    text
      // Characters that XML 1.0 does not allow at all.
      .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, '?')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      .replace(/\n/g, '&#10;')
  );
}
