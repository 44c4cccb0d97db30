PRAGMA application_id = 1935767329;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'smartapp_watch','first_tables','2026-11-23 23:48:53.509954+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'smartapp_watch','messages_together','2026-11-23 23:48:53.510733+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'smartapp_watch','unconfirmed_cells','2026-11-23 23:48:53.511027+00:00');
CREATE TABLE acks (
        id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
        event INTEGER NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT;
CREATE TABLE activity_user (period TEXT NOT NULL, app_id INTEGER NOT NULL, user_count INTEGER, daily_activity_degree REAL, day_month_activity_degree REAL, weekly_user_count INTEGER, weekly_activity_degree REAL, monthly_user_count INTEGER, monthly_activity_degree REAL, lost_user_count INTEGER, lost_ratio REAL, accumulative_user_count INTEGER, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
INSERT INTO "activity_user" VALUES('2026-11-22',15263713,7520,0.3,5.34,41324,1.65,140763,5.61,710794,28.31,2511005);
INSERT INTO "activity_user" VALUES('2026-11-22',15263714,4658,0.32,5.67,24055,1.66,82170,5.66,393467,27.12,1450648);
INSERT INTO "activity_user" VALUES('2026-11-22',15263715,2646,0.31,5.4,14234,1.65,48984,5.68,232096,26.92,862231);
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
INSERT INTO "alerts" VALUES(1,'page-exit-rate-rise',15263713,'{"page_id":"4353255911085126"}','[["page", "pages/checkout/index"], ["alias", "结算"]]','firing','warning','2026-11-22','2026-11-22',1,0,0,61.63,40.37,2.12600000000000051154e+01,5.26628684666831929899e+01,'[["exit_count", 747], ["pv_count", 1212]]',2.12600000000000051154e+01,'','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z');
INSERT INTO "alerts" VALUES(2,'next-day-retention-drop',15263713,'{"nth":2}','[]','firing','warning','2026-11-21','2026-11-21',1,0,0,14.61,28.07,-13.46,-4.79515496971856052237e+01,'[["retained_user_count", 1229], ["active_user_count", 8412]]',13.46,'','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z');
INSERT INTO "alerts" VALUES(3,'lost-ratio-spike',15263713,'{}','[]','firing','warning','2026-11-22','2026-11-22',1,0,0,28.31,26.58,1.73000000000000042632e+00,6.50865312264861,'[["accumulative_user_count", 2511005]]',1.73000000000000042632e+00,'','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z');
CREATE TABLE apps (id INTEGER PRIMARY KEY, name TEXT NOT NULL, tags TEXT NOT NULL) STRICT;
INSERT INTO "apps" VALUES(15263713,'预约挂号','flagship;health');
INSERT INTO "apps" VALUES(15263714,'城市公交','travel');
INSERT INTO "apps" VALUES(15263715,'菜谱大全','food');
CREATE TABLE digests (
        name TEXT NOT NULL, period TEXT NOT NULL, composed_at TEXT NOT NULL, notice TEXT NOT NULL,
        PRIMARY KEY (name, period)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "digests" VALUES('weekly','2026-W47','2026-11-23T02:40:00Z','{"name":"weekly","period":"2026-W47","first":"2026-11-16","last":"2026-11-22","composed_at":"2026-11-23T10:40:00+08:00","apps_checked":3,"days":7,"totals":[{"metric":"user_trend.user_count","value":16753.0,"before":16603.86,"daily":[18197.0,17405.0,17478.0,17191.0,16396.0,15780.0,14824.0],"comparable":16753.0,"a_day":true,"usual":16564.07,"usual_of":16753.0},{"metric":"user_trend.session_count","value":163738.0,"before":162922.0,"daily":[25456.0,24543.0,24204.0,23834.0,22945.0,22098.0,20658.0],"comparable":163738.0,"a_day":false,"usual":162217.5,"usual_of":163738.0},{"metric":"user_trend.new_user_count","value":40928.0,"before":40750.0,"daily":[6378.0,6034.0,6116.0,6000.0,5687.0,5517.0,5196.0],"comparable":40928.0,"a_day":false,"usual":40624.5,"usual_of":40928.0}],"open":[{"alert":2,"type":"fire","rule":"next-day-retention-drop","description":"Fewer of a day''s users came back on the day after than usual","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"retained_user.retained_ratio","dimensions":[["nth",2]],"texts":[],"period":"2026-11-21","since":"2026-11-21","figures":{"value":14.61,"baseline":28.07,"change":-13.46,"change_percent":-47.951549697185605,"counts":[["retained_user_count",1229.0],["active_user_count",8412.0]]},"condition":"drops_by 25% against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/retention.toml:3","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-25","2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21"],"values":[28.52,27.84,28.2,27.95,28.39,27.89,28.14,28.53,28.09,28.49,28.96,28.76,27.79,27.57,28.85,27.71,27.52,28.62,28.35,28.92,28.0,29.02,27.87,27.22,28.47,27.82,28.14,14.61],"lows":[null,27.46,28.24,27.97,27.61,null,null,27.37,27.46,28.2,27.95,27.61,27.86,27.75,27.37,27.46,28.2,27.95,27.82,27.79,27.57,28.52,27.71,27.52,27.95,27.82,27.79,27.57],"highs":[null,28.13,28.67,28.97,28.9,null,null,29.14,28.13,28.67,28.97,28.9,27.91,28.15,29.14,28.09,28.67,28.97,28.9,27.91,28.15,29.14,28.09,28.67,28.96,28.76,28.92,28.15]},"beside":[],"peak":14.61,"others_here":null,"others_elsewhere":0,"only_shown":false},{"alert":1,"type":"fire","rule":"page-exit-rate-rise","description":"More views of a page than usual end the visit","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"visit_page.bounce_ratio","dimensions":[["page_id","4353255911085126"]],"texts":[["page","pages/checkout/index"],["alias","结算"]],"period":"2026-11-22","since":"2026-11-22","figures":{"value":61.63,"baseline":40.37,"change":21.260000000000005,"change_percent":52.66286846668319,"counts":[["exit_count",747.0],["pv_count",1212.0]]},"condition":"rises_by 10pp against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/pages.toml:3","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21","2026-11-22"],"values":[39.8,40.35,41.39,38.03,39.1,40.11,40.3,40.19,39.85,40.59,41.58,42.21,40.15,42.7,40.7,40.23,40.22,40.31,39.72,39.25,40.44,40.89,39.73,41.38,41.19,39.31,38.92,61.63],"lows":[37.37,39.05,38.15,38.92,38.34,null,38.4,37.37,39.05,38.15,38.03,38.34,40.06,38.4,37.37,39.05,38.15,38.03,38.34,40.06,38.4,37.37,39.85,39.13,38.03,38.34,39.25,38.62],"highs":[39.84,41.1,42.24,42.39,40.86,null,41.3,39.84,41.1,42.24,42.39,40.86,40.88,41.3,40.19,40.8,41.39,42.39,42.21,40.88,42.7,40.7,40.8,41.39,42.39,42.21,40.15,42.7]},"beside":[{"metric":"visit_page.entry_count","value":230.0,"usual":210.5},{"metric":"visit_page.average_stay_time","value":59.0,"usual":59.5}],"peak":61.63,"others_here":0,"others_elsewhere":0,"only_shown":false},{"alert":3,"type":"fire","rule":"lost-ratio-spike","description":"The share of users not seen for 60 days rose within a week","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"activity_user.lost_ratio","dimensions":[],"texts":[],"period":"2026-11-22","since":"2026-11-22","figures":{"value":28.31,"baseline":26.58,"change":1.7300000000000004,"change_percent":6.50865312264861,"counts":[["accumulative_user_count",2511005.0]]},"condition":"rises_by 1pp against last_week","breaches":1,"against":"last_week","reason":"","runbook":"","where":"rules/retention.toml:12","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21","2026-11-22"],"values":[26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58,26.57,26.56,26.55,26.54,26.53,26.52,28.31],"lows":[26.94,26.92,26.91,26.9,26.88,26.87,26.86,26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58],"highs":[26.94,26.92,26.91,26.9,26.88,26.87,26.86,26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58]},"beside":[{"metric":"activity_user.user_count","value":7520.0,"usual":7403.5},{"metric":"activity_user.weekly_user_count","value":41324.0,"usual":41030.0},{"metric":"activity_user.monthly_user_count","value":140763.0,"usual":139160.5}],"peak":28.31,"others_here":0,"others_elsewhere":0,"only_shown":false}],"opened":[{"alert":2,"type":"fire","rule":"next-day-retention-drop","description":"Fewer of a day''s users came back on the day after than usual","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"retained_user.retained_ratio","dimensions":[["nth",2]],"texts":[],"period":"2026-11-21","since":"2026-11-21","figures":{"value":14.61,"baseline":28.07,"change":-13.46,"change_percent":-47.951549697185605,"counts":[["retained_user_count",1229.0],["active_user_count",8412.0]]},"condition":"drops_by 25% against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/retention.toml:3","acked":"","silenced":"","window":1,"trend":null,"beside":[],"peak":null,"others_here":null,"others_elsewhere":0,"only_shown":false},{"alert":1,"type":"fire","rule":"page-exit-rate-rise","description":"More views of a page than usual end the visit","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"visit_page.bounce_ratio","dimensions":[["page_id","4353255911085126"]],"texts":[["page","pages/checkout/index"],["alias","结算"]],"period":"2026-11-22","since":"2026-11-22","figures":{"value":61.63,"baseline":40.37,"change":21.260000000000005,"change_percent":52.66286846668319,"counts":[["exit_count",747.0],["pv_count",1212.0]]},"condition":"rises_by 10pp against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/pages.toml:3","acked":"","silenced":"","window":1,"trend":null,"beside":[],"peak":null,"others_here":null,"others_elsewhere":0,"only_shown":false},{"alert":3,"type":"fire","rule":"lost-ratio-spike","description":"The share of users not seen for 60 days rose within a week","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"activity_user.lost_ratio","dimensions":[],"texts":[],"period":"2026-11-22","since":"2026-11-22","figures":{"value":28.31,"baseline":26.58,"change":1.7300000000000004,"change_percent":6.50865312264861,"counts":[["accumulative_user_count",2511005.0]]},"condition":"rises_by 1pp against last_week","breaches":1,"against":"last_week","reason":"","runbook":"","where":"rules/retention.toml:12","acked":"","silenced":"","window":1,"trend":null,"beside":[],"peak":null,"others_here":null,"others_elsewhere":0,"only_shown":false}],"closed":[],"apps":[{"app_id":15263713,"name":"预约挂号","totals":[{"metric":"user_trend.user_count","value":8696.86,"before":8526.71,"daily":[9504.0,8877.0,9112.0,9202.0,8251.0,8412.0,7520.0],"comparable":8696.86,"a_day":true,"usual":8629.0,"usual_of":8696.86},{"metric":"user_trend.session_count","value":85131.0,"before":83521.0,"daily":[],"comparable":85131.0,"a_day":false,"usual":84241.0,"usual_of":85131.0},{"metric":"user_trend.new_user_count","value":21230.0,"before":20838.0,"daily":[],"comparable":21230.0,"a_day":false,"usual":21110.5,"usual_of":21230.0}],"days_known":7,"alerts":3},{"app_id":15263714,"name":"城市公交","totals":[{"metric":"user_trend.user_count","value":5060.57,"before":5001.71,"daily":[5554.0,5263.0,5313.0,4972.0,5049.0,4615.0,4658.0],"comparable":5060.57,"a_day":true,"usual":5017.71,"usual_of":5060.57},{"metric":"user_trend.session_count","value":49311.0,"before":49230.0,"daily":[],"comparable":49311.0,"a_day":false,"usual":49319.0,"usual_of":49311.0},{"metric":"user_trend.new_user_count","value":12381.0,"before":12321.0,"daily":[],"comparable":12381.0,"a_day":false,"usual":12309.0,"usual_of":12381.0}],"days_known":7,"alerts":0},{"app_id":15263715,"name":"菜谱大全","totals":[{"metric":"user_trend.user_count","value":2995.57,"before":3075.43,"daily":[3139.0,3265.0,3053.0,3017.0,3096.0,2753.0,2646.0],"comparable":2995.57,"a_day":true,"usual":2997.43,"usual_of":2995.57},{"metric":"user_trend.session_count","value":29296.0,"before":30171.0,"daily":[],"comparable":29296.0,"a_day":false,"usual":29416.5,"usual_of":29296.0},{"metric":"user_trend.new_user_count","value":7317.0,"before":7591.0,"daily":[],"comparable":7317.0,"a_day":false,"usual":7343.5,"usual_of":7317.0}],"days_known":7,"alerts":0}],"missing":[],"failures":[],"undelivered":0,"shadowed":[],"language":null,"before":"2026-W46","rising":[],"falling":[],"gaps":[],"unread":[],"tally":{"open":3,"opened":3,"closed":0,"silenced":0,"shadowed":0,"flapping":0,"unread":0},"silenced":[],"flapping":[],"answered":{"acked":0,"median_seconds":null},"polls":{"runs":1,"calls":399,"failed":0,"retried":0},"waiting":[],"receivers_off":[],"rules_checked":12,"tags":[],"zone":"Asia/Shanghai"}');
CREATE TABLE events (
        id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alerts (id),
        type TEXT NOT NULL, sequence INTEGER NOT NULL, at TEXT NOT NULL, period TEXT NOT NULL,
        reason TEXT NOT NULL, figures TEXT NOT NULL,
        UNIQUE (alert, type, sequence)
    ) STRICT;
INSERT INTO "events" VALUES(1,1,'fire',1,'2026-11-23T02:40:00Z','2026-11-22','','{"value": 61.63, "baseline": 40.37, "change": 21.260000000000005, "change_percent": 52.66286846668319, "counts": [["exit_count", 747], ["pv_count", 1212]]}');
INSERT INTO "events" VALUES(2,2,'fire',1,'2026-11-23T02:40:00Z','2026-11-21','','{"value": 14.61, "baseline": 28.07, "change": -13.46, "change_percent": -47.951549697185605, "counts": [["retained_user_count", 1229], ["active_user_count", 8412]]}');
INSERT INTO "events" VALUES(3,3,'fire',1,'2026-11-23T02:40:00Z','2026-11-22','','{"value": 28.31, "baseline": 26.58, "change": 1.7300000000000004, "change_percent": 6.50865312264861, "counts": [["accumulative_user_count", 2511005]]}');
CREATE TABLE fleet (
        rule TEXT NOT NULL, lane TEXT NOT NULL, meaning TEXT NOT NULL, period TEXT NOT NULL,
        noise REAL NOT NULL, correlation REAL,
        PRIMARY KEY (rule, lane, meaning, period)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-09-23',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-09-28',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-09-29',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-08',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-11',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-12',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-13',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-14',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-15',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-16',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-17',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-18',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-19',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-20',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-21',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-22',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-23',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-24',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-25',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-26',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-27',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-28',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-29',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-30',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-10-31',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-01',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-02',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-03',0.12,1.25975329537156421324e-06);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-04',0.12,1.49178515308094298422e-05);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-05',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-06',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-07',0.12,NULL);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-08',0.12,1.40843265663269678476e-06);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-09',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-10',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-11',0.12,3.63497950877348884849e-05);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-12',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-13',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-14',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-15',0.12,4.37303987136507284899e-05);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-16',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-17',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-18',0.12,1.2663252599632770091e-05);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-19',0.12,1.18632476853257945491e-05);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-20',0.12,0.0);
