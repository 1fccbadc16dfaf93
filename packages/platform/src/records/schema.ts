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
  {
    name: "batch-1",
    sql: `
      ALTER TABLE groups ADD COLUMN name TEXT NOT NULL DEFAULT '';
      -- The caller's own id of the request, by which a repeated one is known again, and what it asked for.
      ALTER TABLE groups ADD COLUMN request_id TEXT;
      ALTER TABLE groups ADD COLUMN request_digest TEXT;
      -- Why nothing of it starts any more (too many failures, a dependency that failed); null while it may.
      ALTER TABLE groups ADD COLUMN stopped TEXT;
      -- 0 while Groups that have to end before it have not.
      ALTER TABLE groups ADD COLUMN released INTEGER NOT NULL DEFAULT 1;
      -- Replicas that had failed at the last rerun and were left alone: its limit of failures does not count them.
      ALTER TABLE groups ADD COLUMN failed_before INTEGER NOT NULL DEFAULT 0;
      -- Superseded: the queue counts cores and memory.
      ALTER TABLE groups DROP COLUMN slots;
      UPDATE groups SET name = COALESCE((SELECT name FROM sessions WHERE sessions.id = groups.id), '');
      CREATE UNIQUE INDEX groups_by_request ON groups (username, request_id) WHERE request_id IS NOT NULL;

      -- A queued Session that may not start before this time: it waits between two attempts. Empty: at any time.
      ALTER TABLE sessions ADD COLUMN not_before TEXT NOT NULL DEFAULT '';
      -- 1 while a queued Session waits for a Replica of another Group.
      ALTER TABLE sessions ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
      -- Memory that its attempts get from now on, raised after one ran out of it; null means the Group's.
      ALTER TABLE sessions ADD COLUMN memory_gib REAL;
      -- Attempts before the last rerun: retries are counted from there.
      ALTER TABLE sessions ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;

      DROP INDEX sessions_queued;
      -- What may start next of a Group, without passing those that may not.
      CREATE INDEX sessions_queued ON sessions (group_id, held, not_before, replica_index) WHERE phase = 'queued';
      -- Counts Replicas by state, and tells when they ran, without touching their rows.
      CREATE INDEX sessions_tally ON sessions (username, group_id, phase, status, started_at, ended_at)
        WHERE deleted_at IS NULL;
      CREATE INDEX groups_by_name ON groups (username, name, created_at);
    `,
  },
  {
    name: "logs-1",
    sql: `
      -- When the logs of all its Sessions were removed; null while there may be some.
      ALTER TABLE groups ADD COLUMN logs_removed_at TEXT;
      CREATE INDEX groups_with_logs ON groups (created_at) WHERE logs_removed_at IS NULL;
    `,
  },
];

/** The outbox of notifications: what is not delivered yet, and for a while what was. */
export const NOTIFICATION_MIGRATIONS: readonly Migration[] = [
  {
    name: "notifications-1",
    sql: `
      CREATE TABLE notifications (
        -- By which a receiver knows a repetition.
        id TEXT PRIMARY KEY,
        group_id TEXT NOT NULL REFERENCES groups (id),
        target TEXT NOT NULL,
        moment TEXT NOT NULL,
        -- When it happened.
        at TEXT NOT NULL,
        -- What is known of it already, as JSON; the whole of it once it was written for sending.
        document TEXT NOT NULL,
        is_written INTEGER NOT NULL DEFAULT 0,
        -- 1 until the Group has ended: its further failures are no news.
        is_current INTEGER NOT NULL DEFAULT 1,
        attempts INTEGER NOT NULL DEFAULT 0,
        -- Not sent before this time; null once it was delivered or given up.
        due_at TEXT,
        settled_at TEXT,
        -- Why the last attempt failed.
        problem TEXT
      ) STRICT;

      CREATE INDEX notifications_due ON notifications (due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX notifications_settled ON notifications (settled_at) WHERE settled_at IS NOT NULL;
      CREATE INDEX notifications_of_group ON notifications (group_id, moment) WHERE is_current = 1;
    `,
  },
];
