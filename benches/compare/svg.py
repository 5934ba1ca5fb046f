"""Plots as SVG, without a library: bars and lines on logarithmic axes."""

import math
from html import escape

COLORS = ["#0b6e4f", "#e07a1f", "#3b6fb6", "#a23b72", "#6b6b6b", "#8a6d00"]
OWN, OTHER, INK, FAINT = COLORS[0], "#9aa5b1", "#222222", "#dddddd"
FONT = "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\""


def text(x, y, words, size=12, anchor="start", color=INK, extra=""):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{color}" {extra}>'
        f"{escape(words)}</text>"
    )


def line(x1, y1, x2, y2, color=FAINT):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def document(width, height, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {FONT}>'
    # A white background, because the page may be dark.
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *parts, "</svg>", ""])


def number(value):
    """Formats a number with three significant digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def scale(low, high, start, end):
    """Returns the function from a value to its position on a logarithmic axis."""
    low, high = math.log10(low), math.log10(high)
    return lambda value: start + (math.log10(value) - low) / (high - low) * (end - start)


def decades(values):
    """Returns the exponents of the powers of ten just below and above the values."""
    return math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)


def bars(title, note, panels, names, own):
    """Draws one row per name and one panel per quantity. `panels` are (label, values); `own` are the names to highlight."""
    label, panel, gap, row, top = 255, 300, 80, 26, 92
    width = label + len(panels) * (panel + gap)
    bottom = top + row * len(names)
    parts = [text(16, 28, title, 17, extra='font-weight="bold"'), text(16, 50, note, 12, color="#555555")]
    for index, name in enumerate(names):
        weight = 'font-weight="bold"' if name in own else ""
        parts.append(text(label - 10, top + row * index + 17, name, 13, "end", extra=weight))
    for index, (quantity, values) in enumerate(panels):
        left = label + index * (panel + gap)
        low, high = decades(values)
        # Keep the bar of the smallest value visible.
        if math.log10(min(values)) - low < 0.15:
            low -= 1
        place = scale(10**low, 10**high, left, left + panel)
        parts.append(text(left, top - 14, quantity, 13, extra='font-weight="bold"'))
        for power in range(low, high + 1):
            x = place(10**power)
            parts.append(line(x, top, x, bottom))
            parts.append(text(x, bottom + 18, number(10**power), 11, "middle", "#555555"))
        for at, (name, value) in enumerate(zip(names, values)):
            y, x = top + row * at, place(value)
            color = OWN if name in own else OTHER
            parts.append(f'<rect x="{left}" y="{y + 4}" width="{x - left:.1f}" height="{row - 8}" fill="{color}"/>')
            # A white outline keeps the number readable on a grid line.
            halo = 'stroke="#ffffff" stroke-width="4" paint-order="stroke"'
            parts.append(text(x + 6, y + 17, number(value), 12, extra=halo))
    return document(width, bottom + 34, parts)


def lines(title, note, charts, columns, shown):
    """Draws a grid of charts. A chart is (title, x label, y label, series); `series` maps names to points (x, y).

    `shown` formats the x values of each chart.
    """
    chart_width, chart_height, left, top, right, bottom = 400, 290, 62, 34, 18, 52
    head = 66
    names = list(dict.fromkeys(name for *_, series in charts for name in series))
    color = {name: COLORS[index % len(COLORS)] for index, name in enumerate(names)}
    rows = -(-len(charts) // columns)
    parts = [text(16, 28, title, 17, extra='font-weight="bold"'), text(16, 50, note, 12, color="#555555")]
    for index, (name, x_label, y_label, series) in enumerate(charts):
        x0 = (index % columns) * chart_width + left
        y0 = head + (index // columns) * chart_height + top
        x1, y1 = x0 + chart_width - left - right, y0 + chart_height - top - bottom
        points = [point for own in series.values() for point in own]
        xs = sorted({x for x, _ in points})
        across = scale(xs[0], xs[-1], x0 + 8, x1 - 8)
        low, high = decades([y for _, y in points])
        high = max(high, low + 1)
        up = scale(10**low, 10**high, y1, y0)
        parts.append(text(x0, y0 - 12, name, 13, extra='font-weight="bold"'))
        for power in range(low, high + 1):
            parts.append(line(x0, up(10**power), x1, up(10**power)))
            parts.append(text(x0 - 6, up(10**power) + 4, number(10**power), 11, "end", "#555555"))
        last = math.inf
        for x in reversed(xs):
            # Skip labels that would overlap. The last one is always drawn.
            if last - across(x) >= 44:
                last = across(x)
                parts.append(text(last, y1 + 16, shown[index](x), 10, "middle", "#555555"))
            parts.append(line(across(x), y1, across(x), y1 + 4, "#888888"))
        parts.append(line(x0, y1, x1, y1, "#888888"))
        parts.append(text((x0 + x1) / 2, y1 + 34, x_label, 12, "middle"))
        middle = (y0 + y1) / 2
        parts.append(
            text(x0 - 46, middle, y_label, 12, "middle", extra=f'transform="rotate(-90 {x0 - 46:.1f} {middle:.1f})"')
        )
        for own, points in series.items():
            path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{color[own]}" stroke-width="2"/>')
            for x, y in points:
                parts.append(f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{color[own]}"/>')
    width, y = columns * chart_width, head + rows * chart_height + 10
    x = 16
    for name in names:
        step = 40 + 7.2 * len(name)
        if x + step > width:
            x, y = 16, y + 22
        parts.append(f'<line x1="{x}" y1="{y}" x2="{x + 22}" y2="{y}" stroke="{color[name]}" stroke-width="3"/>')
        parts.append(text(x + 28, y + 4, name, 12))
        x += step
    return document(width, y + 20, parts)
