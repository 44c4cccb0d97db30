-- A history as the first version wrote it.
PRAGMA application_id = 1935767329;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'smartapp_watch','first_tables','2026-11-23 19:03:08.763655+00:00');
CREATE TABLE acks (
        id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
        event INTEGER NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT;
CREATE TABLE activity_user (period TEXT NOT NULL, app_id INTEGER NOT NULL, user_count INTEGER, daily_activity_degree REAL, day_month_activity_degree REAL, weekly_user_count INTEGER, weekly_activity_degree REAL, monthly_user_count INTEGER, monthly_activity_degree REAL, lost_user_count INTEGER, lost_ratio REAL, accumulative_user_count INTEGER, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE alerts (
        id INTEGER PRIMARY KEY, rule TEXT NOT NULL, app_id INTEGER NOT NULL,
        dimensions TEXT NOT NULL, texts TEXT NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
        since TEXT NOT NULL, period TEXT NOT NULL, breaches INTEGER NOT NULL,
        clears INTEGER NOT NULL DEFAULT 0, unknowns INTEGER NOT NULL DEFAULT 0,
        value REAL, baseline REAL, change REAL, change_percent REAL,
        counts TEXT NOT NULL DEFAULT '[]', told REAL,
        reason TEXT NOT NULL DEFAULT '',
        opened_at TEXT NOT NULL, changed_at TEXT NOT NULL
    ) STRICT;
CREATE TABLE apps (id INTEGER PRIMARY KEY, name TEXT NOT NULL, tags TEXT NOT NULL) STRICT;
INSERT INTO "apps" VALUES(7,'预约挂号','');
CREATE TABLE digests (
        name TEXT NOT NULL, period TEXT NOT NULL, composed_at TEXT NOT NULL, notice TEXT NOT NULL,
        PRIMARY KEY (name, period)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE events (
        id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alerts (id),
        type TEXT NOT NULL, sequence INTEGER NOT NULL, at TEXT NOT NULL, period TEXT NOT NULL,
        reason TEXT NOT NULL, figures TEXT NOT NULL,
        UNIQUE (alert, type, sequence)
    ) STRICT;
CREATE TABLE fleet (
        rule TEXT NOT NULL, lane TEXT NOT NULL, meaning TEXT NOT NULL, period TEXT NOT NULL,
        noise REAL NOT NULL, correlation REAL,
        PRIMARY KEY (rule, lane, meaning, period)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE given_up (
        rule TEXT NOT NULL, lane TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
        PRIMARY KEY (rule, lane, period, app_id)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE held (
        event INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE, alert INTEGER NOT NULL,
        why TEXT NOT NULL, words TEXT NOT NULL, waiting INTEGER NOT NULL DEFAULT 1
    ) STRICT;
CREATE TABLE judged (
        rule TEXT NOT NULL, app_id INTEGER NOT NULL, lane TEXT NOT NULL,
        period TEXT NOT NULL, meaning TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (rule, app_id, lane)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, kind TEXT NOT NULL,
        notice TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'retry', 'dead')),
        tries INTEGER NOT NULL DEFAULT 0, next_try TEXT NOT NULL,
        error TEXT NOT NULL DEFAULT '', platform_id TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL, changed_at TEXT NOT NULL
    ) STRICT;
CREATE TABLE readings (
        report TEXT NOT NULL, app_id INTEGER NOT NULL, period TEXT NOT NULL,
        first_read TEXT NOT NULL, last_read TEXT NOT NULL, "rows" INTEGER NOT NULL,
        zeros_since TEXT NOT NULL DEFAULT '', valued_at TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (report, period, app_id)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "readings" VALUES('user_trend',7,'2026-11-22','2026-11-23T00:07:00Z','2026-11-23T04:07:00Z',1,'','2026-11-23T04:07:00Z');
CREATE TABLE region (period TEXT NOT NULL, app_id INTEGER NOT NULL, region TEXT NOT NULL, session_count_district INTEGER, session_count_district_ratio REAL, new_user_count_district_ratio REAL, user_count_district_ratio REAL, average_session_time_district REAL, PRIMARY KEY (period, app_id, region)) STRICT, WITHOUT ROWID;
CREATE TABLE retained_user (period TEXT NOT NULL, app_id INTEGER NOT NULL, nth INTEGER NOT NULL, active_user_count INTEGER, retained_user_count INTEGER, retained_ratio REAL, PRIMARY KEY (period, app_id, nth)) STRICT, WITHOUT ROWID;
CREATE TABLE retained_user_month (period TEXT NOT NULL, app_id INTEGER NOT NULL, nth INTEGER NOT NULL, active_user_count INTEGER, retained_user_count INTEGER, retained_ratio REAL, PRIMARY KEY (period, app_id, nth)) STRICT, WITHOUT ROWID;
CREATE TABLE retained_user_week (period TEXT NOT NULL, app_id INTEGER NOT NULL, nth INTEGER NOT NULL, active_user_count INTEGER, retained_user_count INTEGER, retained_ratio REAL, PRIMARY KEY (period, app_id, nth)) STRICT, WITHOUT ROWID;
CREATE TABLE revisions (
        report TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
        dimensions TEXT NOT NULL, field TEXT NOT NULL, value ANY,
        read_at TEXT NOT NULL, replaced_at TEXT NOT NULL,
        PRIMARY KEY (report, period, app_id, dimensions, field, replaced_at)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "revisions" VALUES('user_trend','2026-11-22',7,'{}','user_count',70123,'2026-11-23T00:07:00Z','2026-11-23T04:07:00Z');
CREATE TABLE silences (
        id INTEGER PRIMARY KEY, rule TEXT NOT NULL, app TEXT NOT NULL, tag TEXT NOT NULL,
        begins TEXT NOT NULL, ends TEXT NOT NULL, because TEXT NOT NULL, author TEXT NOT NULL
    ) STRICT;
CREATE TABLE source (period TEXT NOT NULL, app_id INTEGER NOT NULL, source TEXT NOT NULL, scene TEXT NOT NULL, name TEXT, new_user_count INTEGER, new_user_scale REAL, user_count INTEGER, user_scale REAL, session_scale REAL, session_count_per_user REAL, average_session_time REAL, PRIMARY KEY (period, app_id, source, scene)) STRICT, WITHOUT ROWID;
CREATE TABLE terminal (period TEXT NOT NULL, app_id INTEGER NOT NULL, terminal_type TEXT NOT NULL, name TEXT NOT NULL, accumulative_session_count INTEGER, accumulative_session_count_ratio REAL, accumulative_new_user_count_ratio REAL, accumulative_user_count_ratio REAL, average_use_time REAL, PRIMARY KEY (period, app_id, terminal_type, name)) STRICT, WITHOUT ROWID;
CREATE TABLE tp_data (period TEXT NOT NULL, scene TEXT NOT NULL, tp_day_app_count INTEGER, tp_week_app_count INTEGER, tp_month_app_count INTEGER, tp_day_user_count INTEGER, tp_week_user_count INTEGER, tp_month_user_count INTEGER, tp_day_new_user_count INTEGER, tp_week_new_user_count INTEGER, tp_month_new_user_count INTEGER, tp_day_session_count INTEGER, tp_week_session_count INTEGER, tp_month_session_count INTEGER, tp_day_page_count INTEGER, tp_activity_degree REAL, tp_session_time_per_person REAL, tp_session_time_per_day REAL, tp_day_share_count INTEGER, tp_day_back_flow_count INTEGER, PRIMARY KEY (period, scene)) STRICT, WITHOUT ROWID;
CREATE TABLE user_trend (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
INSERT INTO "user_trend" VALUES('2026-11-22',7,NULL,NULL,NULL,NULL,90456,NULL,NULL,NULL);
CREATE TABLE user_trend_hour (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE user_trend_month (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE user_trend_week (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE visit_attribute (period TEXT NOT NULL, app_id INTEGER NOT NULL, attribute TEXT NOT NULL, name TEXT NOT NULL, attribute_id TEXT, count_ratio REAL, PRIMARY KEY (period, app_id, attribute, name)) STRICT, WITHOUT ROWID;
CREATE TABLE visit_character (period TEXT NOT NULL, app_id INTEGER NOT NULL, character_type TEXT NOT NULL, name TEXT NOT NULL, user_count INTEGER, user_count_ratio REAL, session_count INTEGER, session_count_ratio REAL, PRIMARY KEY (period, app_id, character_type, name)) STRICT, WITHOUT ROWID;
CREATE TABLE visit_page (period TEXT NOT NULL, app_id INTEGER NOT NULL, page_id TEXT NOT NULL, page TEXT, alias TEXT, pv_count INTEGER, pv_ratio REAL, pv_user_count INTEGER, average_stay_time REAL, stay_time_ratio REAL, bounce_ratio REAL, entry_count INTEGER, exit_count INTEGER, PRIMARY KEY (period, app_id, page_id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX alerts_of_rule ON alerts (rule, period);
CREATE INDEX alerts_open ON alerts (rule)
        WHERE state IN ('pending', 'firing', 'recovering', 'stale');
CREATE INDEX held_waiting ON held (alert) WHERE waiting;
CREATE INDEX outbox_waiting ON outbox (next_try)
        WHERE state IN ('queued', 'sending', 'retry');
COMMIT;
