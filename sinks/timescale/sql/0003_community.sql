-- What only TimescaleDB's Community edition has: compression, retention, a continuous aggregate. Never run in the Apache-2
-- edition, nor on plain PostgreSQL.
-- Compression waits 30 days: a row that is delivered again must not meet a compressed chunk, and topics keep 7 days.
-- Retention drops measured series alone, after 10 years; decisions, orders, fills, alerts and breaker events stay.
DO $$
DECLARE
    setup record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
       OR current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
        RETURN;
    END IF;
    FOR setup IN SELECT * FROM (VALUES
        ('decisions', 'account_id', '"time" DESC, partition, seq DESC'),
        ('orders', 'account_id', '"time" DESC, partition, seq DESC'),
        ('fills', 'account_id', '"time" DESC, partition, seq DESC, item'),
        ('order_closes', 'account_id', '"time" DESC, partition, seq DESC, item'),
        ('risk_metrics', 'account_id', '"time" DESC'),
        ('stress_test_results', 'account_id, scenario', '"time" DESC'),
        ('var_calculations', 'account_id, method, confidence', '"time" DESC'),
        ('var_backtests', 'account_id', '"time" DESC')) AS v(name, segment, sorting)
    LOOP
        EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = %L, '
                       'timescaledb.compress_orderby = %L)', setup.name, setup.segment, setup.sorting);
        PERFORM add_compression_policy(setup.name::regclass, INTERVAL '30 days', if_not_exists => true);
        IF setup.name IN ('risk_metrics', 'stress_test_results', 'var_calculations', 'var_backtests') THEN
            PERFORM add_retention_policy(setup.name::regclass, INTERVAL '10 years', if_not_exists => true);
        END IF;
    END LOOP;
    EXECUTE 'CREATE MATERIALIZED VIEW decisions_hourly WITH (timescaledb.continuous) AS '
            'SELECT time_bucket(INTERVAL ''1 hour'', "time") AS hour, account_id, status, reason, count(*) AS decisions '
            'FROM decisions WHERE NOT dry_run AND NOT repeat GROUP BY 1, 2, 3, 4 WITH NO DATA';
    PERFORM add_continuous_aggregate_policy('decisions_hourly', start_offset => INTERVAL '3 days',
                                            end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '1 hour',
                                            if_not_exists => true);
END $$;
