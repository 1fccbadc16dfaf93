import type { Migration } from "./database.ts";

/**
 * Tables of the Sessions. A Group's row holds the request once; a Session's row only what differs, so that 100,000
 * Replicas stay small. Partial indexes cover what is looked for all the time: the queue, and what is active.
 */
export const SESSION_MIGRATIONS: readonly Migration[] = [
  {
    name: "sessions-1",
    sql: `
      CREATE TABLE groups (
        id TEXT PRIMARY KEY,
        username TEXT NOT NULL,
        kind TEXT NOT NULL,
        image TEXT NOT NULL,
        interactive INTEGER NOT NULL,
        replica_count INTEGER NOT NULL,
        -- Slots of the queue that each running Session of it takes.
        slots INTEGER NOT NULL,
        requested_cores REAL NOT NULL,
        requested_memory_gib REAL NOT NULL,
        lifetime_seconds INTEGER NOT NULL,
        -- The rest of what the planner needs, as JSON (GroupDetails).
        details TEXT NOT NULL,
        created_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE sessions (
        sequence INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        group_id TEXT NOT NULL REFERENCES groups (id),
        username TEXT NOT NULL,
        name TEXT NOT NULL,
        replica_index INTEGER NOT NULL,
        phase TEXT NOT NULL,
        status TEXT NOT NULL,
        reason TEXT,
        message TEXT,
        exit_code INTEGER,
        attempt INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        expires_at TEXT,
        -- Why the platform ended it: deleted, expired.
        stop_cause TEXT,
        deleted_at TEXT
      ) STRICT;

      CREATE INDEX sessions_listed ON sessions (username, sequence) WHERE deleted_at IS NULL;
      CREATE INDEX sessions_queued ON sessions (sequence) WHERE phase = 'queued';
      CREATE INDEX sessions_active ON sessions (phase, group_id)
        WHERE phase IN ('admitted', 'preparing', 'starting', 'running');
      CREATE INDEX sessions_of_group ON sessions (group_id, replica_index);

      CREATE TABLE attempts (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        attempt INTEGER NOT NULL,
        admitted_at TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        exit_code INTEGER,
        signal TEXT,
        cause TEXT,
        out_of_memory INTEGER,
        cpu_seconds REAL,
        peak_memory_bytes INTEGER,
        PRIMARY KEY (session_id, attempt)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE events (
        sequence INTEGER PRIMARY KEY,
        session_id TEXT NOT NULL,
        type TEXT NOT NULL,
        reason TEXT NOT NULL,
        message TEXT NOT NULL,
        first_time TEXT NOT NULL,
        last_time TEXT NOT NULL
      ) STRICT;

      CREATE INDEX events_of_session ON events (session_id, sequence);
    `,
  },
];
