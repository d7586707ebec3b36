"""REST, server-sent events and the live page. Reads what leaves the workers; nothing here decides anything."""
