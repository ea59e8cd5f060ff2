// Why a decision was made, for people: each clause with the value that was measured.

export function becauseOf(values: Readonly<Record<string, number | null>>): readonly string[] {
  return Object.entries(values).map(([clause, value]) => `${clause} (${value ?? 'unknown'})`);
}
