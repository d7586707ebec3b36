"""Does a VaR hold what it says? Tests of exceptions, of expected shortfall, and a run of models over a history."""
