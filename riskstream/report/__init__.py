"""A tear sheet of a portfolio as one HTML file that needs nothing beside it.

:func:`riskstream.report.contents.tear_sheet` gathers the numbers, :func:`riskstream.report.page.render` shows them.
"""
