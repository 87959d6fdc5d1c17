"""The conversation: its turns, what is being written, and what was asked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from qa.log import Call
from qa.web.asking.circumstances import dump_chosen, write_chosen
from qa.web.messages import render_message
from qa.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange as the page shows it. ``answered`` is false for failures: no history."""

    question: str
    html: str
    answered: bool = False


def render_thread(turns: Sequence[Turn], texts: Texts) -> str:
    """Return the conversation, or the welcome where there is none yet."""
    if not turns:
        return (
            '<div class="welcome">'
            f"<h2>{escape(texts.welcome)}</h2><p>{escape(texts.welcome_detail)}</p></div>"
        )
    return f'<div class="thread">{"".join(render_turn(turn, texts) for turn in turns)}</div>'


def render_turn(turn: Turn, texts: Texts) -> str:
    """Return a question and what came back, which is HTML already."""
    return (
        '<section class="turn">'
        f'<h2 class="question"><span class="unseen">{escape(texts.you_asked)}</span>'
        f"{escape(turn.question)}</h2>{turn.html}</section>"
    )


def render_writing(sentences: Sequence[str], texts: Texts) -> str:
    """Return what a language model has written so far, as it passes the gate."""
    text = escape("".join(sentences))
    return (
        f'<div class="answer-text"><p>{text}</p></div>{render_message(texts.searching, "waiting")}'
    )


def render_calls(calls: Sequence[Call], texts: Texts) -> str:
    """Return the last questions of a browser, newest first, to be asked again."""
    items = "".join(
        f'<li><button type="button" class="call outcome-{call.outcome}"'
        f' data-question="{escape(call.understood_as or call.question)}"'
        f' data-chosen="{escape(dump_chosen(write_chosen(call.filters, call.as_of)))}"'
        f' title="{escape(texts.outcomes[call.outcome])}">{escape(call.question)}</button></li>'
        for call in calls
    )
    return f"<h2>{escape(texts.calls)}</h2><ol>{items}</ol>" if items else ""
