-- What the days of a backtest say by other tests than a count: p-values of Kupiec and Christoffersen, Z1 and Z2 of Acerbi
-- and Szekely, the mean quantile loss. Null: too few days.
ALTER TABLE var_backtests
    ADD COLUMN kupiec_p       double precision,
    ADD COLUMN independence_p double precision,
    ADD COLUMN coverage_p     double precision,
    ADD COLUMN z1             double precision,
    ADD COLUMN z2             double precision,
    ADD COLUMN quantile_loss  double precision;
