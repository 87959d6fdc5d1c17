"""The scores of answers as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.answers import METRICS, OUTCOMES, RATES, Report
from evaluation.citations import Checked
from evaluation.risk import Curve, Point

# A terminal has room for so many points of a curve; JSON has them all.
_MOST_POINTS = 12


def format_report(report: Report) -> str:
    """Return the report as text for a terminal."""
    follow_ups = sum(item.follow_up for item in report.items)
    columns = {"all": report.metrics, **report.by_language}
    if follow_ups:
        columns["follow-up"] = report.follow_ups
    asked = "连同上文（with their history）" if report.history else "不带上文（without history）"
    return "\n".join(
        [
            f"问题 {report.questions}，失败 {len(report.failed)}，索引 {report.index or '-'}",
            *([f"追问（follow-ups）{follow_ups}，{asked}"] if follow_ups else []),
            "",
            f"{'':24}" + "".join(f"{name:>10}" for name in columns),
            *(
                f"{name:24}"
                + "".join(f"{format_number(column[name]):>10}" for column in columns.values())
                for name in (*METRICS, *RATES)
            ),
            "",
            "结果：行为应有，列为实得（rows: expected, columns: given）",
            f"{'':24}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES),
            *(
                f"{expected:24}" + "".join(f"{row[given]:>10}" for given in OUTCOMES)
                for expected, row in report.outcomes.items()
            ),
            "",
            "按问题类别（by kind of question）",
            *_kinds(report),
            "",
            format_curve(report.curve, report.operating),
            "",
            _listing("误拒（false refusals）", report.false_refusals),
            _listing("误答（false answers）", report.false_answers),
            *(f"失败（failed）{item.id}：{item.error}" for item in report.items if item.error),
            f"耗时（ms）：p50 {format_number(report.timings_ms['p50'], 1)}，"
            f"p95 {format_number(report.timings_ms['p95'], 1)}",
        ]
    )


def format_number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many digits, - where it is undefined."""
    return "-" if value is None else f"{value:.{digits}f}"


def format_curve(curve: Curve, operating: Point | None) -> str:
    """Return the area and some points of a curve, at last that of the outcomes as given."""
    fields = ("threshold", "coverage", "risk", "refusal_recall", "false_refusals")
    rows = [_point(point, fields) for point in _thinned(curve.points)]
    if operating:
        rows.append(f"{_point(operating, fields)}  按实得结果（outcomes as given）")
    return "\n".join(
        [
            f"风险与覆盖（risk and coverage）：面积 {format_number(curve.area)}，"
            f"最好可到 {format_number(curve.least)}（area, and the least possible）",
            "".join(f"{name:>16}" for name in fields),
            *rows,
        ]
    )


def _kinds(report: Report) -> list[str]:
    head = f"{'':24}{'questions':>10}" + "".join(f"{name:>10}" for name in OUTCOMES)
    rows = (
        f"{kind:24}{count.questions:>10}"
        + "".join(f"{count.outcomes[outcome]:>10}" for outcome in OUTCOMES)
        + f"{count.right:>10}"
        for kind, count in report.by_kind.items()
    )
    return [f"{head}{'right':>10}", *rows]


def _point(point: Point, fields: Sequence[str]) -> str:
    return "".join(f"{format_number(getattr(point, name)):>16}" for name in fields)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return at most ``_MOST_POINTS`` of the points, evenly spread, first and last among them."""
    last = len(points) - 1
    if last < _MOST_POINTS:
        return list(points)
    return [points[round(i * last / (_MOST_POINTS - 1))] for i in range(_MOST_POINTS)]


def _listing(title: str, ids: Sequence[str]) -> str:
    return f"{title}：{len(ids)}" + (f"  {' '.join(ids)}" if ids else "")


def format_checked(checked: Checked, *, most: int) -> str:
    """Return what a check came to, with the first ``most`` violations."""
    broken = [f"{rule} {count}" for rule, count in checked.broken.items() if count]
    given = "，".join(f"{outcome} {count}" for outcome, count in checked.outcomes.items())
    left = len(checked.violations) - most
    return "\n".join(
        [
            f"{checked.name}：问题（questions）{checked.questions}：{given}，"
            f"未受理（declined）{len(checked.declined)}",
            f"引用（citations）{checked.citations}，检索结果（results）{checked.results}，"
            f"违规（violations）{len(checked.violations)}"
            + (f"：{'，'.join(broken)}" if broken else ""),
            *(f"  {one.question}  {one.rule}  {one.detail}" for one in checked.violations[:most]),
            *([f"  …… 另有 {left} 处（{left} more）"] if left > 0 else []),
            f"耗时（ms）：中位 p50 {format_number(checked.timings_ms['p50'], 1)}，"
            f"p95 {format_number(checked.timings_ms['p95'], 1)}",
        ]
    )
