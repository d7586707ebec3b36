"""Value at risk and expected shortfall of a book, one method a file.

:func:`risk.var.methods.value_at_risk` is the call, :data:`risk.var.methods.METHODS` the registry,
:class:`risk.var.incremental.ScenarioBook` the streaming form of historical and filtered historical VaR.

How each method reaches h days:

- ``parametric_normal``, ``parametric_t``: sample and EWMA covariance times h, GARCH by the sum of its forecasts
- ``cornish_fisher``: sigma times sqrt(h), skewness by sqrt(h) and excess kurtosis by h less
- ``historical``: one day times sqrt(h), or overlapping windows of h days; ``age_weighted``, ``extreme_value``: sqrt(h)
- ``filtered_historical``: simulated paths whose volatility follows the recursion
- ``monte_carlo``: normal by the h-day covariance, Student-t by the sum of h days, bootstrap by paths

Returns add up over days and exposures stay constant in money. Losses are positive, and locations are zero where a
method assumes one.
"""
