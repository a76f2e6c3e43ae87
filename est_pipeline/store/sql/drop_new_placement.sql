-- Takes away what placing rows anew needed. Gives no result.
DROP TABLE new_placement;
