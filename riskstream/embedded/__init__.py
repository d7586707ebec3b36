"""A Kafka broker, a PostgreSQL and child processes that live and die with this one: for the demo and for tests."""
