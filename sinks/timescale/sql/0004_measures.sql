-- What the days of a backtest say by other tests than a count: p-values of Kupiec and Christoffersen, Z1 and Z2 of Acerbi
-- and Szekely, the mean quantile loss. Null: too few days.
ALTER TABLE var_backtests
    ADD COLUMN kupiec_p       double precision,
    ADD COLUMN independence_p double precision,
    ADD COLUMN coverage_p     double precision,
    ADD COLUMN z1             double precision,
    ADD COLUMN z2             double precision,
    ADD COLUMN quantile_loss  double precision;

-- How concentrated and how liquid a book is, what its daily returns say, and why the rest of that is not there.
ALTER TABLE risk_metrics
    ADD COLUMN herfindahl           double precision,
    ADD COLUMN effective_positions  double precision,
    ADD COLUMN top5_share           double precision,
    ADD COLUMN days_to_liquidate    double precision,
    ADD COLUMN liquidation_cost     numeric,
    ADD COLUMN market_correlation   double precision,
    ADD COLUMN market_largest_share double precision,
    ADD COLUMN performance          jsonb,
    ADD COLUMN unavailable          jsonb,
    ADD COLUMN partition            integer,
    ADD COLUMN seq                  bigint;

-- The record of the journal up to which the figures are of.
ALTER TABLE stress_test_results
    ADD COLUMN partition integer,
    ADD COLUMN seq       bigint;
ALTER TABLE var_calculations
    ADD COLUMN partition integer,
    ADD COLUMN seq       bigint;
