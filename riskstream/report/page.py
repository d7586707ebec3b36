"""A tear sheet as HTML: one file, no script, nothing from elsewhere. Well-formed XML too.

Every figure of a table stands in a ``data`` element whose ``value`` has all its digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from risk.performance.available import NotAvailable
from riskstream.figures import figure
from riskstream.report.charts import correlation_chart, drawdown_chart, stress_chart, var_chart
from riskstream.report.contents import TearSheet, VarAgainstPnl
from riskstream.report.metrics import DAYS, MONEY, RATIO, SHARE, Metric

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2933;background:#fff;max-width:820px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .4rem}p{margin:.3rem 0;color:#52606d}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .5rem;border-bottom:1px solid #e4e7eb;font-weight:400}
th{color:#52606d}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.absent{color:#7b8794}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:#52606d}svg .small{font-size:9px}
svg .cell{font-size:9px;fill:#1f2933}svg .light{fill:#fff}.grid{stroke:#e4e7eb}.pnl{fill:#9fb3c8}
.var{fill:none;stroke:#243b53;stroke-width:1.5}.exception{fill:#c0392b}.area{opacity:.75}.loss{fill:#c0392b}
.gain{fill:#2d8659}#metrics table{margin-bottom:1rem;break-inside:avoid}#metrics th{color:#1f2933;font-weight:600}
#stress td:last-child{font-size:.85em;color:#52606d}#beside td:first-child{white-space:nowrap;vertical-align:top}
.unit{width:3rem;color:#7b8794}td .absent{font-size:.85em}@media(min-width:700px){#metrics{columns:2;column-gap:2rem}}
"""


def render(sheet: TearSheet) -> str:
    """The page."""
    first, last = str(sheet.days[0])[:10], str(sheet.days[-1])[:10]
    title = f"Risk of {escape(sheet.name)}, {last}"
    head = (
        f"<h1>{title}</h1><p>What the positions of {last} would have done from {first} on, {len(sheet.days):,} "
        f"trading days. Equity {_data('equity', sheet.equity, figure(sheet.equity))}, money in the account's "
        "currency. Losses are positive.</p>"
    )
    body = head + "".join(
        (
            _section("Metrics", _metrics(sheet.metrics)),
            _section("Drawdown, per cent below the peak", drawdown_chart(sheet.drawdown)),
            _section(f"Daily P&amp;L against VaR at {sheet.confidence:.1%}, money", _var(sheet.var)),
            _section("Stress losses, money", stress_chart(sheet.stress) + _stress(sheet)),
            _section(
                "Correlation of daily returns",
                correlation_chart(sheet.correlation) if len(sheet.correlation) else "<p>nothing is held</p>",
            ),
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head><meta charset="utf-8"/>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>{body}</body>\n</html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>\n"


def _metrics(groups: Mapping[str, Iterable[Metric]]) -> str:
    tables = "".join(
        f"<table><thead><tr><th colspan='2'>{escape(heading)}</th><th></th></tr></thead><tbody>"
        f"{''.join(map(_metric, group))}</tbody></table>"
        for heading, group in groups.items()
    )
    return f'<div id="metrics">{tables}</div>'


def _metric(metric: Metric) -> str:
    note = f'<br/><span class="absent">{escape(metric.note)}</span>' if metric.note else ""
    label = f"<td>{escape(metric.label)}{note}</td>"
    if isinstance(metric.value, NotAvailable):
        return f'<tr>{label}<td class="absent" colspan="2">not available: {escape(metric.value.reason)}</td></tr>'
    figure = _data(metric.key, metric.value, shown(metric.value, metric.unit))
    unit = "" if metric.unit in {RATIO, DAYS} else escape(metric.unit)
    return f'<tr>{label}<td class="number">{figure}</td><td class="unit">{unit}</td></tr>'


def shown(value: float, unit: str) -> str:
    """A figure as it is printed: shares in per cent, money whole, ratios with three decimals; days whole, or less than
    one with two."""
    if unit == SHARE:
        return figure(100 * value, ",.2f")
    if unit == DAYS and 0.0 < value < 1.0:
        return f"{value:.2f}" if value >= 0.01 else "<0.01"
    return figure(value, ",.0f" if unit in {MONEY, DAYS} else ",.3f")


def _var(found: VarAgainstPnl | NotAvailable) -> str:
    if isinstance(found, NotAvailable):
        return f'<p class="absent">not available: {escape(found.reason)}</p>'
    count = int(found.exceeded.sum())
    return (
        var_chart(found)
        + f"<p>{_data('exceptions', count, str(count))} exception{'s' * (count != 1)} (red) in {len(found.pnl):,} "
        f"days, {found.expected:.1f} expected; Kupiec's p-value "
        f"{_data('kupiec_p', found.p_value, f'{found.p_value:.3f}')}. Filtered historical simulation, each day's "
        "from the days before.</p>"
    )


def _stress(sheet: TearSheet) -> str:
    shares = {name: figure(100 * loss / sheet.equity, ",.1f") for name, loss in sheet.stress.items()}
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="number">{_data(f"stress:{name}", loss, figure(loss))}</td>'
        f'<td class="number">{shares[name]}</td><td>{escape(sheet.stress.sources[name])}</td></tr>'
        for name, loss in sheet.stress.items()
    )
    beside = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(found)}</td></tr>" for name, found in sheet.stress.findings()
    )
    return (
        '<table id="stress"><thead><tr><th>scenario</th><th class="number">loss, money</th>'
        f'<th class="number">% of equity</th><th>shocks</th></tr></thead><tbody>{rows}</tbody></table>'
        f'<h2>Beside the scenarios</h2><table id="beside"><tbody>{beside}</tbody></table>'
    )


def _data(key: str, value: float, shown: str) -> str:
    return f'<data id="{escape(key)}" value="{value!r}">{escape(shown)}</data>'
