-- Hypertables where TimescaleDB can be had, nothing where it can't. The loader's setting exists only in a server that
-- preloads the library; without it CREATE EXTENSION would end the session.
DO $$
DECLARE
    name text;
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions e WHERE e.name = 'timescaledb')
       AND current_setting('timescaledb.disable_load', true) IS NOT NULL THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY ARRAY['decisions', 'orders', 'fills', 'order_closes', 'risk_metrics', 'risk_alerts',
                                'circuit_breaker_events', 'stress_test_results', 'var_calculations',
                                'var_backtests'] LOOP
        PERFORM create_hypertable(name::regclass, 'time', chunk_time_interval => INTERVAL '7 days',
                                  create_default_indexes => false, if_not_exists => true);
    END LOOP;
END $$;