INSERT INTO "fleet" VALUES('next-day-retention-drop','2','670080ccbd37b7bb','2026-11-21',0.12,2.61491608934626932215e-05);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-09-23',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-09-24',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-09-28',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-09-29',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-09-30',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-08',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-09',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-11',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-12',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-13',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-14',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-15',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-16',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-17',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-18',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-19',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-20',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-21',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-22',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-23',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-24',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-25',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-26',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-27',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-28',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-29',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-30',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-10-31',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-01',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-02',0.12,1.59632902817916121681e-04);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-03',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-04',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-05',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-06',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-07',0.12,NULL);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-08',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-09',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-10',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-11',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-12',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-13',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-14',0.12,5.75002598119482363075e-05);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-15',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-16',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-17',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-18',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-19',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-20',0.12,0.0);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-21',0.12,3.13032175435546848119e-05);
INSERT INTO "fleet" VALUES('page-exit-rate-rise','','510dbd14ed903dbb','2026-11-22',0.12,0.0);
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
INSERT INTO "judged" VALUES('lost-ratio-spike',15263713,'','2026-11-22','8d7512c2613b61e9');
INSERT INTO "judged" VALUES('lost-ratio-spike',15263714,'','2026-11-22','8d7512c2613b61e9');
INSERT INTO "judged" VALUES('lost-ratio-spike',15263715,'','2026-11-22','8d7512c2613b61e9');
INSERT INTO "judged" VALUES('new-users-drop',15263713,'','2026-11-22','a986a947ce66e2ab');
INSERT INTO "judged" VALUES('new-users-drop',15263714,'','2026-11-22','a986a947ce66e2ab');
INSERT INTO "judged" VALUES('new-users-drop',15263715,'','2026-11-22','a986a947ce66e2ab');
INSERT INTO "judged" VALUES('next-day-retention-drop',15263713,'2','2026-11-21','670080ccbd37b7bb');
INSERT INTO "judged" VALUES('next-day-retention-drop',15263714,'2','2026-11-21','670080ccbd37b7bb');
INSERT INTO "judged" VALUES('next-day-retention-drop',15263715,'2','2026-11-21','670080ccbd37b7bb');
INSERT INTO "judged" VALUES('page-exit-rate-rise',15263713,'','2026-11-22','510dbd14ed903dbb');
INSERT INTO "judged" VALUES('page-exit-rate-rise',15263714,'','2026-11-22','510dbd14ed903dbb');
INSERT INTO "judged" VALUES('page-exit-rate-rise',15263715,'','2026-11-22','510dbd14ed903dbb');
INSERT INTO "judged" VALUES('platform-apps-drop',0,'','2026-11-22','329ece82be66f16c');
INSERT INTO "judged" VALUES('platform-new-users-drop',0,'','2026-11-22','831e7858e1aa90ce');
INSERT INTO "judged" VALUES('platform-sessions-drop',0,'','2026-11-22','addaf467c77e1229');
INSERT INTO "judged" VALUES('platform-users-drop',0,'','2026-11-22','f830dfab17cf46d8');
INSERT INTO "judged" VALUES('session-time-drop',15263713,'','2026-11-22','374dc469d8ec5545');
INSERT INTO "judged" VALUES('session-time-drop',15263714,'','2026-11-22','374dc469d8ec5545');
INSERT INTO "judged" VALUES('session-time-drop',15263715,'','2026-11-22','374dc469d8ec5545');
INSERT INTO "judged" VALUES('sessions-drop',15263713,'','2026-11-22','895da8b607ab9ae1');
INSERT INTO "judged" VALUES('sessions-drop',15263714,'','2026-11-22','895da8b607ab9ae1');
INSERT INTO "judged" VALUES('sessions-drop',15263715,'','2026-11-22','895da8b607ab9ae1');
INSERT INTO "judged" VALUES('users-drop',15263713,'','2026-11-22','f2a7d3040dab0eb6');
INSERT INTO "judged" VALUES('users-drop',15263714,'','2026-11-22','f2a7d3040dab0eb6');
INSERT INTO "judged" VALUES('users-drop',15263715,'','2026-11-22','f2a7d3040dab0eb6');
CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "notes" VALUES('digest_since/weekly/week','2026-W47');
INSERT INTO "notes" VALUES('evaluated_at','2026-11-23T02:40:00Z');
INSERT INTO "notes" VALUES('poll_failures','{"failures": [], "stopped": ""}');
CREATE TABLE outbox (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, kind TEXT NOT NULL,
        notice TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'retry', 'dead')),
        tries INTEGER NOT NULL DEFAULT 0, next_try TEXT NOT NULL,
        error TEXT NOT NULL DEFAULT '', platform_id TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL, changed_at TEXT NOT NULL
    , bundle INTEGER, layout TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "outbox" VALUES(1,'alert/1/fire/1/ops','ops','alert','{"alert":1,"type":"fire","rule":"page-exit-rate-rise","description":"More views of a page than usual end the visit","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"visit_page.bounce_ratio","dimensions":[["page_id","4353255911085126"]],"texts":[["page","pages/checkout/index"],["alias","结算"]],"period":"2026-11-22","since":"2026-11-22","figures":{"value":61.63,"baseline":40.37,"change":21.260000000000005,"change_percent":52.66286846668319,"counts":[["exit_count",747.0],["pv_count",1212.0]]},"condition":"rises_by 10pp against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/pages.toml:3","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21","2026-11-22"],"values":[39.8,40.35,41.39,38.03,39.1,40.11,40.3,40.19,39.85,40.59,41.58,42.21,40.15,42.7,40.7,40.23,40.22,40.31,39.72,39.25,40.44,40.89,39.73,41.38,41.19,39.31,38.92,61.63],"lows":[37.37,39.05,38.15,38.92,38.34,null,38.4,37.37,39.05,38.15,38.03,38.34,40.06,38.4,37.37,39.05,38.15,38.03,38.34,40.06,38.4,37.37,39.85,39.13,38.03,38.34,39.25,38.62],"highs":[39.84,41.1,42.24,42.39,40.86,null,41.3,39.84,41.1,42.24,42.39,40.86,40.88,41.3,40.19,40.8,41.39,42.39,42.21,40.88,42.7,40.7,40.8,41.39,42.39,42.21,40.15,42.7]},"beside":[{"metric":"visit_page.entry_count","value":230.0,"usual":210.5},{"metric":"visit_page.average_stay_time","value":59.0,"usual":59.5}],"peak":61.63,"others_here":0,"others_elsewhere":0,"only_shown":false}','sent',1,'2026-11-23T02:40:00Z','','C000000001:1700000001.000100','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'app');
INSERT INTO "outbox" VALUES(2,'alert/1/fire/1/growth','growth','alert','{"alert":1,"type":"fire","rule":"page-exit-rate-rise","description":"More views of a page than usual end the visit","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"visit_page.bounce_ratio","dimensions":[["page_id","4353255911085126"]],"texts":[["page","pages/checkout/index"],["alias","结算"]],"period":"2026-11-22","since":"2026-11-22","figures":{"value":61.63,"baseline":40.37,"change":21.260000000000005,"change_percent":52.66286846668319,"counts":[["exit_count",747.0],["pv_count",1212.0]]},"condition":"rises_by 10pp against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/pages.toml:3","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21","2026-11-22"],"values":[39.8,40.35,41.39,38.03,39.1,40.11,40.3,40.19,39.85,40.59,41.58,42.21,40.15,42.7,40.7,40.23,40.22,40.31,39.72,39.25,40.44,40.89,39.73,41.38,41.19,39.31,38.92,61.63],"lows":[37.37,39.05,38.15,38.92,38.34,null,38.4,37.37,39.05,38.15,38.03,38.34,40.06,38.4,37.37,39.05,38.15,38.03,38.34,40.06,38.4,37.37,39.85,39.13,38.03,38.34,39.25,38.62],"highs":[39.84,41.1,42.24,42.39,40.86,null,41.3,39.84,41.1,42.24,42.39,40.86,40.88,41.3,40.19,40.8,41.39,42.39,42.21,40.88,42.7,40.7,40.8,41.39,42.39,42.21,40.15,42.7]},"beside":[{"metric":"visit_page.entry_count","value":230.0,"usual":210.5},{"metric":"visit_page.average_stay_time","value":59.0,"usual":59.5}],"peak":61.63,"others_here":0,"others_elsewhere":0,"only_shown":false}','sent',1,'2026-11-23T02:40:00Z','','<df2c4df52ac373d7ccebf97b@example.com>','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',2,'app');
INSERT INTO "outbox" VALUES(3,'alert/2/fire/1/ops','ops','alert','{"alert":2,"type":"fire","rule":"next-day-retention-drop","description":"Fewer of a day''s users came back on the day after than usual","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"retained_user.retained_ratio","dimensions":[["nth",2]],"texts":[],"period":"2026-11-21","since":"2026-11-21","figures":{"value":14.61,"baseline":28.07,"change":-13.46,"change_percent":-47.951549697185605,"counts":[["retained_user_count",1229.0],["active_user_count",8412.0]]},"condition":"drops_by 25% against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/retention.toml:3","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-25","2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21"],"values":[28.52,27.84,28.2,27.95,28.39,27.89,28.14,28.53,28.09,28.49,28.96,28.76,27.79,27.57,28.85,27.71,27.52,28.62,28.35,28.92,28.0,29.02,27.87,27.22,28.47,27.82,28.14,14.61],"lows":[null,27.46,28.24,27.97,27.61,null,null,27.37,27.46,28.2,27.95,27.61,27.86,27.75,27.37,27.46,28.2,27.95,27.82,27.79,27.57,28.52,27.71,27.52,27.95,27.82,27.79,27.57],"highs":[null,28.13,28.67,28.97,28.9,null,null,29.14,28.13,28.67,28.97,28.9,27.91,28.15,29.14,28.09,28.67,28.97,28.9,27.91,28.15,29.14,28.09,28.67,28.96,28.76,28.92,28.15]},"beside":[],"peak":14.61,"others_here":null,"others_elsewhere":0,"only_shown":false}','sent',1,'2026-11-23T02:40:00Z','','C000000001:1700000001.000100','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'app');
INSERT INTO "outbox" VALUES(4,'alert/2/fire/1/growth','growth','alert','{"alert":2,"type":"fire","rule":"next-day-retention-drop","description":"Fewer of a day''s users came back on the day after than usual","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"retained_user.retained_ratio","dimensions":[["nth",2]],"texts":[],"period":"2026-11-21","since":"2026-11-21","figures":{"value":14.61,"baseline":28.07,"change":-13.46,"change_percent":-47.951549697185605,"counts":[["retained_user_count",1229.0],["active_user_count",8412.0]]},"condition":"drops_by 25% against 4_weeks","breaches":1,"against":"4_weeks","reason":"","runbook":"","where":"rules/retention.toml:3","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-25","2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21"],"values":[28.52,27.84,28.2,27.95,28.39,27.89,28.14,28.53,28.09,28.49,28.96,28.76,27.79,27.57,28.85,27.71,27.52,28.62,28.35,28.92,28.0,29.02,27.87,27.22,28.47,27.82,28.14,14.61],"lows":[null,27.46,28.24,27.97,27.61,null,null,27.37,27.46,28.2,27.95,27.61,27.86,27.75,27.37,27.46,28.2,27.95,27.82,27.79,27.57,28.52,27.71,27.52,27.95,27.82,27.79,27.57],"highs":[null,28.13,28.67,28.97,28.9,null,null,29.14,28.13,28.67,28.97,28.9,27.91,28.15,29.14,28.09,28.67,28.97,28.9,27.91,28.15,29.14,28.09,28.67,28.96,28.76,28.92,28.15]},"beside":[],"peak":14.61,"others_here":null,"others_elsewhere":0,"only_shown":false}','sent',1,'2026-11-23T02:40:00Z','','<df2c4df52ac373d7ccebf97b@example.com>','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',2,'app');
INSERT INTO "outbox" VALUES(5,'alert/3/fire/1/ops','ops','alert','{"alert":3,"type":"fire","rule":"lost-ratio-spike","description":"The share of users not seen for 60 days rose within a week","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"activity_user.lost_ratio","dimensions":[],"texts":[],"period":"2026-11-22","since":"2026-11-22","figures":{"value":28.31,"baseline":26.58,"change":1.7300000000000004,"change_percent":6.50865312264861,"counts":[["accumulative_user_count",2511005.0]]},"condition":"rises_by 1pp against last_week","breaches":1,"against":"last_week","reason":"","runbook":"","where":"rules/retention.toml:12","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21","2026-11-22"],"values":[26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58,26.57,26.56,26.55,26.54,26.53,26.52,28.31],"lows":[26.94,26.92,26.91,26.9,26.88,26.87,26.86,26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58],"highs":[26.94,26.92,26.91,26.9,26.88,26.87,26.86,26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58]},"beside":[{"metric":"activity_user.user_count","value":7520.0,"usual":7403.5},{"metric":"activity_user.weekly_user_count","value":41324.0,"usual":41030.0},{"metric":"activity_user.monthly_user_count","value":140763.0,"usual":139160.5}],"peak":28.31,"others_here":0,"others_elsewhere":0,"only_shown":false}','sent',1,'2026-11-23T02:40:00Z','','C000000001:1700000001.000100','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'app');
INSERT INTO "outbox" VALUES(6,'alert/3/fire/1/growth','growth','alert','{"alert":3,"type":"fire","rule":"lost-ratio-spike","description":"The share of users not seen for 60 days rose within a week","severity":"warning","app_id":15263713,"app_name":"预约挂号","metric":"activity_user.lost_ratio","dimensions":[],"texts":[],"period":"2026-11-22","since":"2026-11-22","figures":{"value":28.31,"baseline":26.58,"change":1.7300000000000004,"change_percent":6.50865312264861,"counts":[["accumulative_user_count",2511005.0]]},"condition":"rises_by 1pp against last_week","breaches":1,"against":"last_week","reason":"","runbook":"","where":"rules/retention.toml:12","acked":"","silenced":"","window":1,"trend":{"periods":["2026-10-26","2026-10-27","2026-10-28","2026-10-29","2026-10-30","2026-10-31","2026-11-01","2026-11-02","2026-11-03","2026-11-04","2026-11-05","2026-11-06","2026-11-07","2026-11-08","2026-11-09","2026-11-10","2026-11-11","2026-11-12","2026-11-13","2026-11-14","2026-11-15","2026-11-16","2026-11-17","2026-11-18","2026-11-19","2026-11-20","2026-11-21","2026-11-22"],"values":[26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58,26.57,26.56,26.55,26.54,26.53,26.52,28.31],"lows":[26.94,26.92,26.91,26.9,26.88,26.87,26.86,26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58],"highs":[26.94,26.92,26.91,26.9,26.88,26.87,26.86,26.84,26.83,26.82,26.8,26.79,26.77,26.76,26.75,26.73,26.72,26.71,26.69,26.68,26.67,26.65,26.64,26.63,26.62,26.6,26.59,26.58]},"beside":[{"metric":"activity_user.user_count","value":7520.0,"usual":7403.5},{"metric":"activity_user.weekly_user_count","value":41324.0,"usual":41030.0},{"metric":"activity_user.monthly_user_count","value":140763.0,"usual":139160.5}],"peak":28.31,"others_here":0,"others_elsewhere":0,"only_shown":false}','sent',1,'2026-11-23T02:40:00Z','','<df2c4df52ac373d7ccebf97b@example.com>','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',2,'app');
INSERT INTO "outbox" VALUES(7,'digest/weekly/2026-W47/ops','ops','digest','{"name": "weekly", "period": "2026-W47"}','sent',1,'2026-11-23T02:40:00Z','','C000000001:1700000002.000100','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',7,'');
INSERT INTO "outbox" VALUES(8,'digest/weekly/2026-W47/growth','growth','digest','{"name": "weekly", "period": "2026-W47"}','sent',1,'2026-11-23T02:40:00Z','','<69b0888abbd5c9fb265d6d85@example.com>','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',8,'');
CREATE TABLE polls (
        at TEXT PRIMARY KEY, calls INTEGER NOT NULL, failed INTEGER NOT NULL, retried INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "polls" VALUES('2026-11-22T02:40:00Z',399,0,0);
INSERT INTO "polls" VALUES('2026-11-23T02:40:00Z',19,0,0);
CREATE TABLE readings (
        report TEXT NOT NULL, app_id INTEGER NOT NULL, period TEXT NOT NULL,
        first_read TEXT NOT NULL, last_read TEXT NOT NULL, "rows" INTEGER NOT NULL,
        zeros_since TEXT NOT NULL DEFAULT '', valued_at TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (report, period, app_id)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "readings" VALUES('activity_user',15263713,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('activity_user',15263714,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('activity_user',15263715,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('retained_user',15263713,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',0,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('retained_user',15263714,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',0,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('retained_user',15263715,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',0,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('source',15263713,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',28,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('source',15263714,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',28,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('source',15263715,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',28,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('tp_data',0,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('user_trend',15263713,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('user_trend',15263714,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('user_trend',15263715,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',1,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('visit_page',15263713,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',9,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('visit_page',15263714,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',9,'','2026-11-23T02:40:00Z');
INSERT INTO "readings" VALUES('visit_page',15263715,'2026-11-22','2026-11-23T02:40:00Z','2026-11-23T02:40:00Z',9,'','2026-11-23T02:40:00Z');
CREATE TABLE region (period TEXT NOT NULL, app_id INTEGER NOT NULL, region TEXT NOT NULL, session_count_district INTEGER, session_count_district_ratio REAL, new_user_count_district_ratio REAL, user_count_district_ratio REAL, average_session_time_district REAL, PRIMARY KEY (period, app_id, region)) STRICT, WITHOUT ROWID;
CREATE TABLE retained_user (period TEXT NOT NULL, app_id INTEGER NOT NULL, nth INTEGER NOT NULL, active_user_count INTEGER, retained_user_count INTEGER, retained_ratio REAL, PRIMARY KEY (period, app_id, nth)) STRICT, WITHOUT ROWID;
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,2,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,3,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,4,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,5,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,6,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,7,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,8,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263713,9,7520,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,2,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,3,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,4,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,5,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,6,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,7,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,8,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263714,9,4658,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,2,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,3,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,4,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,5,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,6,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,7,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,8,2646,NULL,NULL);
INSERT INTO "retained_user" VALUES('2026-11-22',15263715,9,2646,NULL,NULL);
CREATE TABLE retained_user_month (period TEXT NOT NULL, app_id INTEGER NOT NULL, nth INTEGER NOT NULL, active_user_count INTEGER, retained_user_count INTEGER, retained_ratio REAL, PRIMARY KEY (period, app_id, nth)) STRICT, WITHOUT ROWID;
CREATE TABLE retained_user_week (period TEXT NOT NULL, app_id INTEGER NOT NULL, nth INTEGER NOT NULL, active_user_count INTEGER, retained_user_count INTEGER, retained_ratio REAL, PRIMARY KEY (period, app_id, nth)) STRICT, WITHOUT ROWID;
CREATE TABLE revisions (
        report TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
        dimensions TEXT NOT NULL, field TEXT NOT NULL, value ANY,
        read_at TEXT NOT NULL, replaced_at TEXT NOT NULL,
        PRIMARY KEY (report, period, app_id, dimensions, field, replaced_at)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE silences (
        id INTEGER PRIMARY KEY, rule TEXT NOT NULL, app TEXT NOT NULL, tag TEXT NOT NULL,
        begins TEXT NOT NULL, ends TEXT NOT NULL, because TEXT NOT NULL, author TEXT NOT NULL
    ) STRICT;
CREATE TABLE source (period TEXT NOT NULL, app_id INTEGER NOT NULL, source TEXT NOT NULL, scene TEXT NOT NULL, name TEXT, new_user_count INTEGER, new_user_scale REAL, user_count INTEGER, user_scale REAL, session_scale REAL, session_count_per_user REAL, average_session_time REAL, PRIMARY KEY (period, app_id, source, scene)) STRICT, WITHOUT ROWID;
INSERT INTO "source" VALUES('2026-11-22',15263713,'','',NULL,16,0.6,43,0.56,0.5,1.21,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'10','',NULL,32,1.2,73,0.96,0.94,1.36,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'10','0','其他',32,1.2,73,0.96,0.94,1.36,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'13','',NULL,85,3.18,252,3.31,3.43,1.43,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'13','11600000','分享',85,3.18,252,3.31,3.43,1.43,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'37','',NULL,1040,38.97,2891,37.95,37.78,1.37,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'37','10810008','自然结果',262,9.82,714,9.37,9.52,1.4,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'37','10810012','搜索词推荐直达',376,14.09,1104,14.49,14.12,1.34,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'37','10810014','小程序单卡',359,13.45,954,12.52,12.6,1.38,50.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'37','10810083','小程序tab',43,1.61,119,1.56,1.55,1.36,60.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'39','',NULL,1002,37.54,2968,38.97,39.1,1.38,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'39','11010018','闪投',161,6.03,481,6.31,6.2,1.35,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'39','11010020','原生',841,31.51,2487,32.65,32.9,1.39,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'40','',NULL,43,1.61,127,1.67,1.68,1.39,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'40','11110029','百家号文章挂载',43,1.61,127,1.67,1.68,1.39,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'44','',NULL,21,0.79,62,0.81,0.8,1.35,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'44','11700000','小程序',21,0.79,62,0.81,0.8,1.35,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'45','',NULL,161,6.03,440,5.78,5.68,1.35,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'45','12010042','智能小程序',44,1.65,102,1.34,1.4,1.44,51.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'45','12010044','顶部横滑模块',91,3.41,281,3.69,3.55,1.32,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'45','12010045','历史',26,0.97,57,0.75,0.73,1.35,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'46','',NULL,194,7.27,545,7.16,7.34,1.41,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'46','12110047','推荐',126,4.72,375,4.92,4.99,1.39,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'46','12110048','历史',68,2.55,170,2.23,2.36,1.45,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'48','',NULL,53,1.99,122,1.6,1.55,1.34,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'48','12500000','多任务',53,1.99,122,1.6,1.55,1.34,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'6','',NULL,22,0.82,94,1.23,1.18,1.32,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263713,'6','12300000','桌面快捷',22,0.82,94,1.23,1.18,1.32,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'','',NULL,4,0.25,27,0.57,0.57,1.37,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'10','',NULL,12,0.74,32,0.68,0.87,1.75,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'10','0','其他',12,0.74,32,0.68,0.87,1.75,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'13','',NULL,58,3.56,169,3.58,3.46,1.33,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'13','11600000','分享',58,3.56,169,3.58,3.46,1.33,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'37','',NULL,581,35.69,1694,35.9,36.03,1.38,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'37','10810008','自然结果',137,8.42,432,9.15,8.71,1.3,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'37','10810012','搜索词推荐直达',203,12.47,609,12.91,13.16,1.4,51.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'37','10810014','小程序单卡',217,13.33,578,12.25,12.42,1.39,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'37','10810083','小程序tab',24,1.47,75,1.59,1.75,1.51,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'39','',NULL,677,41.58,1941,41.13,40.59,1.35,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'39','11010018','闪投',86,5.28,283,6.0,6.11,1.4,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'39','11010020','原生',591,36.3,1658,35.13,34.48,1.34,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'40','',NULL,14,0.86,59,1.25,1.33,1.46,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'40','11110029','百家号文章挂载',14,0.86,59,1.25,1.33,1.46,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'44','',NULL,18,1.11,48,1.02,0.93,1.25,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'44','11700000','小程序',18,1.11,48,1.02,0.93,1.25,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'45','',NULL,99,6.08,277,5.87,5.71,1.33,51.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'45','12010042','智能小程序',18,1.11,61,1.29,1.31,1.39,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'45','12010044','顶部横滑模块',68,4.18,177,3.75,3.63,1.33,50.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'45','12010045','历史',13,0.8,39,0.83,0.76,1.26,49.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'46','',NULL,123,7.56,343,7.27,7.72,1.45,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'46','12110047','推荐',92,5.65,247,5.23,5.5,1.44,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'46','12110048','历史',31,1.9,96,2.03,2.21,1.49,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'48','',NULL,19,1.17,64,1.36,1.35,1.36,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'48','12500000','多任务',19,1.17,64,1.36,1.35,1.36,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'6','',NULL,23,1.41,65,1.38,1.45,1.45,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263714,'6','12300000','桌面快捷',23,1.41,65,1.38,1.45,1.45,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'','',NULL,7,0.78,22,0.82,0.73,1.23,49.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'10','',NULL,5,0.56,20,0.75,0.89,1.65,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'10','0','其他',5,0.56,20,0.75,0.89,1.65,57.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'13','',NULL,19,2.11,74,2.76,2.86,1.43,49.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'13','11600000','分享',19,2.11,74,2.76,2.86,1.43,49.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'37','',NULL,323,35.93,986,36.78,37.08,1.39,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'37','10810008','自然结果',78,8.68,229,8.54,8.88,1.44,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'37','10810012','搜索词推荐直达',135,15.02,405,15.11,14.46,1.32,56.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'37','10810014','小程序单卡',100,11.12,313,11.67,12.22,1.45,50.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'37','10810083','小程序tab',10,1.11,39,1.45,1.51,1.44,50.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'39','',NULL,374,41.6,1070,39.91,39.21,1.36,51.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'39','11010018','闪投',66,7.34,163,6.08,6.1,1.39,54.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'39','11010020','原生',308,34.26,907,33.83,33.11,1.35,50.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'40','',NULL,21,2.34,55,2.05,1.94,1.31,47.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'40','11110029','百家号文章挂载',21,2.34,55,2.05,1.94,1.31,47.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'44','',NULL,11,1.22,29,1.08,1.05,1.34,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'44','11700000','小程序',11,1.22,29,1.08,1.05,1.34,59.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'45','',NULL,54,6.01,158,5.89,6.04,1.42,50.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'45','12010042','智能小程序',14,1.56,42,1.57,1.65,1.45,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'45','12010044','顶部横滑模块',32,3.56,94,3.51,3.56,1.4,49.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'45','12010045','历史',8,0.89,22,0.82,0.84,1.41,51.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'46','',NULL,55,6.12,192,7.16,7.53,1.45,53.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'46','12110047','推荐',43,4.78,123,4.59,4.83,1.46,49.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'46','12110048','历史',12,1.33,69,2.57,2.7,1.45,60.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'48','',NULL,15,1.67,39,1.45,1.43,1.36,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'48','12500000','多任务',15,1.67,39,1.45,1.43,1.36,55.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'6','',NULL,15,1.67,36,1.34,1.24,1.28,58.0);
INSERT INTO "source" VALUES('2026-11-22',15263715,'6','12300000','桌面快捷',15,1.67,36,1.34,1.24,1.28,58.0);
CREATE TABLE terminal (period TEXT NOT NULL, app_id INTEGER NOT NULL, terminal_type TEXT NOT NULL, name TEXT NOT NULL, accumulative_session_count INTEGER, accumulative_session_count_ratio REAL, accumulative_new_user_count_ratio REAL, accumulative_user_count_ratio REAL, average_use_time REAL, PRIMARY KEY (period, app_id, terminal_type, name)) STRICT, WITHOUT ROWID;
CREATE TABLE tp_data (period TEXT NOT NULL, scene TEXT NOT NULL, tp_day_app_count INTEGER, tp_week_app_count INTEGER, tp_month_app_count INTEGER, tp_day_user_count INTEGER, tp_week_user_count INTEGER, tp_month_user_count INTEGER, tp_day_new_user_count INTEGER, tp_week_new_user_count INTEGER, tp_month_new_user_count INTEGER, tp_day_session_count INTEGER, tp_week_session_count INTEGER, tp_month_session_count INTEGER, tp_day_page_count INTEGER, tp_activity_degree REAL, tp_session_time_per_person REAL, tp_session_time_per_day REAL, tp_day_share_count INTEGER, tp_day_back_flow_count INTEGER, PRIMARY KEY (period, scene)) STRICT, WITHOUT ROWID;
INSERT INTO "tp_data" VALUES('2026-11-22','',3,3,3,14824,79613,271917,5196,40928,173501,20658,163738,694421,49480,5.45,77.0,55.0,620,248);
CREATE TABLE unconfirmed (
    report TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
    dimensions TEXT NOT NULL, field TEXT NOT NULL, read_at TEXT NOT NULL, missing_at TEXT NOT NULL,
    PRIMARY KEY (report, period, app_id, dimensions, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_trend (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
INSERT INTO "user_trend" VALUES('2026-11-22',15263713,2669,35.49,4851,64.51,7520,10485,56.0,78.0);
INSERT INTO "user_trend" VALUES('2026-11-22',15263714,1628,34.95,3030,65.05,4658,6467,55.0,77.0);
INSERT INTO "user_trend" VALUES('2026-11-22',15263715,899,33.98,1747,66.02,2646,3706,52.0,73.0);
CREATE TABLE user_trend_hour (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE user_trend_month (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE user_trend_week (period TEXT NOT NULL, app_id INTEGER NOT NULL, new_user_count INTEGER, new_user_ratio REAL, old_user_count INTEGER, old_user_ratio REAL, user_count INTEGER, session_count INTEGER, average_session_time REAL, session_time_per_person REAL, PRIMARY KEY (period, app_id)) STRICT, WITHOUT ROWID;
CREATE TABLE visit_attribute (period TEXT NOT NULL, app_id INTEGER NOT NULL, attribute TEXT NOT NULL, name TEXT NOT NULL, attribute_id TEXT, count_ratio REAL, PRIMARY KEY (period, app_id, attribute, name)) STRICT, WITHOUT ROWID;
CREATE TABLE visit_character (period TEXT NOT NULL, app_id INTEGER NOT NULL, character_type TEXT NOT NULL, name TEXT NOT NULL, user_count INTEGER, user_count_ratio REAL, session_count INTEGER, session_count_ratio REAL, PRIMARY KEY (period, app_id, character_type, name)) STRICT, WITHOUT ROWID;
CREATE TABLE visit_page (period TEXT NOT NULL, app_id INTEGER NOT NULL, page_id TEXT NOT NULL, page TEXT, alias TEXT, pv_count INTEGER, pv_ratio REAL, pv_user_count INTEGER, average_stay_time REAL, stay_time_ratio REAL, bounce_ratio REAL, entry_count INTEGER, exit_count INTEGER, PRIMARY KEY (period, app_id, page_id)) STRICT, WITHOUT ROWID;
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'',NULL,NULL,24799,100.0,17781,26.0,100.0,42.34,10485,10501);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'10686226854662655346','pages/search/search','',1794,7.23,1289,15.0,4.25,29.71,510,533);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'12061205557674380996','pages/pay/result','',858,3.46,625,19.0,2.52,61.54,106,528);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'1491637530650206300','pages/detail/detail','',4897,19.75,3561,41.0,31.07,53.13,1791,2602);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'15244762888370215523','pages/mine/mine','',1298,5.23,926,25.0,5.03,44.22,386,574);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'17540109059125975596','pages/list/list','',4656,18.77,3325,17.0,12.28,35.63,1369,1659);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'3553007289545599609','pages/index/index','首页',9735,39.26,6930,20.0,30.77,37.81,5995,3681);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'4353255911085126','pages/checkout/index','结算',1212,4.89,867,59.0,11.11,61.63,230,747);
INSERT INTO "visit_page" VALUES('2026-11-22',15263713,'7943968303227932643','pages/help/help','',349,1.41,258,55.0,2.96,50.72,98,177);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'',NULL,NULL,15690,100.0,11271,26.0,100.0,41.16,6467,6458);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'18382957313751233651','pages/mine/mine','',800,5.1,577,24.0,4.61,43.0,233,344);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'2159578539260844806','pages/checkout/index','结算',777,4.95,557,64.0,12.1,43.11,108,335);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'437531354345502788','pages/index/index','首页',6121,39.01,4408,21.0,31.37,38.0,3716,2326);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'5635958406510691698','pages/help/help','',234,1.49,173,57.0,3.23,55.98,66,131);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'5792319643375806090','pages/search/search','',1144,7.29,845,15.0,4.23,28.93,324,331);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'5798505813745707592','pages/detail/detail','',3100,19.76,2201,40.0,30.04,50.55,1102,1567);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'8496081563078838547','pages/pay/result','',553,3.52,382,19.0,2.53,60.94,57,337);
INSERT INTO "visit_page" VALUES('2026-11-22',15263714,'900749211472501836','pages/list/list','',2961,18.87,2128,17.0,11.9,36.71,861,1087);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'',NULL,NULL,8991,100.0,6466,26.0,100.0,41.39,3706,3721);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'10814706859589475192','pages/checkout/index','结算',465,5.17,318,62.0,12.07,42.37,68,197);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'10906882170416329478','pages/help/help','',119,1.32,79,52.0,2.59,42.02,28,50);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'11673056881053137315','pages/detail/detail','',1704,18.95,1205,43.0,30.68,51.64,643,880);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'15361058778232653482','pages/pay/result','',307,3.41,235,19.0,2.42,63.52,29,195);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'15823800257853427900','pages/search/search','',673,7.49,485,15.0,4.38,29.87,185,201);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'5677923527045559782','pages/mine/mine','',481,5.35,353,23.0,4.62,41.79,147,201);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'5780834719279745718','pages/list/list','',1715,19.07,1254,16.0,11.74,35.34,495,606);
INSERT INTO "visit_page" VALUES('2026-11-22',15263715,'9924743041376510848','pages/index/index','首页',3527,39.23,2537,21.0,31.51,39.44,2111,1391);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX alerts_of_rule ON alerts (rule, period);
CREATE INDEX alerts_open ON alerts (rule)
        WHERE state IN ('pending', 'firing', 'recovering', 'stale');
CREATE INDEX held_waiting ON held (alert) WHERE waiting;
CREATE INDEX outbox_waiting ON outbox (next_try)
        WHERE state IN ('queued', 'sending', 'retry');
CREATE INDEX outbox_bundle ON outbox (bundle) WHERE bundle IS NOT NULL;
COMMIT;
