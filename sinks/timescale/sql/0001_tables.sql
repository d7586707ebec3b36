-- Plain tables. The first columns of a primary key name a row's source, `time` is last because a hypertable needs it there.
-- `time` is when a row entered the journal (or was measured), in microseconds; `time_ns` is the same instant, exact.
-- Money and quantities are NUMERIC, which holds every decimal exactly; ratios and statistics are double precision.

CREATE TABLE reader_cursors (
    reader      text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    epoch       bigint      NOT NULL,
    owner       bytea       NOT NULL,
    seq         bigint      NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reader, topic, partition)
);
COMMENT ON TABLE reader_cursors IS 'where each reader goes on; written in the same transaction as the rows';

-- One row a decision. `body` is the record of the journal byte by byte, `evidence` the same as JSON that can be queried.
CREATE TABLE decisions (
    partition           integer          NOT NULL,
    seq                 bigint           NOT NULL,
    "time"              timestamptz      NOT NULL,
    time_ns             bigint           NOT NULL,
    journal_offset      bigint           NOT NULL,
    order_id            text             NOT NULL,
    account_id          text             NOT NULL,
    symbol              text,
    status              text             NOT NULL,
    reason              text             NOT NULL,
    fix_ord_rej_reason  integer,
    text                text             NOT NULL,
    score               double precision NOT NULL,
    max_quantity        numeric          NOT NULL,
    reserved_quantity   numeric,
    reducing            boolean          NOT NULL,
    dry_run             boolean          NOT NULL,
    repeat              boolean          NOT NULL,
    preset              text             NOT NULL,
    limits_version      bigint           NOT NULL,
    market_version      bigint           NOT NULL,
    evidence            jsonb            NOT NULL,
    body                bytea            NOT NULL,
    PRIMARY KEY (partition, seq, "time")
);
CREATE INDEX decisions_account ON decisions (account_id, "time" DESC, partition DESC, seq DESC);
CREATE INDEX decisions_order ON decisions (order_id, "time" DESC);

-- Requests, replaces and cancels as they were decided; (partition, seq) is the id of the decision on them.
CREATE TABLE orders (
    partition           integer     NOT NULL,
    seq                 bigint      NOT NULL,
    "time"              timestamptz NOT NULL,
    time_ns             bigint      NOT NULL,
    event_time          timestamptz NOT NULL,
    event_time_ns       bigint      NOT NULL,
    kind                text        NOT NULL,
    order_id            text        NOT NULL,
    original_order_id   text,
    parent_order_id     text,
    account_id          text        NOT NULL,
    strategy_id         text,
    trader_id           text,
    symbol              text,
    side                text,
    order_type          text,
    quantity            numeric,
    limit_price         numeric,
    stop_price          numeric,
    time_in_force       text,
    reduce_only         boolean     NOT NULL,
    dry_run             boolean     NOT NULL,
    repeat              boolean     NOT NULL,
    status              text        NOT NULL,
    PRIMARY KEY (partition, seq, "time")
);
CREATE INDEX orders_account ON orders (account_id, "time" DESC);
CREATE INDEX orders_order ON orders (order_id, "time" DESC);

-- `item` is the place of a fill or a close within its journal record.
CREATE TABLE fills (
    partition       integer     NOT NULL,
    seq             bigint      NOT NULL,
    item            integer     NOT NULL,
    "time"          timestamptz NOT NULL,
    time_ns         bigint      NOT NULL,
    event_time      timestamptz NOT NULL,
    event_time_ns   bigint      NOT NULL,
    fill_id         text        NOT NULL,
    order_id        text        NOT NULL,
    account_id      text        NOT NULL,
    symbol          text        NOT NULL,
    side            text        NOT NULL,
    quantity        numeric     NOT NULL,
    price           numeric     NOT NULL,
    commission      numeric     NOT NULL,
    PRIMARY KEY (partition, seq, item, "time")
);
CREATE INDEX fills_account ON fills (account_id, "time" DESC);
CREATE INDEX fills_order ON fills (order_id, "time" DESC);

CREATE TABLE order_closes (
    partition       integer     NOT NULL,
    seq             bigint      NOT NULL,
    item            integer     NOT NULL,
    "time"          timestamptz NOT NULL,
    time_ns         bigint      NOT NULL,
    event_time      timestamptz NOT NULL,
    event_time_ns   bigint      NOT NULL,
    order_id        text        NOT NULL,
    account_id      text        NOT NULL,
    reason          text        NOT NULL,
    text            text        NOT NULL,
    PRIMARY KEY (partition, seq, item, "time")
);
CREATE INDEX order_closes_order ON order_closes (order_id, "time" DESC);

