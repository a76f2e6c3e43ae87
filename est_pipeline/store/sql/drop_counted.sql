-- Takes away what was kept to compare two moments. Gives no result.
DROP TABLE IF EXISTS counted_report;
DROP TABLE IF EXISTS counted_now;
DROP TABLE IF EXISTS outcome_now;
DROP TABLE IF EXISTS replacement_now;
DROP TABLE IF EXISTS cut_now;
