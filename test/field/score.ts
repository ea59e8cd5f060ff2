// How episodes are held against labelled incidents. An episode counts for an incident when it fires on the incident's
// scope inside [start, end + grace]; one that counts for none is false.

export interface Incident {
  readonly id: string;
  /** Epoch ms. */
  readonly start: number;
  readonly end: number;
  /** The instance, case or series that it is about. */
  readonly scope: string;
}

export interface ScopedEvent {
  readonly key: string;
  readonly at: number;
  readonly scope: string;
}

export interface FiredEpisode {
  readonly policy: string;
  readonly key: string;
  readonly firedAt: number;
}

export interface PolicyScore {
  readonly policy: string;
  readonly episodes: number;
  /** Incidents that this policy alone would have found. */
  readonly found: number;
  readonly falseEpisodes: number;
}

export interface Score {
  readonly incidents: number;
  readonly found: number;
  readonly missed: number;
  readonly missedIds: readonly string[];
  readonly episodes: number;
  readonly falseEpisodes: number;
  /** False ones that fired while an incident elsewhere in the system was on: it may be its consequence. */
  readonly falseDuringOther: number;
  /** Time for which anything reported at all, in days. */
  readonly recordedDays: number;
  readonly falsePerDay: number;
  /** From the start of the incident to the first episode that counts for it; `null` when none was found. */
  readonly medianDetectionMs: number | null;
  readonly policies: readonly PolicyScore[];
}

export interface Recording {
  readonly incidents: readonly Incident[];
  readonly events: readonly ScopedEvent[];
  readonly everyMs: number;
  readonly graceMs: number;
}

const dayMs = 86_400_000;

export function score(episodes: readonly FiredEpisode[], recording: Recording): Score {
  const { incidents, events, everyMs, graceMs } = recording;
  const scopes = new Map(events.map(({ key, at, scope }) => [`${key}\0${at}`, scope]));
  const isDuring = (episode: FiredEpisode, incident: Incident): boolean =>
    episode.firedAt >= incident.start && episode.firedAt <= incident.end + graceMs;
  const counts = (episode: FiredEpisode, incident: Incident): boolean =>
    isDuring(episode, incident) && scopes.get(`${episode.key}\0${episode.firedAt}`) === incident.scope;
  const isFalse = (episode: FiredEpisode): boolean => !incidents.some((incident) => counts(episode, incident));

  const detections = incidents.map((incident) => {
    const hits = episodes.filter((episode) => counts(episode, incident)).map((episode) => episode.firedAt);
    return hits.length === 0 ? null : Math.min(...hits) - incident.start;
  });
  const found = detections.filter((delay) => delay !== null);
  const wrong = episodes.filter(isFalse);
  const intervals = new Set(events.map(({ at }) => Math.floor(at / everyMs)));
  const recordedDays = (intervals.size * everyMs) / dayMs;
  const policies = [...new Set(episodes.map((episode) => episode.policy))].sort().map((policy) => {
    const own = episodes.filter((episode) => episode.policy === policy);
    return {
      policy,
      episodes: own.length,
      found: incidents.filter((incident) => own.some((episode) => counts(episode, incident))).length,
      falseEpisodes: own.filter(isFalse).length,
    };
  });
  return {
    incidents: incidents.length,
    found: found.length,
    missed: incidents.length - found.length,
    missedIds: incidents.filter((_, index) => detections[index] === null).map((incident) => incident.id),
    episodes: episodes.length,
    falseEpisodes: wrong.length,
    falseDuringOther: wrong.filter((episode) => incidents.some((incident) => isDuring(episode, incident))).length,
    recordedDays,
    falsePerDay: recordedDays === 0 ? 0 : wrong.length / recordedDays,
    medianDetectionMs: median(found),
    policies,
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
