"""The fewest observations that a metric is given from by default; fewer give a reason in its place.

Each metric's ``observations_min`` begins as one of these, here and in the stream. A caller may ask for more, or for
fewer, down to what the formula needs.
"""

#: A drawdown, growth, hit rate, ulcer index and downside deviation describe what there was, however short.
DESCRIPTION_MIN = 1
#: Volatility and tracking error: no spread of one.
DEVIATION_MIN = 2
#: Ratios (Sharpe, Sortino, Calmar, Omega, Treynor, information, tail), slopes and intercepts (beta, alpha, Jensen) and
#: correlations: the standard error of a Sharpe ratio of n days is about sqrt(252 / n) a year, 3.5 of 20 and 11 of two.
RATIO_MIN = 20
#: Skewness and excess kurtosis: standard errors of about sqrt(6 / n) and sqrt(24 / n), 0.4 and 0.9 of 30.
MOMENT_MIN = 30
