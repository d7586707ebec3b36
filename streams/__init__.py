"""Kafka, Faust and wall-clock time: all between the topics and the pure core. Importing it loads none of them."""
