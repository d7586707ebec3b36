"""Data of the demo. Prices are real; what is assumed is said to be (``NOTICE`` beside this file names the origin).

- ``sp500_dataset.csv.gz``: adjusted daily closes of 20 US stocks, 1990-01-02 to 2022-12-28, real, 3 decimals;
- ``sp500_index.csv.gz``: closes of the S&P 500 of the same days, real;
- ``instruments.jsonl``: sector as by GICS; average daily volume and spread are **assumed**, as each ``note`` says.
  ``NEWCO`` and ``RSTR`` are invented: one has no price, the other is on the restricted list;
- ``accounts.jsonl``: invented.

The VIX up to 2019-01-03 and the index's volume up to 2018-12-31 come with the package ``arch``; for later days see
:mod:`riskstream.demo.history`, which states the stand-ins.
"""