-- The columns are the fields of the event of the same name; NULL: the figure was not available.
CREATE TABLE risk_metrics (
    account_id           text             NOT NULL,
    "time"               timestamptz      NOT NULL,
    time_ns              bigint           NOT NULL,
    equity               numeric          NOT NULL,
    cash                 numeric          NOT NULL,
    gross_exposure       numeric          NOT NULL,
    net_exposure         numeric          NOT NULL,
    leverage             double precision NOT NULL,
    realised_pnl         numeric          NOT NULL,
    unrealised_pnl       numeric          NOT NULL,
    start_of_day_equity  numeric          NOT NULL,
    peak_equity          numeric          NOT NULL,
    daily_loss           double precision NOT NULL,
    drawdown             double precision NOT NULL,
    var_parametric       numeric,
    var_historical       numeric,
    expected_shortfall   numeric,
    var_limit            numeric,
    confidence           double precision NOT NULL,
    stress_loss          numeric,
    stress_scenario      text             NOT NULL,
    volatility           double precision,
    average_correlation  double precision,
    turbulence           double precision,
    vix                  double precision,
    breakers             jsonb            NOT NULL,
    exposures            jsonb            NOT NULL,
    limits_version       bigint           NOT NULL,
    PRIMARY KEY (account_id, "time")
);

CREATE TABLE risk_alerts (
    alert_id    text        NOT NULL,
    "time"      timestamptz NOT NULL,
    time_ns     bigint      NOT NULL,
    account_id  text        NOT NULL,
    severity    text        NOT NULL,
    category    text        NOT NULL,
    text        text        NOT NULL,
    PRIMARY KEY (alert_id, "time")
);
CREATE INDEX risk_alerts_account ON risk_alerts (account_id, "time" DESC);

CREATE TABLE circuit_breaker_events (
    event_id    text             NOT NULL,
    "time"      timestamptz      NOT NULL,
    time_ns     bigint           NOT NULL,
    account_id  text             NOT NULL,
    breaker     text             NOT NULL,
    level_from  text             NOT NULL,
    level_to    text             NOT NULL,
    trigger     text             NOT NULL,
    measure     double precision NOT NULL,
    "limit"     double precision NOT NULL,
    equity      numeric          NOT NULL,
    PRIMARY KEY (event_id, "time")
);
CREATE INDEX circuit_breaker_events_account ON circuit_breaker_events (account_id, "time" DESC);

CREATE TABLE stress_test_results (
    account_id  text        NOT NULL,
    scenario    text        NOT NULL,
    "time"      timestamptz NOT NULL,
    time_ns     bigint      NOT NULL,
    pnl         numeric     NOT NULL,
    PRIMARY KEY (account_id, scenario, "time")
);

CREATE TABLE var_calculations (
    account_id          text             NOT NULL,
    method              text             NOT NULL,
    confidence          double precision NOT NULL,
    "time"              timestamptz      NOT NULL,
    time_ns             bigint           NOT NULL,
    horizon_days        integer          NOT NULL,
    value_at_risk       numeric          NOT NULL,
    expected_shortfall  numeric          NOT NULL,
    observations        integer          NOT NULL,
    PRIMARY KEY (account_id, method, confidence, "time")
);

-- One row a day and account: did it lose more than its VaR, and what of the Basel traffic light follows.
CREATE TABLE var_backtests (
    backtest_id         text             NOT NULL,
    "time"              timestamptz      NOT NULL,
    time_ns             bigint           NOT NULL,
    account_id          text             NOT NULL,
    method              text             NOT NULL,
    confidence          double precision NOT NULL,
    observations        integer          NOT NULL,
    exceptions          integer          NOT NULL,
    exceeded            boolean          NOT NULL,
    zone                text             NOT NULL,
    scale               double precision NOT NULL,
    PRIMARY KEY (backtest_id, "time")
);

-- Where the server was built with lz4, the two large columns cost half the time to compress.
DO $$
BEGIN
    IF (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') THEN
        ALTER TABLE decisions ALTER evidence SET COMPRESSION lz4, ALTER body SET COMPRESSION lz4;
    END IF;
END $$;
