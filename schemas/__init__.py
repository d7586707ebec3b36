"""The words of the system: events, records, reasons, topics and their codec. Pure: no clock, no I/O."""
